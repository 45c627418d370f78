/*
 * How many requests of this hour are left to whoever asks: per token, without a good one per address.  Every request counts, whatever becomes of it.
 * The counters are shared by all workers (lib/shared.h).
 */
#ifndef API_RATE_H
#define API_RATE_H

#include "api/routes.h"

#include <stdbool.h>

struct rate {
	int64_t limit;      /* an hour; 0: none, and no headers */
	int64_t remaining;  /* never negative */
	int64_t reset_s;    /* Unix seconds: when the hour ends */
	bool over;
};

/* Count this request. */
void rate_count(const struct request *q, enum rate_class class, struct rate *out);
/* ERR_RATE where it is over, with the seconds to wait. */
int rate_check(const struct rate *rate, int64_t now_ms, struct err *e);
void rate_headers(const struct rate *rate, struct response *r);

#endif
