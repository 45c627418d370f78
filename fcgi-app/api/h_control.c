/* POST /experiments/:id/control: accept an action, wait for the engine's confirmation, answer with the effective status. */
#include "config.h"

#include "api/engine_view.h"
#include "api/experiment_input.h"
#include "api/experiment_view.h"
#include "api/handlers.h"
#include "lib/clock.h"
#include "lib/json_in.h"
#include "platform/settings.h"
#include "store/command.h"
#include "store/configuration.h"
#include "store/experiment.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MONITOR_RETRY_S 5
#define CROWDED_WAIT_MS 2000 /* an engine that is well confirms within this */

/* Owned: reason. */
struct input {
	enum action action;
	char *reason;
	int64_t scheduled_at_ms;
};

static void read_schedule(const struct request *q, struct input *in, struct err *e)
{
	struct json_object *v = json_get(q->body, "scheduled_at", NULL);
	const char *text;

	in->scheduled_at_ms = 0;
	if (!v)
		return;
	if (!json_get_string(q->body, "scheduled_at", &text) || !clock_parse(text, &in->scheduled_at_ms))
		err_detail(e, "scheduled_at", "Must be a time such as \"2024-01-15T10:00:00Z\"");
	else if (in->action != ACTION_START)
		err_detail(e, "scheduled_at", "Only a start can be scheduled");
	else if (in->scheduled_at_ms > q->now_ms + 365 * MS_PER_DAY)
		err_detail(e, "scheduled_at", "Must be within a year from now");
}

static int read_input(const struct request *q, struct input *in, struct err *e)
{
	static const char *const names[] = {"action", "reason", "scheduled_at", NULL};
	struct json_object *reason;
	const char *action;

	err_clear(e);
	in->reason = NULL;
	in->action = ACTION_START;
	if (!q->body || !json_get_string(q->body, "action", &action) || !action_from_name(action, &in->action))
		err_detail(e, "action", "Must be one of start, pause, resume, stop, abort");
	if (q->body) {
		json_in_known(q->body, names, "", e);
		reason = json_get(q->body, "reason", NULL);
		if (reason)
			in->reason = input_text(reason, "reason", 0, COMMAND_REASON_MAX, e);
		read_schedule(q, in, e);
	}
	return err_collected(e, "Invalid control request");
}

static int read_limits(struct request *q, struct command_request *request, struct err *e)
{
	struct config_entry config;
	struct settings settings;

	if (config_current(q->app->store, &config, e) == -1)
		return -1;
	settings_read(config.document, &settings);
	config_entry_clear(&config);
	request->max_active = settings.max_experiments;
	request->scheduling = settings.experiment_scheduling;
	return 0;
}

static int accept_action(struct request *q, int64_t id, const struct input *in, enum status *status, int64_t *command, struct err *e)
{
	struct command_request request = {.experiment_id = id, .action = in->action, .reason = in->reason, .actor = q->who.subject,
					  .scheduled_at_ms = in->scheduled_at_ms};
	struct store *st = q->app->store;

	if (store_begin(st, e) == -1)
		return -1;
	if (read_limits(q, &request, e) == -1 || command_request(st, &request, q->now_ms, status, command, e) == -1)
		goto fail;
	/* Asked after the state, so that a wrong action is told so whether or not the monitor is there; before the commit, so that nothing has changed. */
	if ((*command || *status == STATUS_QUEUED) && !shared_alive(q->app->shared, SHARED_BEAT_MONITOR, q->now_ms)) {
		err_set(e, ERR_UNAVAILABLE, "The monitor, which carries out every action, is not running");
		e->retry_after_s = MONITOR_RETRY_S;
		goto fail;
	}
	if (store_commit(st, e) == -1)
		goto fail;
	return 0;
fail:
	store_rollback(st);
	return -1;
}

/* 1: the monitor has answered (outcome in c), 0: not within the time. */
static int wait_for(struct request *q, int64_t command, int64_t wait_ms, struct command *c, struct err *e)
{
	int64_t until = clock_mono_ms() + wait_ms, seen = -1, version;

	for (;;) {
		version = store_version(q->app->store);
		if (version != seen) {
			seen = version;
			if (command_get(q->app->store, command, c, e) == -1)
				return -1;
			if (c->status == COMMAND_DONE || c->status == COMMAND_REFUSED)
				return 1;
			command_clear(c);
		}
		if (clock_mono_ms() >= until)
			return 0;
		usleep(STORE_POLL_MS * 1000);
	}
}

/* One worker at least is kept for everybody else: who comes when the others wait already is told the outcome only if it comes soon. */
static int wait_for_outcome(struct request *q, int64_t command, struct command *c, struct err *e)
{
	int64_t wait_ms = q->app->conf->api_control_wait_ms;
	int place = shared_place_take(q->app->shared, (int)q->app->conf->api_workers - 1, q->now_ms + wait_ms + 1000, q->now_ms), rc;

	rc = wait_for(q, command, place == -1 && wait_ms > CROWDED_WAIT_MS ? CROWDED_WAIT_MS : wait_ms, c, e);
	shared_place_leave(q->app->shared, place);
	return rc;
}

static const char *message_for(enum action a, enum status status, bool confirmed, char *out, size_t size)
{
	static const char *const done[ACTION_MAX] = {
		[ACTION_START] = "started", [ACTION_PAUSE] = "paused", [ACTION_RESUME] = "resumed", [ACTION_STOP] = "stopped", [ACTION_ABORT] = "aborted"};

	if (status == STATUS_QUEUED)
		snprintf(out, size, "Experiment queued; it starts by itself");
	else if (confirmed)
		snprintf(out, size, "Experiment %s successfully", done[a]);
	else
		snprintf(out, size, "The engine has not confirmed yet; the experiment is %s", status_name(status));
	return out;
}

static int put_answer(struct request *q, struct response *r, int64_t id, enum action a, bool confirmed, struct err *e)
{
	struct experiment x;
	char message[160];

	if (experiment_get(q->app->store, id, &x, e) == -1)
		return -1;
	r->status = confirmed ? 200 : 202;
	json_object_begin(&r->json, NULL);
	json_put_string(&r->json, "status", status_name(x.status));
	json_put_string(&r->json, "message", message_for(a, x.status, confirmed, message, sizeof(message)));
	json_put_time(&r->json, "timestamp", x.status_since_ms);
	json_object_end(&r->json);
	experiment_clear(&x);
	return 0;
}

/* The monitor, or the engine through it, said no: why, and what is possible now. */
static int refused(struct request *q, int64_t id, const char *message, struct err *e)
{
	struct experiment x;
	char allowed[64];

	if (experiment_get(q->app->store, id, &x, e) == -1)
		return -1;
	err_set(e, ERR_CONFLICT, "The action was not carried out: %s", message ? message : "the engine refused it");
	err_detail(e, "status", "%s", status_name(x.status));
	err_detail(e, "allowed", "%s", experiment_view_allowed(catalog_engine(&q->app->catalog, x.engine), x.status, allowed, sizeof(allowed)));
	experiment_clear(&x);
	return -1;
}

/* An engine that cannot do what is asked is not even told. */
static int check_capability(const struct engine *g, const struct experiment *x, enum action a, struct err *e)
{
	char allowed[64];
	enum status next;

	if (!lifecycle_request(x->status, a, &next) || experiment_view_may(g, x->status, a))
		return 0;
	err_set(e, ERR_CONFLICT, "The engine %s (%.100s) cannot %s a run", g->name, g->title, action_name(a));
	err_detail(e, "status", "%s", status_name(x->status));
	err_detail(e, "allowed", "%s", experiment_view_allowed(g, x->status, allowed, sizeof(allowed)));
	return -1;
}

static int check_engine(struct request *q, int64_t id, const struct input *in, struct err *e)
{
	const struct engine *g;
	struct experiment x;
	int rc = 0;

	if (experiment_get(q->app->store, id, &x, e) == -1)
		return -1;
	g = catalog_engine(&q->app->catalog, x.engine);
	if (g && in->action != ACTION_START)
		rc = check_capability(g, &x, in->action, e);
	else if (g && x.status == STATUS_CREATED && in->scheduled_at_ms <= q->now_ms)
		rc = engine_may_start(q, g, e);
	experiment_clear(&x);
	return rc;
}

/* The store knows what a status allows; of that, what the engine can. */
static void correct_allowed(struct request *q, int64_t id, struct err *e)
{
	struct experiment x;
	struct err ignored;
	size_t i;

	if (e->code != ERR_CONFLICT || experiment_get(q->app->store, id, &x, &ignored) == -1)
		return;
	for (i = 0; i < e->details_n; i++)
		if (strcmp(e->details[i].field, "allowed") == 0)
			experiment_view_allowed(catalog_engine(&q->app->catalog, x.engine), x.status, e->details[i].text, sizeof(e->details[i].text));
	experiment_clear(&x);
}

static int carry_out(struct request *q, struct response *r, int64_t id, const struct input *in, struct err *e)
{
	struct command c;
	enum status status;
	int64_t command;
	int rc;

	if (check_engine(q, id, in, e) == -1)
		return -1;
	if (accept_action(q, id, in, &status, &command, e) == -1) {
		correct_allowed(q, id, e);
		return -1;
	}
	/* Into the queue or out of it: final at once, nobody has to confirm. */
	if (command == 0)
		return put_answer(q, r, id, in->action, true, e);
	rc = wait_for_outcome(q, command, &c, e);
	if (rc < 0)
		return -1;
	if (rc == 1) {
		bool no = c.status == COMMAND_REFUSED;

		if (no)
			refused(q, id, c.message, e);
		command_clear(&c);
		if (no)
			return -1;
	}
	return put_answer(q, r, id, in->action, rc == 1, e);
}

int h_experiment_control(struct request *q, struct response *r, struct err *e)
{
	struct input in;
	int64_t id;
	int rc = -1;

	if (request_experiment_id(q, &id, e) == -1)
		return -1;
	if (read_input(q, &in, e) == 0)
		rc = carry_out(q, r, id, &in, e);
	free(in.reason);
	return rc;
}
