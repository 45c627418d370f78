/* The query of the event stream; see query.h. */
#include "config.h"

#include "stream/query.h"

#include "lib/mem.h"
#include "lib/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void query_init(struct query *q)
{
	memset(q, 0, sizeof(*q));
	live_filter_init(&q->filter);
	q->since = -1;
}

static void take_topics(struct query *q, const char *value, struct err *e)
{
	live_filter_lists(&q->filter, value, NULL, e);
}

static void take_ids(struct query *q, const char *value, struct err *e)
{
	live_filter_lists(&q->filter, NULL, value, e);
}

static void take_since(struct query *q, const char *value, struct err *e)
{
	if (!text_to_i64(value, &q->since) || q->since < 0)
		err_detail(e, "since", "Must be the id of the last message that was seen, 0 or greater");
}

static void take_interval(struct query *q, const char *value, struct err *e)
{
	if (!text_to_i64(value, &q->filter.interval_s) || q->filter.interval_s < 0 || q->filter.interval_s > LIVE_INTERVAL_MAX_S)
		err_detail(e, "interval", "Must be between 0 and %d seconds", LIVE_INTERVAL_MAX_S);
}

static const struct {
	const char *name;
	void (*take)(struct query *q, const char *value, struct err *e);
} parameters[] = {{"topics", take_topics}, {"experiment_ids", take_ids}, {"since", take_since}, {"interval", take_interval}};

void query_add(struct query *q, const char *pair, struct err *e)
{
	size_t len = strcspn(pair, "="), i;
	const char *value = pair[len] ? pair + len + 1 : "";
	char name[ERR_FIELD_MAX];

	for (i = 0; i < ARRAY_LEN(parameters); i++) {
		if (strlen(parameters[i].name) != len || memcmp(parameters[i].name, pair, len) != 0)
			continue;
		if (q->given & 1u << i)
			err_detail(e, parameters[i].name, "Must be given once");
		q->given |= 1u << i;
		parameters[i].take(q, value, e);
		return;
	}
	snprintf(name, sizeof(name), "%.*s", (int)len, pair);
	err_detail(e, text_utf8_valid(name, strlen(name)) ? name : "query", "Unknown parameter");
}

void query_last_event_id(struct query *q, const char *value, struct err *e)
{
	if (!*value)
		return;
	if (!text_to_i64(value, &q->since) || q->since < 0)
		err_detail(e, "Last-Event-ID", "Must be the id of the last message that was seen, 0 or greater");
}
