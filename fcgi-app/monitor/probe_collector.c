/*
 * Kind collector: FLOPY-NET's metrics collector.  Its health is liveness only: "ok" also while all that it collects from is down (its `monitors` are settings, not states).
 * It names no queue; a collector that does is shown with it.
 */
#include "config.h"

#include "monitor/probe.h"

#include "lib/json_in.h"

#include <stdio.h>

static bool ask(const struct probe_context *c, int step, const struct probe_result *r, struct probe_request *q)
{
	(void)c;
	if (step > 1 || r->seen != SEEN_WELL)
		return false;
	/* One row: the total beside it is what we are after. */
	snprintf(q->path, sizeof(q->path), "%s", step == 0 ? "/health" : "/api/metrics?limit=1");
	return true;
}

static void read_health(const struct json_object *o, struct probe_result *r)
{
	const char *text;

	if (json_get_string(o, "status", &text))
		probe_read_word(text, r);
	else
		probe_degrade(r, "/health has no member status");
	if (json_get_string(o, "collector_version", &text))
		probe_version(r, text);
	probe_null(r, "metrics_processed");
	probe_null(r, "queue_size");
	probe_take_number(r, o, "metrics_processed", "metrics_processed");
	probe_take_number(r, o, "queue_size", "queue_size");
}

static void read(const struct probe_context *c, int step, const struct probe_answer *a, struct probe_result *r)
{
	struct json_object *o = probe_read_json(a, r);

	(void)c;
	if (!o)
		return;
	if (step == 0)
		read_health(o, r);
	else
		probe_take_number(r, o, "total", "metrics_processed");
	json_object_put(o);
}

const struct probe_driver probe_collector = {.schemes = "http https", .ask = ask, .read = read};
