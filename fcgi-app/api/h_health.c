/* GET /health: never waits for anything, and says only what is known now. */
#include "config.h"

#include "api/handlers.h"

#include "lib/clock.h"

HANDLER(h_health_get)
{
	bool monitor = shared_alive(q->app->shared, SHARED_BEAT_MONITOR, q->now_ms);
	int64_t up_s = (q->now_ms - q->app->started_at_ms) / MS_PER_S;
	char span[64];

	(void)e;
	json_object_begin(&r->json, NULL);
	json_put_string(&r->json, "status", !q->app->store ? "unhealthy" : monitor ? "healthy" : "degraded");
	json_put_string(&r->json, "version", PACKAGE_VERSION);
	json_put_string(&r->json, "uptime", clock_format_span(up_s, span, sizeof(span)));
	json_put_i64(&r->json, "uptime_seconds", up_s);
	json_object_begin(&r->json, "services");
	json_object_end(&r->json);
	json_object_begin(&r->json, "platform");
	json_put_string(&r->json, "store", q->app->store ? "ok" : "cannot be opened");
	json_put_string(&r->json, "monitor", monitor ? "running" : "away");
	json_put_time(&r->json, "monitor_seen_at", shared_beat_get(q->app->shared, SHARED_BEAT_MONITOR));
	json_object_end(&r->json);
	json_object_end(&r->json);
	return 0;
}
