/* GET /metrics/prometheus: the platform and this system in Prometheus' text exposition, for a server to scrape. */
#include "config.h"

#include "api/handlers.h"

#include "api/service_view.h"
#include "lib/clock.h"
#include "lib/json_in.h"
#include "lib/mem.h"
#include "lib/text.h"
#include "platform/settings.h"
#include "store/alert.h"
#include "store/configuration.h"
#include "store/experiment.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A family's samples must stand together, so the services are gone through once for each; their rows are copied first. */
struct row {
	char name[64], role[16];
	enum health_state state;
	double response_ms;
	int64_t last_check_ms, interval_ms;
	int64_t data_at_ms; /* when its numbers were true; 0: it has none */
	struct json_object *data;
};

struct page {
	struct buf *out;
	struct row *rows;
	size_t rows_n;
	int64_t now_ms;
};

static void family(struct buf *b, const char *name, const char *type, const char *help)
{
	buf_addf(b, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void number(struct buf *b, double v)
{
	if (v == floor(v) && fabs(v) < 1e15)
		buf_addf(b, " %.0f\n", v);
	else
		buf_addf(b, " %.15g\n", v);
}

static void label(struct buf *b, const char *name, const char *value)
{
	buf_addf(b, "%s=\"", name);
	for (; *value; value++) {
		if (*value == '\\' || *value == '"')
			buf_addc(b, '\\');
		if (*value == '\n')
			buf_adds(b, "\\n");
		else
			buf_addc(b, *value);
	}
	buf_addc(b, '"');
}

static void one(struct buf *b, const char *name, const char *type, const char *help, double v)
{
	family(b, name, type, help);
	buf_adds(b, name);
	number(b, v);
}

static void take_row(void *arg, const struct service *s)
{
	struct page *p = arg;
	struct row *row;

	p->rows = mem_resize(p->rows, (p->rows_n + 1) * sizeof(*p->rows));
	row = &p->rows[p->rows_n++];
	memset(row, 0, sizeof(*row));
	snprintf(row->name, sizeof(row->name), "%s", s->name);
	snprintf(row->role, sizeof(row->role), "%s", s->role);
	row->state = service_state(s, p->now_ms);
	row->response_ms = s->response_time_ms;
	row->last_check_ms = s->last_check_ms;
	row->interval_ms = s->interval_ms;
	row->data_at_ms = s->data_at_ms;
	json_in_parse_object(s->data, strlen(s->data), &row->data, NULL);
}

static void service_line(struct buf *b, const char *name, const struct row *r, const char *more, const char *value)
{
	buf_addf(b, "%s{", name);
	label(b, "service", r->name);
	buf_addc(b, ',');
	label(b, more, value);
	buf_addc(b, '}');
}

/* What a family shows of a service; NAN: nothing. */
static double up(const struct row *r, int64_t now_ms)
{
	(void)now_ms;
	return r->state == HEALTH_NOT_CONFIGURED || r->state == HEALTH_UNKNOWN ? NAN : r->state != HEALTH_UNHEALTHY;
}

static double response_s(const struct row *r, int64_t now_ms)
{
	(void)now_ms;
	return r->response_ms / 1000;
}

static double age_s(const struct row *r, int64_t now_ms)
{
	return r->last_check_ms && r->state != HEALTH_NOT_CONFIGURED ? (double)(now_ms - r->last_check_ms) / 1000 : NAN;
}

static double observed_s(const struct row *r, int64_t now_ms)
{
	(void)now_ms;
	return r->data_at_ms ? (double)r->data_at_ms / 1000 : NAN;
}

static double stale(const struct row *r, int64_t now_ms)
{
	return r->data_at_ms ? health_is_stale(r->data_at_ms, r->interval_ms, now_ms) : NAN;
}

static void put_family(const struct page *p, const char *name, const char *help, double (*of)(const struct row *r, int64_t now_ms))
{
	size_t i;

	family(p->out, name, "gauge", help);
	for (i = 0; i < p->rows_n; i++) {
		double v = of(&p->rows[i], p->now_ms);

		if (!isfinite(v))
			continue;
		service_line(p->out, name, &p->rows[i], "role", p->rows[i].role);
		number(p->out, v);
	}
}

static void put_states(const struct page *p)
{
	size_t i, s;

	family(p->out, "flopynet_service_state", "gauge", "State of a service: 1 for the one that it is in.");
	for (i = 0; i < p->rows_n; i++)
		for (s = 0; s < HEALTH_MAX; s++) {
			service_line(p->out, "flopynet_service_state", &p->rows[i], "state", health_names[s]);
			number(p->out, p->rows[i].state == s);
		}
}

static void put_metrics_of(const struct page *p, const struct row *r)
{
	struct json_object_iterator it, end;
	double v;

	if (!r->data)
		return;
	it = json_object_iter_begin(r->data);
	end = json_object_iter_end(r->data);
	for (; !json_object_iter_equal(&it, &end); json_object_iter_next(&it)) {
		const struct json_object *value = json_object_iter_peek_value(&it);

		if (json_object_is_type(value, json_type_boolean))
			v = json_object_get_boolean(value);
		else if (!json_in_double(value, &v))
			continue;
		service_line(p->out, "flopynet_service_metric", r, "metric", json_object_iter_peek_name(&it));
		number(p->out, v);
	}
}

static void put_services(const struct page *p)
{
	size_t i;

	put_family(p, "flopynet_service_up", "Whether a service answers well enough to be used (healthy or degraded).", up);
	put_states(p);
	put_family(p, "flopynet_service_response_time_seconds", "How long its newest answer took.", response_s);
	put_family(p, "flopynet_service_check_age_seconds", "How long ago it was last checked.", age_s);
	put_family(p, "flopynet_service_observed_timestamp_seconds", "When its newest numbers were true.", observed_s);
	put_family(p, "flopynet_service_stale", "Whether its newest numbers are older than three intervals.", stale);
	family(p->out, "flopynet_service_metric", "gauge", "The newest numbers that a service gives or that were measured of it.");
	for (i = 0; i < p->rows_n; i++)
		put_metrics_of(p, &p->rows[i]);
}

static void put_rounds(void *arg, const struct experiment *x)
{
	struct buf *b = arg;
	char id[TEXT_ID_MAX];

	buf_adds(b, "flopynet_experiment_rounds_completed{");
	label(b, "experiment", text_from_id(EXPERIMENT_ID_PREFIX, x->id, id));
	buf_addc(b, '}');
	number(b, (double)x->rounds_completed);
}

static int put_experiments(const struct page *p, struct store *st, struct err *e)
{
	int64_t counts[STATUS_MAX], rounds;
	size_t i;

	if (experiment_counts(st, counts, e) == -1 || experiment_rounds_total(st, &rounds, e) == -1)
		return -1;
	family(p->out, "flopynet_experiments", "gauge", "Experiments by status.");
	for (i = 0; i < STATUS_MAX; i++) {
		buf_adds(p->out, "flopynet_experiments{");
		label(p->out, "status", status_name((enum status)i));
		buf_addc(p->out, '}');
		number(p->out, (double)counts[i]);
	}
	one(p->out, "flopynet_rounds_completed", "gauge", "Rounds completed, of all experiments that are kept.", (double)rounds);
	family(p->out, "flopynet_experiment_rounds_completed", "gauge", "Rounds completed, of each active experiment.");
	return experiment_each_active(st, put_rounds, p->out, e);
}

/* Open alerts by severity and by whether somebody has acknowledged them. */
struct open_alerts {
	int64_t counts[SEVERITY_MAX][2];
};

static void count_alert(void *arg, const struct alert *a)
{
	struct open_alerts *open = arg;

	open->counts[a->severity][a->acknowledged_at_ms != 0]++;
}

static int put_alerts(const struct page *p, struct store *st, struct err *e)
{
	static const char *const statuses[] = {"active", "acknowledged"};
	struct open_alerts open = {{{0}}};
	size_t severity, i;

	if (alert_each_open(st, p->now_ms, count_alert, &open, e) == -1)
		return -1;
	family(p->out, "flopynet_alerts", "gauge", "Alerts that are not resolved.");
	for (severity = 0; severity < SEVERITY_MAX; severity++)
		for (i = 0; i < ARRAY_LEN(statuses); i++) {
			buf_adds(p->out, "flopynet_alerts{");
			label(p->out, "severity", severity_names[severity]);
			buf_addc(p->out, ',');
			label(p->out, "status", statuses[i]);
			buf_addc(p->out, '}');
			number(p->out, (double)open.counts[severity][i]);
		}
	return 0;
}

/* Of the configuration in force. */
static int store_bytes_max(struct store *st, int64_t *bytes, struct err *e)
{
	struct config_entry config;
	struct settings settings;

	if (config_current(st, &config, e) == -1)
		return -1;
	settings_read(config.document, &settings);
	config_entry_clear(&config);
	*bytes = settings.retention_size_mb * 1000000;
	return 0;
}

static int put_system(const struct page *p, const struct request *q, struct err *e)
{
	struct buf *b = p->out;
	int64_t bytes, max_bytes, monitor = shared_beat_get(q->app->shared, SHARED_BEAT_MONITOR), stream = shared_beat_get(q->app->shared, SHARED_BEAT_STREAM);

	if (store_bytes(q->app->store, &bytes, e) == -1 || store_bytes_max(q->app->store, &max_bytes, e) == -1)
		return -1;
	family(b, "flopynet_build_info", "gauge", "Version of this system; always 1.");
	buf_adds(b, "flopynet_build_info{version=\"" PACKAGE_VERSION "\"} 1\n");
	one(b, "flopynet_api_uptime_seconds", "gauge", "Since the API was started.", (double)((q->now_ms - q->app->started_at_ms) / MS_PER_S));
	one(b, "flopynet_store_bytes", "gauge", "Size of the store, without its log.", (double)bytes);
	one(b, "flopynet_store_max_bytes", "gauge", "Size that the store keeps below by letting the oldest samples and events go early.", (double)max_bytes);
	one(b, "flopynet_store_wal_bytes", "gauge", "Size of the store's log.", (double)store_wal_bytes(q->app->store));
	family(b, "flopynet_beat_age_seconds", "gauge", "How long ago a program last said that it is alive.");
	if (monitor) {
		buf_adds(b, "flopynet_beat_age_seconds{program=\"monitor\"}");
		number(b, (double)(q->now_ms - monitor) / 1000);
	}
	if (stream) {
		buf_adds(b, "flopynet_beat_age_seconds{program=\"stream\"}");
		number(b, (double)(q->now_ms - stream) / 1000);
	}
	return 0;
}

HANDLER(h_metrics_prometheus)
{
	struct page p = {.out = &r->body, .now_ms = q->now_ms};
	struct store *st = q->app->store;
	int rc = -1;

	r->content_type = "text/plain; version=0.0.4; charset=utf-8";
	if (store_read_begin(st, e) == -1)
		return -1;
	if (put_system(&p, q, e) == 0 && put_experiments(&p, st, e) == 0 && put_alerts(&p, st, e) == 0 && service_each(st, take_row, &p, e) == 0) {
		put_services(&p);
		rc = 0;
	}
	store_rollback(st);
	while (p.rows_n)
		json_object_put(p.rows[--p.rows_n].data);
	free(p.rows);
	return rc;
}
