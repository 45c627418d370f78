/* RFC 4180 lines: for spreadsheets and data frames.  What is not known is an empty field. */
#ifndef API_CSV_H
#define API_CSV_H

#include "api/request.h"

/* The answer becomes a CSV file of that name with these column names as its first line. */
void csv_begin(struct response *r, const char *file_name, const char *columns);
void csv_text(struct buf *b, const char *text);
void csv_i64(struct buf *b, int64_t v);   /* negative: empty */
void csv_double(struct buf *b, double v); /* not finite: empty */
void csv_time(struct buf *b, int64_t ms); /* 0 or less: empty */
void csv_end(struct buf *b);

#endif
