/* What handlers ask of a request and write into a response; see request.h. */
#include "config.h"

#include "api/request.h"

#include "lib/clock.h"
#include "lib/mem.h"
#include "lib/text.h"
#include "store/experiment.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *request_query(const struct request *q, const char *name)
{
	size_t i;

	for (i = 0; i < q->query_n; i++)
		if (strcmp(q->query[i].name, name) == 0)
			return q->query[i].value;
	return NULL;
}

int64_t request_query_i64(const struct request *q, const char *name, int64_t min, int64_t max, int64_t fallback, struct err *e)
{
	const char *text = request_query(q, name);
	int64_t v;

	if (!text)
		return fallback;
	if (text_to_i64(text, &v) && v >= min && v <= max)
		return v;
	if (max == INT64_MAX)
		err_detail(e, name, "Must be a whole number, %" PRId64 " or more", min);
	else
		err_detail(e, name, "Must be a whole number between %" PRId64 " and %" PRId64, min, max);
	return fallback;
}

/* A '+' that was not encoded has become a space: where only that is wrong with a zone, it is meant. */
static bool parse_plus_zone(const char *text, int64_t *ms)
{
	char copy[64];
	char *space;

	if (strlen(text) >= sizeof(copy))
		return false;
	memcpy(copy, text, strlen(text) + 1);
	space = strrchr(copy, ' ');
	if (!space || strlen(copy) < 16)
		return false;
	*space = '+';
	return clock_parse(copy, ms);
}

int64_t request_query_time(const struct request *q, const char *name, int64_t fallback, struct err *e)
{
	const char *text = request_query(q, name);
	int64_t ms;

	if (!text)
		return fallback;
	if (clock_parse(text, &ms) || parse_plus_zone(text, &ms))
		return ms;
	err_detail(e, name, "Must be a time such as 2024-01-15T10:00:00Z");
	return fallback;
}

bool request_query_bool(const struct request *q, const char *name, bool fallback, struct err *e)
{
	const char *text = request_query(q, name);

	if (!text)
		return fallback;
	if (strcmp(text, "true") != 0 && strcmp(text, "false") != 0)
		err_detail(e, name, "Must be true or false");
	return strcmp(text, "true") == 0;
}

static void refuse_sort(const char *const *names, struct err *e)
{
	struct buf b = {0};
	size_t i;

	for (i = 0; names[i]; i++)
		buf_addf(&b, "%s%s", i ? ", " : "", names[i]);
	err_detail(e, "sort", "Must be one of %s, with :asc or :desc", b.data);
	buf_clear(&b);
}

size_t request_query_sort(const struct request *q, const char *const *names, bool *descending, struct err *e)
{
	const char *text = request_query(q, "sort"), *colon;
	size_t i, n;

	if (!text)
		return 0;
	colon = strchr(text, ':');
	n = colon ? (size_t)(colon - text) : strlen(text);
	for (i = 0; names[i]; i++)
		if (strlen(names[i]) == n && memcmp(names[i], text, n) == 0)
			break;
	if (names[i] && (!colon || strcmp(colon, ":asc") == 0 || strcmp(colon, ":desc") == 0)) {
		*descending = colon && strcmp(colon, ":desc") == 0;
		return i;
	}
	refuse_sort(names, e);
	return 0;
}

void request_page(const struct request *q, int64_t max, int64_t *limit, int64_t *offset, struct err *e)
{
	*limit = request_query_i64(q, "limit", 1, max, 10, e);
	*offset = request_query_i64(q, "offset", 0, INT64_MAX, 0, e);
}

int request_experiment_id(const struct request *q, int64_t *id, struct err *e)
{
	char own[TEXT_ID_MAX];

	if (!text_to_id(q->params[0], EXPERIMENT_ID_PREFIX, id))
		return err_set(e, ERR_NOTFOUND, "There is no experiment %.80s", q->params[0]);
	if (q->who.experiment_id != 0 && q->who.experiment_id != *id)
		return err_set(e, ERR_FORBIDDEN, "This token is good for the experiment %s only", text_from_id(EXPERIMENT_ID_PREFIX, q->who.experiment_id, own));
	return 0;
}

void response_header(struct response *r, const char *name, const char *value)
{
	const char *p;

	for (p = value; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			abort();
	buf_adds(&r->headers, name);
	buf_add(&r->headers, ": ", 2);
	buf_add(&r->headers, value, (size_t)(p - value));
	buf_add(&r->headers, "\r\n", 2);
}

void response_page(struct response *r, int64_t total, int64_t limit, int64_t offset)
{
	json_put_i64(&r->json, "total", total);
	json_put_i64(&r->json, "limit", limit);
	json_put_i64(&r->json, "offset", offset);
}
