/* GET /health: never waits for anything, and says only what is known now. */
#include "config.h"

#include "api/handlers.h"

#include "lib/clock.h"

#include <sys/stat.h>

#define BEHIND_MS 1000 /* a monitor whose last turn began longer ago than this is behind; it turns every few milliseconds */

static const char *monitor_status(const struct request *q)
{
	int64_t lag_ms = q->now_ms - shared_beat_get(q->app->shared, SHARED_BEAT_MONITOR);

	return lag_ms > SHARED_BEAT_AWAY_MS ? "unhealthy" : lag_ms > BEHIND_MS ? "degraded" : "healthy";
}

static void put_store(struct json_out *j, const struct request *q)
{
	struct store *st = q->app->store;
	struct stat sb;

	json_object_begin(j, "store");
	json_put_string(j, "status", st ? "healthy" : "unhealthy");
	if (st && stat(q->app->conf->store, &sb) == 0)
		json_put_i64(j, "size_bytes", sb.st_size);
	else
		json_put_null(j, "size_bytes");
	json_put_null(j, "max_bytes");
	json_put_null(j, "used_percent");
	if (st)
		json_put_i64(j, "wal_bytes", store_wal_bytes(st));
	else
		json_put_null(j, "wal_bytes");
	json_array_begin(j, "issues");
	if (!st)
		json_put_string(j, NULL, "The store cannot be opened");
	json_array_end(j);
	json_object_end(j);
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

int h_health_get(struct request *q, struct response *r, struct err *e)
{
	int64_t up_s = (q->now_ms - q->app->started_at_ms) / MS_PER_S;
	const char *monitor = monitor_status(q);
	struct json_out *j = &r->json;
	char span[64];

	(void)e;
	json_object_begin(j, NULL);
	json_put_string(j, "status", !q->app->store ? "unhealthy" : monitor[0] == 'h' ? "healthy" : "degraded");
	json_put_string(j, "version", PACKAGE_VERSION);
	json_put_string(j, "uptime", clock_format_span(up_s, span, sizeof(span)));
	json_put_i64(j, "uptime_seconds", up_s);
	json_put_time(j, "timestamp", q->now_ms);
	json_object_begin(j, "services");
	json_object_end(j);
	put_store(j, q);
	put_beats(j, q, monitor);
	json_object_end(j);
	if (!q->app->store) {
		/* With the same body: a probe that looks at the status only must see it too. */
		r->status = 503;
		response_header(r, "Retry-After", "1");
	}
	return 0;
}
