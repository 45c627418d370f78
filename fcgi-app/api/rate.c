/* Counting requests; see rate.h. */
#include "config.h"

#include "api/rate.h"

#include "lib/clock.h"
#include "lib/text.h"

#include <inttypes.h>
#include <string.h>

#define WINDOW_MS (INT64_C(3600) * MS_PER_S)

/* Of class and subject: a jti and an address cannot be mistaken for each other. */
static uint64_t key_of(const struct request *q, enum rate_class class)
{
	bool known = q->who.jti[0] != '\0' || q->who.role != ROLE_NONE;
	const char *who = q->who.jti[0] ? q->who.jti : known ? q->who.subject : q->address;
	char text[2 + 256];
	size_t len = strlen(who);

	text[0] = class == RATE_LIVE ? 'L' : 'S';
	text[1] = q->who.jti[0] ? 't' : known ? 's' : 'a';
	if (len > sizeof(text) - 2)
		len = sizeof(text) - 2;
	memcpy(text + 2, who, len);
	return text_hash(text, len + 2);
}

void rate_count(const struct request *q, enum rate_class class, struct rate *out)
{
	const struct conf *conf = q->app->conf;
	uint32_t n;

	out->limit = class == RATE_LIVE ? conf->rate_live_per_hour : conf->rate_standard_per_hour;
	out->over = false;
	if (out->limit == 0)
		return;
	n = shared_count(q->app->shared, key_of(q, class), WINDOW_MS, (uint32_t)out->limit, q->now_ms);
	out->over = n > out->limit;
	out->remaining = out->over ? 0 : out->limit - n;
	out->reset_s = (q->now_ms / WINDOW_MS + 1) * WINDOW_MS / MS_PER_S;
}

int rate_check(const struct rate *rate, int64_t now_ms, struct err *e)
{
	int64_t wait_s = rate->reset_s - now_ms / MS_PER_S;

	if (!rate->over)
		return 0;
	err_set(e, ERR_RATE, "%" PRId64 " requests an hour are allowed; the next hour begins in %" PRId64 " s", rate->limit, wait_s);
	e->retry_after_s = wait_s < 1 ? 1 : (int)wait_s;
	return -1;
}

void rate_headers(const struct rate *rate, struct response *r)
{
	if (rate->limit > 0)
		buf_addf(&r->headers, "X-RateLimit-Limit: %" PRId64 "\r\nX-RateLimit-Remaining: %" PRId64 "\r\nX-RateLimit-Reset: %" PRId64 "\r\n", rate->limit,
			 rate->remaining, rate->reset_s);
}
