/*
 * Kind fl_server: FLOPY-NET's FL server by its metrics interface (not the gRPC port), or through the collector where only that can be reached: an address that ends in
 * /api/metrics/fl.
 *
 * It serves one request at a time.  While a policy has stopped it, each GET /status asks the policy engine itself: 12 s where that refuses, minutes where it hangs, and /health
 * waits behind it.  So /status is left alone then until the policy engine was just seen to be well; where the platform's policy engine is not known here, it is asked once in
 * STATUS_EVERY checks.
 *
 * Some of what it says is never true and is not read: data_state, rounds_history, training_complete, the aggregate counters.  The number of clients is refreshed only when a
 * round is configured, so after the end it is not known.
 */
#include "config.h"

#include "monitor/probe.h"

#include "lib/json_in.h"

#include <stdio.h>
#include <string.h>

#define STATUS_EVERY 12

enum step { STEP_HEALTH, STEP_STATUS, STEP_METRICS };

static bool through_collector(const struct probe_context *c)
{
	static const char tail[] = "/metrics/fl";
	size_t len = c->config->url ? strlen(c->config->url) : 0;

	while (len && c->config->url[len - 1] == '/')
		len--;
	return len > strlen(tail) && strncmp(c->config->url + len - strlen(tail), tail, strlen(tail)) == 0;
}

static bool ask(const struct probe_context *c, int step, const struct probe_result *r, struct probe_request *q)
{
	static const char *const paths[] = {[STEP_HEALTH] = "/health", [STEP_STATUS] = "/status", [STEP_METRICS] = "/metrics"};

	if (step > STEP_METRICS || r->seen == SEEN_FAILED || (step > STEP_HEALTH && r->issues_n > 0))
		return false;
	if (through_collector(c)) {
		snprintf(q->path, sizeof(q->path), "/status");
		return step == STEP_HEALTH;
	}
	if (step > STEP_HEALTH && r->keep_values)
		return false;
	snprintf(q->path, sizeof(q->path), "%s", paths[step]);
	return true;
}

static int64_t integer(const struct json_object *o, const char *name)
{
	int64_t v = 0;

	json_get_i64(o, name, &v);
	return v;
}

static bool is_true(const struct json_object *o, const char *name)
{
	bool v = false;

	json_get_bool(o, name, &v);
	return v;
}

/* server_status says "ready" when training is complete and "paused" when a policy has stopped it, so the state is derived, in this order. */
static const char *training_state(const struct json_object *o)
{
	int64_t current = integer(o, "current_round"), max = integer(o, "max_rounds");

	if (is_true(o, "training_stopped_by_policy") || is_true(o, "stopped_by_policy"))
		return "stopped";
	if (is_true(o, "training_paused"))
		return "paused";
	if (!is_true(o, "training_active"))
		return max > 0 && current >= max ? "completed" : "idle";
	return current > 0 || integer(o, "connected_clients") > 0 ? "running" : "waiting";
}

static void read_training(const struct json_object *o, struct probe_result *r)
{
	const char *state = training_state(o);

	probe_text(r, "training_state", state);
	probe_take_number(r, o, "current_round", "current_round");
	probe_take_number(r, o, "max_rounds", "max_rounds");
	if (strcmp(state, "running") == 0 || strcmp(state, "waiting") == 0 || strcmp(state, "paused") == 0)
		probe_take_number(r, o, "connected_clients", "active_clients");
	else
		probe_null(r, "active_clients");
	if (strcmp(state, "paused") == 0)
		probe_take_text(r, o, "pause_reason", "pause_reason");
	if (strcmp(state, "stopped") == 0)
		probe_take_text(r, o, "stop_reason", "stop_reason");
}

static void read_metrics(const struct json_object *o, struct probe_result *r)
{
	probe_take_number(r, o, "last_round_accuracy", "accuracy");
	probe_take_number(r, o, "last_round_loss", "loss");
	probe_take_number(r, o, "model_size_mb", "model_size_mb");
	probe_take_number(r, o, "policy_checks_performed", "policy_checks");
	probe_take_number(r, o, "policy_checks_denied", "policy_checks_denied");
}

/* What the collector says of it is 200 whether or not it is there. */
static void read_from_collector(const struct json_object *o, struct probe_result *r)
{
	bool available;

	/* Its own word for why has the server's address, which is not for everybody who may read GET /health. */
	if (!json_get_bool(o, "fl_server_available", &available))
		probe_degrade(r, "The collector does not say whether it is there");
	else if (!available)
		probe_fail(r, "The collector cannot reach it");
	else
		read_training(o, r);
	probe_take_number(r, o, "latest_accuracy", "accuracy");
	probe_take_number(r, o, "latest_loss", "loss");
}

static bool is_left_alone(const struct probe_context *c)
{
	return c->was_stopped && !c->policy_fresh && (c->policy_configured || c->nth % STATUS_EVERY != 0);
}

static void read(const struct probe_context *c, int step, const struct probe_answer *a, struct probe_result *r)
{
	struct json_object *o;
	const char *word;

	/* Without the interface for it (an older one) it is well, and says less. */
	if (step != STEP_HEALTH && a->status == 404)
		return;
	o = probe_read_json(a, r);
	if (!o)
		return;
	if (through_collector(c)) {
		read_from_collector(o, r);
	} else if (step == STEP_STATUS) {
		read_training(o, r);
	} else if (step == STEP_METRICS) {
		read_metrics(o, r);
	} else {
		if (json_get_string(o, "status", &word))
			probe_read_word(word, r);
		else
			probe_degrade(r, "/health has no member status");
		r->keep_values = r->seen != SEEN_FAILED && is_left_alone(c);
	}
	json_object_put(o);
}

static void silent(const struct probe_context *c, int step, const char *why, struct probe_result *r)
{
	r->hung = step == STEP_STATUS && c->policy_configured && !c->policy_fresh;
	if (step != STEP_HEALTH)
		probe_degrade(r, "It is alive, but says nothing about its training: %.100s", why);
	else if (c->was_stopped && c->policy_configured && !c->policy_fresh)
		probe_fail(r, "%.100s (a policy has stopped it, and it may be waiting for the policy engine)", why);
	else
		probe_fail(r, "%s", why);
}

const struct probe_driver probe_fl_server = {.schemes = "http https", .ask = ask, .read = read, .silent = silent};
