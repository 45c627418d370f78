/* CSV; see csv.h. */
#include "config.h"

#include "api/csv.h"

#include "lib/clock.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

void csv_begin(struct response *r, const char *file_name, const char *columns)
{
	struct buf disposition = {0};

	r->content_type = "text/csv; charset=utf-8; header=present";
	buf_addf(&disposition, "attachment; filename=\"%s\"", file_name);
	response_header(r, "Content-Disposition", disposition.data);
	buf_clear(&disposition);
	buf_adds(&r->body, columns);
	buf_adds(&r->body, "\r\n");
}

static void separate(struct buf *b)
{
	if (b->len && b->data[b->len - 1] != '\n')
		buf_addc(b, ',');
}

void csv_text(struct buf *b, const char *text)
{
	separate(b);
	if (!text)
		return;
	/* A field that begins like a formula is one to a spreadsheet: an apostrophe in front makes it text. */
	if (strpbrk(text, ",\"\r\n") || strchr("=+-@", text[0])) {
		buf_addc(b, '"');
		if (text[0] && strchr("=+-@", text[0]))
			buf_addc(b, '\'');
		for (; *text; text++) {
			if (*text == '"')
				buf_addc(b, '"');
			buf_addc(b, *text);
		}
		buf_addc(b, '"');
	} else {
		buf_adds(b, text);
	}
}

void csv_i64(struct buf *b, int64_t v)
{
	separate(b);
	if (v >= 0)
		buf_addf(b, "%" PRId64, v);
}

void csv_double(struct buf *b, double v)
{
	separate(b);
	if (isfinite(v))
		buf_addf(b, "%.10g", v);
}

void csv_time(struct buf *b, int64_t ms)
{
	char text[CLOCK_TEXT_MAX];

	separate(b);
	if (ms > 0)
		buf_adds(b, clock_format(ms, text));
}

void csv_end(struct buf *b)
{
	buf_adds(b, "\r\n");
}
