/*
 * What one event of an engine does to the store; see run.h.  The reader of events has checked types and ranges, so nothing here can fail but the store itself: a table by type,
 * one function each.
 */
#include "config.h"

#include "store/run_change.h"

#include "lib/buf.h"
#include "lib/json_out.h"
#include "lib/mem.h"
#include "store/artifact.h"
#include "store/command.h"
#include "store/db.h"
#include "store/event.h"
#include "store/round.h"
#include "store/timeline.h"

#include <json-c/json_object.h>
#include <json-c/json_tokener.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOG_TRIM_EVERY 64 /* log events between two trims of the timeline: the trim reads all of them */

int run_change_note(const struct change *c, const char *event, const char *details)
{
	struct timeline_entry t = {.at_ms = c->at_ms, .event = event, .details = details};

	return timeline_add(c->st, c->x->id, &t, c->e);
}

int run_change_announce(const struct change *c, const char *change, struct buf *extra)
{
	int rc = experiment_announce(c->st, c->x->id, change, buf_str(extra), c->at_ms, c->e);

	buf_clear(extra);
	return rc;
}

/* A statement whose parameters are the experiment, then numbers. */
static int run_numbers(const struct change *c, enum sql which, int n, const int64_t *numbers)
{
	sqlite3_stmt *s = db_stmt(c->st, which);
	int i;

	db_bind_i64(s, 1, c->x->id);
	for (i = 0; i < n; i++)
		db_bind_i64(s, i + 2, numbers[i]);
	return db_run(c->st, s, c->e);
}

static int apply_state(const struct change *c)
{
	enum status said = c->ev->state, next;
	const char *reason = c->ev->text[0] ? c->ev->text : NULL;

	c->run->engine_state = said;
	/* The abort was asked for and has come about, whatever the engine calls its end. */
	if (c->x->status == STATUS_ABORTING && (said == STATUS_FAILED || said == STATUS_STOPPED))
		said = STATUS_ABORTED;
	if (!lifecycle_confirm(c->x->status, said, &next)) {
		/* It did begin, even if something else was asked for meanwhile. */
		if (said == STATUS_RUNNING)
			return run_numbers(c, SQL_EXPERIMENT_STARTED, 1, &c->at_ms);
		return 0;
	}
	if (next == STATUS_FAILED) {
		reason = reason ? reason : c->run->last_error ? c->run->last_error : "The engine says that it failed and gives no reason";
		if (experiment_set_failure(c->st, c->x->id, reason, c->e) == -1 ||
		    command_refuse_action(c->st, c->x->id, ACTION_START, reason, c->at_ms, c->e) == -1)
			return -1;
	}
	return experiment_move(c->st, c->x, next, NULL, reason, c->at_ms, c->e);
}

static int note_waiting(const struct change *c)
{
	static const struct {
		const char *what, *words;
	} words[] = {{"clients", "Waiting for clients"}, {"service", "Waiting for a service"}, {"policy", "Waiting for a policy"}};
	struct buf text = {0};
	size_t i;
	int rc;

	for (i = 0; i < ARRAY_LEN(words); i++)
		if (strcmp(words[i].what, c->ev->what) == 0)
			buf_adds(&text, words[i].words);
	if (c->ev->needed >= 0 && c->ev->present >= 0)
		buf_addf(&text, ": %lld of %lld are there", (long long)c->ev->present, (long long)c->ev->needed);
	if (c->ev->text[0])
		buf_addf(&text, ": %s", c->ev->text);
	rc = run_change_note(c, "waiting", buf_str(&text));
	buf_clear(&text);
	return rc;
}

static int apply_waiting_for(const struct change *c)
{
	struct buf json = {0};
	struct json_out j;
	int rc = 0;

	if (!c->ev->what)
		return experiment_wait(c->st, c->x->id, NULL, c->at_ms, c->e);
	json_out_init(&j, &json);
	json_object_begin(&j, NULL);
	json_put_string(&j, "what", c->ev->what);
	json_put_count(&j, "needed", c->ev->needed);
	json_put_count(&j, "present", c->ev->present);
	json_put_string(&j, "detail", c->ev->text[0] ? c->ev->text : NULL);
	json_object_end(&j);
	/* The first of a row is for people; how the numbers move is for the live page. */
	if (!c->x->waiting_for)
		rc = note_waiting(c);
	if (rc == 0)
		rc = experiment_wait(c->st, c->x->id, buf_str(&json), c->at_ms, c->e);
	buf_clear(&json);
	return rc;
}

static int apply_round_started(const struct change *c)
{
	const int64_t numbers[] = {c->ev->round, c->at_ms};
	size_t n = c->ev->clients ? json_object_array_length(c->ev->clients) : 0, i;
	struct buf extra = {0};
	struct json_out j;

	if (run_numbers(c, SQL_ROUND_START, 2, numbers) == -1)
		return -1;
	if (sqlite3_changes(c->st->db) == 0)
		return 0; /* it was completed before: a round is not started twice */
	if (run_numbers(c, SQL_ROUND_DROP_BEFORE, 1, numbers) == -1 || run_numbers(c, SQL_EXPERIMENT_ROUND_STARTED, 2, numbers) == -1)
		return -1;
	json_out_init(&j, &extra);
	json_array_begin(&j, "selected_clients");
	for (i = 0; i < n; i++) {
		const char *client = json_object_get_string(json_object_array_get_idx(c->ev->clients, i));

		json_put_string(&j, NULL, client);
		if (run_change_choose_client(c, client) == -1) {
			buf_clear(&extra);
			return -1;
		}
	}
	json_array_end(&j);
	return run_change_announce(c, "round_started", &extra);
}

static void put_round(void *arg, const struct round *r)
{
	struct json_out *j = arg;

	json_object_begin(j, "round");
	json_put_i64(j, "round", r->round);
	json_put_double(j, "accuracy", r->accuracy);
	json_put_double(j, "loss", r->loss);
	json_put_time(j, "started_at", r->started_at_ms);
	json_put_time(j, "completed_at", r->completed_at_ms);
	json_put_count(j, "duration_ms", r->duration_ms);
	json_put_count(j, "clients", r->clients);
	json_put_i64(j, "failed_clients", r->failed_clients > 0 ? r->failed_clients : 0);
	json_put_count(j, "bytes", r->bytes);
	json_object_end(j);
}

static int complete_round(const struct change *c)
{
	const struct runner_event *ev = c->ev;
	sqlite3_stmt *s = db_stmt(c->st, SQL_ROUND_COMPLETE);

	db_bind_i64(s, 1, c->x->id);
	db_bind_i64(s, 2, ev->round);
	db_bind_i64(s, 3, c->at_ms);
	db_bind_double(s, 4, ev->accuracy);
	db_bind_double(s, 5, ev->loss);
	db_bind_count(s, 6, ev->duration_ms);
	db_bind_count(s, 7, ev->clients_n);
	db_bind_count(s, 8, ev->failed_clients);
	db_bind_count(s, 9, ev->bytes);
	return db_run(c->st, s, c->e);
}

static int count_round(const struct change *c)
{
	const struct runner_event *ev = c->ev;
	sqlite3_stmt *s = db_stmt(c->st, SQL_EXPERIMENT_ROUND_COMPLETED);

	db_bind_i64(s, 1, c->x->id);
	db_bind_i64(s, 2, ev->round);
	db_bind_double(s, 3, ev->accuracy);
	db_bind_double(s, 4, ev->loss);
	db_bind_i64(s, 5, ev->bytes > 0 ? ev->bytes : 0);
	db_bind_i64(s, 6, c->at_ms);
	return db_run(c->st, s, c->e);
}

static int note_round(const struct change *c)
{
	const struct runner_event *ev = c->ev;
	struct buf text = {0};
	int rc;

	buf_addf(&text, "Round %lld completed", (long long)ev->round);
	if (isfinite(ev->accuracy))
		buf_addf(&text, ": accuracy %.4g", ev->accuracy);
	if (isfinite(ev->loss))
		buf_addf(&text, "%s loss %.4g", isfinite(ev->accuracy) ? "," : ":", ev->loss);
	if (ev->failed_clients > 0)
		buf_addf(&text, " (%lld %s did not deliver)", (long long)ev->failed_clients, ev->failed_clients == 1 ? "client" : "clients");
	rc = run_change_note(c, "round_completed", buf_str(&text));
	buf_clear(&text);
	return rc;
}

static int apply_round_completed(const struct change *c)
{
	struct buf extra = {0};
	struct json_out j;

	if (complete_round(c) == -1)
		return -1;
	if (sqlite3_changes(c->st->db) == 0)
		return 0; /* said again */
	if (count_round(c) == -1 || run_numbers(c, SQL_CLIENTS_OF_ROUND_AT_REST, 1, &c->ev->round) == -1 ||
	    run_numbers(c, SQL_CLIENT_ROUNDS_AT_REST, 1, &c->ev->round) == -1 || note_round(c) == -1)
		return -1;
	json_out_init(&j, &extra);
	if (round_one(c->st, c->x->id, c->ev->round, put_round, &j, c->e) == -1) {
		buf_clear(&extra);
		return -1;
	}
	return run_change_announce(c, "round_completed", &extra);
}

static int apply_nothing(const struct change *c)
{
	(void)c;
	return 0;
}

/* A line for the timeline, of which only the newest are kept: an engine that talks without end must not fill the store. */
static int write_log(const struct change *c, const char *level, const char *message)
{
	struct buf extra = {0};
	struct json_out j;

	if (run_change_note(c, "engine_log", message) == -1)
		return -1;
	if (c->ev->seq % LOG_TRIM_EVERY == 0) {
		sqlite3_stmt *s = db_stmt(c->st, SQL_TIMELINE_TRIM);

		db_bind_i64(s, 1, c->x->id);
		db_bind_text(s, 2, "engine_log");
		db_bind_i64(s, 3, RUN_LOG_KEPT);
		if (db_run(c->st, s, c->e) == -1)
			return -1;
	}
	json_out_init(&j, &extra);
	json_put_string(&j, "level", level);
	json_put_string(&j, "message", message);
	return run_change_announce(c, "log", &extra);
}

static int apply_log(const struct change *c)
{
	struct buf text = {0};
	int rc;

	if (strcmp(c->ev->level, "info") != 0)
		buf_addf(&text, "%s: ", strcmp(c->ev->level, "warning") == 0 ? "Warning" : "Error");
	buf_adds(&text, c->ev->text);
	rc = write_log(c, c->ev->level, buf_str(&text));
	buf_clear(&text);
	return rc;
}

static int apply_error(const struct change *c)
{
	free(c->run->last_error);
	c->run->last_error = mem_strdup(c->ev->text);
	return write_log(c, "error", c->ev->text);
}

static bool holds(struct json_object *names, const char *name)
{
	size_t i;

	for (i = 0; i < json_object_array_length(names); i++)
		if (strcmp(json_object_get_string(json_object_array_get_idx(names, i)), name) == 0)
			return true;
	return false;
}

/* The names so far and the new ones, each once; the text is a JSON array.  *added: the new ones, for people. */
static void merge_names(const char *so_far, struct json_object *more, struct buf *all, struct buf *added)
{
	struct json_object *names = json_tokener_parse(so_far);
	size_t i;

	if (!json_object_is_type(names, json_type_array)) {
		json_object_put(names);
		names = json_object_new_array();
	}
	for (i = 0; i < json_object_array_length(more) && json_object_array_length(names) < RUNNER_MEMBERS_MAX; i++) {
		const char *name = json_object_get_string(json_object_array_get_idx(more, i));

		if (holds(names, name))
			continue;
		json_object_array_add(names, json_object_new_string(name));
		buf_addf(added, "%s%s", added->len ? ", " : "", name);
	}
	buf_adds(all, json_object_to_json_string_ext(names, JSON_C_TO_STRING_PLAIN));
	json_object_put(names);
}

static int apply_not_applied(const struct change *c)
{
	struct buf all = {0}, added = {0}, text = {0};
	int rc = 0;

	merge_names(c->x->not_applied, c->ev->members, &all, &added);
	if (added.len) {
		sqlite3_stmt *s = db_stmt(c->st, SQL_EXPERIMENT_NOT_APPLIED);

		db_bind_i64(s, 1, c->x->id);
		db_bind_text(s, 2, buf_str(&all));
		db_bind_i64(s, 3, c->at_ms);
		rc = db_run(c->st, s, c->e);
		buf_addf(&text, "Not applied: %s%s%s", buf_str(&added), c->ev->text[0] ? ": " : "", c->ev->text);
		if (rc == 0)
			rc = run_change_note(c, "settings_not_applied", buf_str(&text));
		if (rc == 0)
			rc = experiment_announce(c->st, c->x->id, "updated", NULL, c->at_ms, c->e);
	}
	buf_clear(&all);
	buf_clear(&added);
	buf_clear(&text);
	return rc;
}

/* The states in which an action is under way. */
static bool is_under_way(enum status s, enum action a)
{
	return (a == ACTION_PAUSE && s == STATUS_PAUSING) || (a == ACTION_RESUME && s == STATUS_RESUMING) || (a == ACTION_STOP && s == STATUS_STOPPING);
}

static int apply_refused(const struct change *c)
{
	const char *reason = c->ev->text[0] ? c->ev->text : "The engine cannot do this";
	enum status back = c->run->engine_state == STATUS_PAUSED ? STATUS_PAUSED : STATUS_RUNNING;

	/* An abort is carried out without the engine's consent. */
	if (c->ev->action == ACTION_ABORT || !is_under_way(c->x->status, c->ev->action))
		return 0;
	if (command_refuse_action(c->st, c->x->id, c->ev->action, reason, c->at_ms, c->e) == -1)
		return -1;
	return experiment_move(c->st, c->x, c->run->engine_state == STATUS_STARTING ? STATUS_STARTING : back, NULL, reason, c->at_ms, c->e);
}

static int apply_artifact(const struct change *c)
{
	struct artifact a = {.name = c->ev->name, .kind = c->ev->kind, .description = c->ev->text[0] ? c->ev->text : NULL, .created_at_ms = c->at_ms};

	if (artifact_put(c->st, c->x->id, &a, c->e) == -1)
		return -1;
	return experiment_announce(c->st, c->x->id, "updated", NULL, c->at_ms, c->e);
}

static int (*const effects[])(const struct change *c) = {
	[RUNNER_STATE] = apply_state,
	[RUNNER_WAITING_FOR] = apply_waiting_for,
	[RUNNER_ROUND_STARTED] = apply_round_started,
	[RUNNER_CLIENT_UPDATE] = run_change_client,
	[RUNNER_ROUND_COMPLETED] = apply_round_completed,
	[RUNNER_HEARTBEAT] = apply_nothing,
	[RUNNER_LOG] = apply_log,
	[RUNNER_ERROR] = apply_error,
	[RUNNER_NOT_APPLIED] = apply_not_applied,
	[RUNNER_REFUSED] = apply_refused,
	[RUNNER_ARTIFACT] = apply_artifact,
	[RUNNER_OTHER] = apply_nothing,
};

/* The engine's clock is ours when it runs here; even so nothing may seem to happen before what is known already, or in the future. */
static int64_t time_of(const struct run *r, const struct experiment *x, const struct runner_event *ev, int64_t now_ms)
{
	if (r->pid == 0 || ev->time_ms == 0 || ev->time_ms > now_ms)
		return now_ms;
	return ev->time_ms > x->status_since_ms ? ev->time_ms : x->status_since_ms;
}

int run_apply_event(struct store *st, struct run *r, const struct runner_event *ev, int64_t now_ms, struct err *e)
{
	struct experiment x;
	struct change c = {.st = st, .run = r, .x = &x, .ev = ev, .e = e};
	int rc = 0;

	if (ev->seq <= r->last_seq)
		return 0;
	r->last_seq = ev->seq;
	if (effects[ev->type] == apply_nothing)
		return 0;
	if (experiment_get(st, r->experiment_id, &x, e) == -1)
		return -1;
	if (status_is_active(x.status)) {
		c.at_ms = time_of(r, &x, ev, now_ms);
		rc = effects[ev->type](&c);
	}
	experiment_clear(&x);
	return rc;
}
