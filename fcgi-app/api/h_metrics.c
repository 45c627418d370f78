/* Metrics of services: what they are now (/metrics/live) and how they were (/metrics/history).  Read from the store: no service is waited for. */
#include "config.h"

#include "api/handlers.h"

#include "api/csv.h"
#include "api/service_view.h"
#include "lib/clock.h"
#include "lib/mem.h"
#include "lib/text.h"
#include "store/sample.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INTERVAL_DEFAULT_S 5
#define INTERVAL_MAX_S 3600
#define LIVE_NAMES_MAX 100      /* services asked for by name */
#define HISTORY_DEFAULT_MS (3600 * MS_PER_S)
#define HISTORY_GOOD_POINTS 500 /* what the step is chosen for: as many as a chart has pixels to show */
#define HISTORY_POINTS_MAX 5000
#define STEP_MAX_S 604800
#define METRIC_NAME_MAX 64

/* A comma-separated list, cut up; NULL where the parameter is absent.  Owned by the caller. */
static char **split(const char *text, size_t *n)
{
	char **list = NULL;
	size_t len;

	*n = 0;
	while (text) {
		len = strcspn(text, ",");
		list = mem_resize(list, (*n + 1) * sizeof(*list));
		list[(*n)++] = mem_strndup(text, len);
		text = text[len] ? text + len + 1 : NULL;
	}
	return list;
}

static void free_list(char **list, size_t n)
{
	while (n)
		free(list[--n]);
	free(list);
}

/* GET /metrics/live */

struct live {
	struct json_out *j;
	char **names; /* asked for; NULL: all */
	size_t names_n;
	bool found[LIVE_NAMES_MAX];
	unsigned groups;
	int64_t interval_s, now_ms;
	struct buf known; /* names, for a message */
};

static void put_live(void *arg, const struct service *s)
{
	struct live *l = arg;
	bool wanted = !l->names;
	size_t i;

	if (l->known.len + strlen(s->name) < ERR_TEXT_MAX - 60)
		buf_addf(&l->known, "%s%s", l->known.len ? ", " : "", s->name);
	for (i = 0; i < l->names_n; i++)
		if (strcmp(l->names[i], s->name) == 0)
			wanted = l->found[i] = true;
	if (wanted)
		service_put_live(l->j, s, l->groups, l->interval_s, l->now_ms);
}

static unsigned read_groups(const struct request *q, struct err *e)
{
	static const char *const groups[] = {"cpu", "memory", "network", "custom"};
	const char *text = request_query(q, "metrics");
	unsigned bits = text ? 0 : GROUPS_ALL;
	size_t n, i, g;
	char **list = split(text, &n);

	for (i = 0; i < n; i++) {
		for (g = 0; g < ARRAY_LEN(groups) && strcmp(groups[g], list[i]) != 0; g++)
			;
		if (g == ARRAY_LEN(groups))
			err_detail(e, "metrics", "Must be some of cpu, memory, network, custom, separated by commas");
		else
			bits |= 1u << g;
	}
	free_list(list, n);
	return bits;
}

static int put_all_live(struct request *q, struct live *l, struct err *e)
{
	size_t i;

	if (service_each(q->app->store, put_live, l, e) == -1)
		return -1;
	err_clear(e);
	for (i = 0; i < l->names_n; i++)
		if (!l->found[i])
			err_detail(e, "services", "No service %.32s is known; known are %s", l->names[i], buf_str(&l->known));
	return err_collected(e, "Invalid query parameters");
}

HANDLER(h_metrics_live)
{
	struct live l = {.j = &r->json, .now_ms = q->now_ms};
	int rc = -1;

	err_clear(e);
	l.groups = read_groups(q, e);
	l.interval_s = request_query_i64(q, "interval", 1, INTERVAL_MAX_S, INTERVAL_DEFAULT_S, e);
	l.names = split(request_query(q, "services"), &l.names_n);
	if (l.names_n > LIVE_NAMES_MAX)
		err_detail(e, "services", "Must be at most %d names", LIVE_NAMES_MAX);
	if (err_collected(e, "Invalid query parameters") == -1)
		goto out;
	json_object_begin(l.j, NULL);
	json_put_time(l.j, "timestamp", q->now_ms);
	json_put_i64(l.j, "interval", l.interval_s);
	json_object_begin(l.j, "services");
	rc = put_all_live(q, &l, e);
	json_object_end(l.j);
	json_object_end(l.j);
out:
	free_list(l.names, l.names_n);
	buf_clear(&l.known);
	return rc;
}

/* GET /metrics/history */

struct series {
	struct response *r;
	struct sample_query q;
	bool csv;
};

/* The smallest of these that gives few enough points. */
static int64_t good_step_s(int64_t span_ms)
{
	static const int64_t steps[] = {1, 5, 10, 30, 60, 300, 900, 3600, 21600, 86400};
	size_t i;

	for (i = 0; i < ARRAY_LEN(steps) - 1; i++)
		if (span_ms / (steps[i] * MS_PER_S) <= HISTORY_GOOD_POINTS)
			break;
	return steps[i];
}

static void put_point(void *arg, const struct sample_point *p)
{
	struct series *s = arg;
	struct json_out *j = &s->r->json;

	if (s->csv) {
		csv_time(&s->r->body, p->at_ms);
		csv_double(&s->r->body, p->value);
		csv_double(&s->r->body, p->min);
		csv_double(&s->r->body, p->max);
		csv_i64(&s->r->body, p->n);
		csv_end(&s->r->body);
		return;
	}
	json_object_begin(j, NULL);
	json_put_time(j, "timestamp", p->at_ms);
	json_put_double(j, "value", p->value);
	json_put_double(j, "min", p->min);
	json_put_double(j, "max", p->max);
	json_put_i64(j, "samples", p->n);
	json_object_end(j);
}

static int put_series(struct request *q, struct series *s, const char *service, struct err *e)
{
	struct json_out *j = &s->r->json;

	if (s->csv) {
		struct buf name = {0};

		buf_addf(&name, "%s-%s.csv", service, s->q.metric);
		csv_begin(s->r, name.data, "timestamp,value,min,max,samples");
		buf_clear(&name);
		return sample_each(q->app->store, &s->q, put_point, s, e);
	}
	json_object_begin(j, NULL);
	json_put_string(j, "service", service);
	json_put_string(j, "metric", s->q.metric);
	json_put_time(j, "from", s->q.from_ms);
	json_put_time(j, "to", s->q.to_ms);
	json_put_i64(j, "step", s->q.step_ms / MS_PER_S);
	json_array_begin(j, "points");
	if (sample_each(q->app->store, &s->q, put_point, s, e) == -1)
		return -1;
	json_array_end(j);
	json_object_end(j);
	return 0;
}

static void read_span(const struct request *q, struct sample_query *w, struct err *e)
{
	int64_t step_s;

	w->to_ms = request_query_time(q, "to", q->now_ms, e);
	w->from_ms = request_query_time(q, "from", w->to_ms - HISTORY_DEFAULT_MS, e);
	if (w->from_ms > w->to_ms)
		err_detail(e, "from", "Must not be after to");
	if (w->from_ms < 0)
		w->from_ms = 0;
	step_s = request_query_i64(q, "step", 1, STEP_MAX_S, 0, e);
	if (!step_s)
		step_s = good_step_s(w->to_ms - w->from_ms);
	w->step_ms = step_s * MS_PER_S;
	if ((w->to_ms - w->from_ms) / w->step_ms > HISTORY_POINTS_MAX)
		err_detail(e, "step", "Must be greater: at most %d points are given", HISTORY_POINTS_MAX);
}

HANDLER(h_metrics_history)
{
	const char *service = request_query(q, "service"), *metric = request_query(q, "metric"), *format = request_query(q, "format");
	struct series series = {.r = r, .csv = format && strcmp(format, "csv") == 0};
	struct service s = {0};
	int rc = -1;

	err_clear(e);
	if (!service)
		err_detail(e, "service", "Is needed");
	else if (service_get(q->app->store, service, &s, NULL) == -1)
		err_detail(e, "service", "No such service is known");
	if (!metric)
		err_detail(e, "metric", "Is needed");
	else if (!text_is_word(metric, METRIC_NAME_MAX))
		err_detail(e, "metric", "Must be lower case letters, digits and underscores, up to %d", METRIC_NAME_MAX);
	if (format && strcmp(format, "json") != 0 && !series.csv)
		err_detail(e, "format", "Must be json or csv");
	read_span(q, &series.q, e);
	if (err_collected(e, "Invalid query parameters") == -1)
		goto out;
	series.q.service_id = s.id;
	series.q.metric = metric;
	if (store_read_begin(q->app->store, e) == -1)
		goto out;
	rc = put_series(q, &series, s.name, e);
	store_rollback(q->app->store);
out:
	service_clear(&s);
	return rc;
}
