/*
 * Kind sdn: FLOPY-NET's SDN controller.  It calls itself healthy while its policy engine is away; where a policy engine is part of the platform, that is an issue.
 * As shipped it observes no links, so their number is 0 whatever the network has.
 */
#include "config.h"

#include "monitor/probe.h"

#include "lib/json_in.h"

#include <stdio.h>

static bool ask(const struct probe_context *c, int step, const struct probe_result *r, struct probe_request *q)
{
	(void)c;
	(void)r;
	if (step > 1 || r->seen == SEEN_FAILED)
		return false;
	snprintf(q->path, sizeof(q->path), "%s", step == 0 ? "/health" : "/status");
	return true;
}

static void read_health(const struct probe_context *c, const struct json_object *o, struct probe_result *r)
{
	const char *text;
	bool connected;

	if (json_get_string(o, "status", &text))
		probe_read_word(text, r);
	else
		probe_degrade(r, "/health has no member status");
	probe_take_number(r, o, "switches", "switches");
	probe_take_number(r, o, "uptime_seconds", "uptime_seconds");
	if (!json_get_bool(o, "policy_engine_connected", &connected))
		return;
	probe_bool(r, "policy_engine_connected", connected);
	if (!connected && c->policy_configured)
		probe_degrade(r, "It is not connected to the policy engine");
}

static void read(const struct probe_context *c, int step, const struct probe_answer *a, struct probe_result *r)
{
	struct json_object *o = probe_read_json(a, r);

	if (!o)
		return;
	if (step == 0) {
		read_health(c, o, r);
	} else {
		probe_take_number(r, o, "switches_connected", "switches");
		probe_take_number(r, o, "hosts_learned", "hosts");
		probe_take_number(r, o, "links_discovered", "links");
		probe_take_number(r, o, "policies_active", "policies_active");
	}
	json_object_put(o);
}

const struct probe_driver probe_sdn = {.schemes = "http https", .ask = ask, .read = read};
