/*
 * Kind policy_engine: FLOPY-NET's policy engine.  The version in its health is that of its policies, and it is what people mean when they ask which one decides.
 * Its /metrics counts policies rightly; /api/v1/metrics takes those without the member `enabled` for disabled and says 0.
 */
#include "config.h"

#include "monitor/probe.h"

#include "lib/json_in.h"

#include <inttypes.h>
#include <stdio.h>

static bool ask(const struct probe_context *c, int step, const struct probe_result *r, struct probe_request *q)
{
	(void)c;
	if (step > 1 || r->seen != SEEN_WELL)
		return false;
	snprintf(q->path, sizeof(q->path), "%s", step == 0 ? "/health" : "/metrics");
	return true;
}

static void read_health(const struct json_object *o, struct probe_result *r)
{
	char version[PROBE_NAME_MAX];
	const char *text;
	int64_t number;

	if (json_get_string(o, "status", &text))
		probe_read_word(text, r);
	else
		probe_degrade(r, "/health has no member status");
	if (json_get_i64(o, "version", &number)) {
		snprintf(version, sizeof(version), "%" PRId64, number);
		probe_version(r, version);
	} else if (json_get_string(o, "version", &text)) {
		probe_version(r, text);
	}
}

static void read_metrics(const struct json_object *o, struct probe_result *r)
{
	probe_take_number(r, o, "policy_count", "policies");
	probe_take_number(r, o, "enabled_policy_count", "policies_active");
	probe_take_number(r, o, "policy_checks_total", "decisions");
	probe_take_number(r, o, "policy_checks_allowed", "decisions_allowed");
	probe_take_number(r, o, "policy_checks_denied", "decisions_denied");
	probe_take_number(r, o, "uptime_seconds", "uptime_seconds");
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
		read_metrics(o, r);
	json_object_put(o);
}

const struct probe_driver probe_policy_engine = {.schemes = "http https", .ask = ask, .read = read};
