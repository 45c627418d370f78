/* Health of the platform: GET /health, which never waits for anything and says only what is known now, /health/dependencies, /health/:service/history. */
#include "config.h"

#include "api/handlers.h"

#include "api/service_view.h"
#include "lib/clock.h"
#include "lib/mem.h"
#include "platform/settings.h"
#include "store/configuration.h"

#include <math.h>
#include <string.h>

#define BEHIND_MS 1000 /* a monitor whose last turn began longer ago than this is behind; it turns every few milliseconds */
#define PAGE_MAX 100
#define NEARLY_FULL_PERCENT 95 /* of retention_size_mb: the oldest goes from nine tenths on, so here that does not help any more */

/* Shown in any case. */
static const char *const own_services[] = {"collector", "policy_engine", "fl_server", "sdn"};
static const char *const own_dependencies[] = {"influxdb", "redis", "mongodb"};

struct view {
	struct json_out *j;
	const char *role;
	const char *const *words;
	const char *const *own;
	size_t own_n;
	unsigned seen; /* bits of own */
	int64_t now_ms;
	bool unhealthy; /* any of them, whatever its role */
};

static void put_one(void *arg, const struct service *s)
{
	struct view *v = arg;
	size_t i;

	if (service_state(s, v->now_ms) == HEALTH_UNHEALTHY)
		v->unhealthy = true;
	if (strcmp(s->role, v->role) != 0)
		return;
	for (i = 0; i < v->own_n; i++)
		if (strcmp(v->own[i], s->name) == 0)
			v->seen |= 1u << i;
	service_put_health(v->j, s, v->words, v->now_ms);
}

/* An object with all of the view's role. */
static int put_all(struct view *v, const char *name, struct store *st, struct err *e)
{
	size_t i;
	int rc = 0;

	json_object_begin(v->j, name);
	if (st)
		rc = service_each(st, put_one, v, e);
	for (i = 0; i < v->own_n; i++)
		if (!(v->seen & 1u << i))
			service_put_unseen(v->j, v->own[i]);
	json_object_end(v->j);
	return rc;
}

/* GET /health */

static const char *monitor_status(const struct request *q)
{
	int64_t lag_ms = q->now_ms - shared_beat_get(q->app->shared, SHARED_BEAT_MONITOR);

	return !shared_alive(q->app->shared, SHARED_BEAT_MONITOR, q->now_ms) ? "unhealthy" : lag_ms > BEHIND_MS ? "degraded" : "healthy";
}

/* Sizes, as far as the store tells them. */
static int put_sizes(struct json_out *j, struct store *st, double *used_percent, struct err *e)
{
	struct config_entry config;
	struct settings settings;
	int64_t bytes, max_bytes;

	if (!st)
		return -1;
	if (store_bytes(st, &bytes, e) == -1 || config_current(st, &config, e) == -1)
		return -1;
	settings_read(config.document, &settings);
	config_entry_clear(&config);
	max_bytes = settings.retention_size_mb * 1000000;
	*used_percent = round((double)bytes / (double)max_bytes * 1000) / 10;
	json_put_i64(j, "size_bytes", bytes);
	json_put_i64(j, "max_bytes", max_bytes);
	json_put_double(j, "used_percent", *used_percent);
	json_put_i64(j, "wal_bytes", store_wal_bytes(st));
	return 0;
}

/* false: the store fails. */
static bool put_store(struct json_out *j, const struct request *q, bool good)
{
	double used_percent = 0;
	struct err e;

	json_object_begin(j, NULL);
	if (!good || put_sizes(j, q->app->store, &used_percent, &e) == -1) {
		good = false;
		json_put_null(j, "size_bytes");
		json_put_null(j, "max_bytes");
		json_put_null(j, "used_percent");
		json_put_null(j, "wal_bytes");
	}
	json_put_string(j, "status", !good ? "unhealthy" : used_percent > NEARLY_FULL_PERCENT ? "degraded" : "healthy");
	json_array_begin(j, "issues");
	if (!q->app->store)
		json_put_string(j, NULL, "The store cannot be opened");
	else if (!good)
		json_put_string(j, NULL, "The store cannot be read");
	else if (used_percent > NEARLY_FULL_PERCENT)
		json_put_string(j, NULL, "The store is close to dashboard.retention_size_mb, and letting the oldest samples and events go has not been enough yet");
	json_array_end(j);
	json_object_end(j);
	return good;
}

static void put_beats(struct json_out *j, const struct request *q, const char *monitor)
{
	int64_t seen = shared_beat_get(q->app->shared, SHARED_BEAT_MONITOR);

	json_object_begin(j, "monitor");
	json_put_string(j, "status", monitor);
	json_put_time(j, "observed_at", seen);
	if (seen > 0)
		json_put_i64(j, "lag_ms", q->now_ms > seen ? q->now_ms - seen : 0);
	else
		json_put_null(j, "lag_ms");
	json_object_end(j);
	json_object_begin(j, "stream");
	json_put_string(j, "status", shared_alive(q->app->shared, SHARED_BEAT_STREAM, q->now_ms) ? "healthy" : "unhealthy");
	json_put_time(j, "observed_at", shared_beat_get(q->app->shared, SHARED_BEAT_STREAM));
	json_object_end(j);
}

HANDLER(h_health_get)
{
	int64_t up_s = (q->now_ms - q->app->started_at_ms) / MS_PER_S;
	struct buf services = {0}, store = {0};
	struct json_out of_services, of_store, *j = &r->json;
	struct view v = {.j = &of_services, .role = "service", .words = health_names, .own = own_services, .own_n = ARRAY_LEN(own_services), .now_ms = q->now_ms};
	const char *monitor = monitor_status(q);
	char span[64];
	bool good;

	/* First the parts, because the word on the whole stands before them. */
	json_out_init(&of_services, &services);
	json_out_init(&of_store, &store);
	good = put_all(&v, NULL, q->app->store, e) == 0 && q->app->store;
	good = put_store(&of_store, q, good);
	json_object_begin(j, NULL);
	json_put_string(j, "status", !good ? "unhealthy" : v.unhealthy || monitor[0] != 'h' ? "degraded" : "healthy");
	json_put_string(j, "version", PACKAGE_VERSION);
	json_put_string(j, "uptime", clock_format_span(up_s, span, sizeof(span)));
	json_put_i64(j, "uptime_seconds", up_s);
	json_put_time(j, "timestamp", q->now_ms);
	json_put_raw(j, "services", buf_str(&services));
	json_put_raw(j, "store", buf_str(&store));
	put_beats(j, q, monitor);
	json_object_end(j);
	if (!good) {
		/* With the same body: a probe that looks at the status only must see it too. */
		r->status = 503;
		response_header(r, "Retry-After", "1");
	}
	buf_clear(&services);
	buf_clear(&store);
	return 0;
}

/* GET /health/dependencies */

HANDLER(h_dependency_list)
{
	struct view v = {.j = &r->json, .role = "dependency", .words = health_dependency_names, .own = own_dependencies, .own_n = ARRAY_LEN(own_dependencies),
			 .now_ms = q->now_ms};

	json_object_begin(&r->json, NULL);
	if (put_all(&v, "dependencies", q->app->store, e) == -1)
		return -1;
	json_object_end(&r->json);
	return 0;
}

/* GET /health/:service/history */

struct history {
	struct json_out *j;
	int64_t now_ms;
};

static void put_change(void *arg, const struct service_change *c)
{
	struct history *h = arg;

	json_object_begin(h->j, NULL);
	json_put_time(h->j, "timestamp", c->at_ms);
	json_put_string(h->j, "status", c->state);
	json_put_string(h->j, "previous_status", c->previous);
	json_put_time(h->j, "until", c->until_ms);
	json_put_double(h->j, "duration_seconds", (double)((c->until_ms ? c->until_ms : h->now_ms) - c->at_ms) / 1000);
	json_put_raw(h->j, "issues", c->issues);
	json_put_double(h->j, "response_time_ms", c->response_time_ms);
	json_object_end(h->j);
}

static int put_history(struct request *q, struct response *r, const struct service *s, const struct service_change_query *w, struct err *e)
{
	struct history h = {.j = &r->json, .now_ms = q->now_ms};
	int64_t total;

	json_object_begin(&r->json, NULL);
	json_put_string(&r->json, "service", s->name);
	json_array_begin(&r->json, "history");
	if (service_change_each(q->app->store, s->id, w, put_change, &h, &total, e) == -1)
		return -1;
	json_array_end(&r->json);
	response_page(r, total, w->limit, w->offset);
	json_object_end(&r->json);
	return 0;
}

HANDLER(h_health_history)
{
	static const char *const sorts[] = {"timestamp", NULL};
	struct service_change_query w = {.descending = true};
	struct service s;
	int rc = -1;

	if (service_get(q->app->store, q->params[0], &s, e) == -1)
		return -1;
	if (strcmp(s.role, "dashboard") == 0) {
		err_set(e, ERR_NOTFOUND, "There is no such service");
		goto out;
	}
	err_clear(e);
	w.from_ms = request_query_time(q, "from", 0, e);
	w.to_ms = request_query_time(q, "to", INT64_MAX, e);
	if (w.from_ms > w.to_ms)
		err_detail(e, "from", "Must not be after to");
	request_query_sort(q, sorts, &w.descending, e);
	request_page(q, PAGE_MAX, &w.limit, &w.offset, e);
	if (err_collected(e, "Invalid query parameters") == -1)
		goto out;
	if (store_read_begin(q->app->store, e) == -1)
		goto out;
	rc = put_history(q, r, &s, &w, e);
	store_rollback(q->app->store);
out:
	service_clear(&s);
	return rc;
}
