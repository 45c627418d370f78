/* Rows of runs, their end, and reports of remote engines; see run.h.  What a single event does is in run_event.c. */
#include "config.h"

#include "store/run.h"

#include "lib/mem.h"
#include "store/command.h"
#include "store/db.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The start has reached an engine, or what will become one. */
static void mark_start(void *arg, const struct command *c)
{
	int64_t *start = arg;

	if (c->experiment_id == start[0] && c->action == ACTION_START && c->status == COMMAND_PENDING)
		start[1] = c->id;
}

int run_begin(struct store *st, int64_t experiment_id, const char *dir, int64_t pid, int64_t pid_start_ticks, int64_t now_ms, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_RUN_BEGIN);
	int64_t start[2] = {experiment_id, 0};

	db_bind_i64(s, 1, experiment_id);
	db_bind_text(s, 2, dir);
	db_bind_time(s, 3, pid);
	db_bind_time(s, 4, pid_start_ticks);
	db_bind_i64(s, 5, now_ms);
	if (db_run(st, s, e) == -1 || command_each_open(st, mark_start, start, e) == -1)
		return -1;
	return start[1] ? command_mark_sent(st, start[1], now_ms, e) : 0;
}

static char *copy(const char *text)
{
	return text ? mem_strdup(text) : NULL;
}

static void row(sqlite3_stmt *s, struct run *r)
{
	const char *state;

	r->experiment_id = db_i64(s, 0);
	r->dir = copy(db_text(s, 1));
	r->pid = db_i64(s, 2);
	r->pid_start_ticks = db_i64(s, 3);
	r->read_offset = db_i64(s, 4);
	r->last_seq = db_i64(s, 5);
	r->bad_lines = db_i64(s, 6);
	r->heard_at_ms = db_i64(s, 7);
	r->last_error = copy(db_text(s, 8));
	r->engine_state = STATUS_STARTING;
	state = db_text(s, 9);
	if (state)
		status_from_name(state, &r->engine_state);
	r->ended = db_i64(s, 10) != 0;
}

int run_get(struct store *st, int64_t experiment_id, struct run *r, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_RUN_GET);
	int rc;

	memset(r, 0, sizeof(*r));
	db_bind_i64(s, 1, experiment_id);
	rc = db_step(st, s, e);
	if (rc != 1)
		return rc < 0 ? -1 : err_set(e, ERR_NOTFOUND, "The experiment was never started");
	row(s, r);
	sqlite3_reset(s);
	return 0;
}

void run_clear(struct run *r)
{
	free(r->dir);
	free(r->last_error);
	memset(r, 0, sizeof(*r));
}

int run_each_open(struct store *st, void (*fn)(void *arg, const struct run *r), void *arg, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_RUN_OPEN);
	struct run r;
	int rc;

	while ((rc = db_step(st, s, e)) == 1) {
		row(s, &r);
		fn(arg, &r);
		run_clear(&r);
	}
	return rc;
}

int run_save(struct store *st, const struct run *r, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_RUN_SAVE);

	db_bind_i64(s, 1, r->experiment_id);
	db_bind_i64(s, 2, r->read_offset);
	db_bind_i64(s, 3, r->last_seq);
	db_bind_i64(s, 4, r->bad_lines);
	db_bind_i64(s, 5, r->heard_at_ms);
	db_bind_text(s, 6, r->last_error);
	db_bind_text(s, 7, r->engine_state == STATUS_STARTING ? NULL : status_name(r->engine_state));
	return db_run(st, s, e);
}

static int mark_ended(struct store *st, int64_t experiment_id, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_RUN_ENDED);

	db_bind_i64(s, 1, experiment_id);
	return db_run(st, s, e);
}

static int fail_run(struct store *st, const struct experiment *x, const char *why, int64_t now_ms, struct err *e)
{
	char *first = mem_strndup(why, strcspn(why, "\n"));
	int rc = -1;

	if (experiment_set_failure(st, x->id, why, e) == 0 && command_refuse_action(st, x->id, ACTION_START, why, now_ms, e) == 0)
		rc = experiment_move(st, x, STATUS_FAILED, NULL, first, now_ms, e);
	free(first);
	return rc;
}

int run_end(struct store *st, int64_t experiment_id, const char *why, int64_t now_ms, struct err *e)
{
	struct experiment x;
	int rc = 0;

	if (experiment_get(st, experiment_id, &x, e) == -1)
		return -1;
	if (x.status == STATUS_ABORTING)
		rc = experiment_move(st, &x, STATUS_ABORTED, NULL, NULL, now_ms, e);
	else if (status_is_active(x.status))
		rc = fail_run(st, &x, why, now_ms, e);
	experiment_clear(&x);
	return rc == 0 ? mark_ended(st, experiment_id, e) : -1;
}

/* What the engine should be at, by the state that we hold. */
static const char *desired(enum status s)
{
	switch (s) {
	case STATUS_PAUSING:
	case STATUS_PAUSED:
		return "paused";
	case STATUS_STOPPING:
	case STATUS_STOPPED:
	case STATUS_COMPLETED:
		return "stopping";
	case STATUS_ABORTING:
	case STATUS_ABORTED:
	case STATUS_FAILED:
		return "aborting";
	default:
		return "running";
	}
}

struct told {
	int64_t experiment_id;
	int64_t ids[8];
	size_t n;
};

static void add_told(void *arg, const struct command *c)
{
	struct told *t = arg;

	if (c->experiment_id == t->experiment_id && c->status == COMMAND_PENDING && t->n < ARRAY_LEN(t->ids))
		t->ids[t->n++] = c->id;
}

/* The answer tells the engine what is wanted: that is how its commands are sent. */
static int mark_told(struct store *st, int64_t experiment_id, int64_t now_ms, struct err *e)
{
	struct told t = {.experiment_id = experiment_id};

	if (command_each_open(st, add_told, &t, e) == -1)
		return -1;
	while (t.n)
		if (command_mark_sent(st, t.ids[--t.n], now_ms, e) == -1)
			return -1;
	return 0;
}

static int apply_report(struct store *st, struct run *r, const struct runner_event *events, size_t n, int64_t now_ms, struct run_reported *out, struct err *e)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (events[i].seq > r->last_seq)
			out->accepted++;
		if (run_apply_event(st, r, &events[i], now_ms, e) == -1)
			return -1;
	}
	r->heard_at_ms = now_ms;
	out->last_seq = r->last_seq;
	return run_save(st, r, e) == -1 ? -1 : mark_told(st, r->experiment_id, now_ms, e);
}

static int report_in_transaction(struct store *st, int64_t experiment_id, const struct runner_event *events, size_t n, int64_t now_ms, struct run_reported *out,
				 struct err *e)
{
	struct experiment x;
	struct run r = {0};
	int rc = -1;

	if (experiment_get(st, experiment_id, &x, e) == -1)
		return -1;
	if (run_get(st, experiment_id, &r, e) == -1) {
		if (e && e->code == ERR_NOTFOUND)
			err_set(e, ERR_CONFLICT, "An experiment that is %s takes no reports; start it first", status_name(x.status));
		goto out;
	}
	if (r.pid) {
		err_set(e, ERR_CONFLICT, "This experiment's engine runs beside the dashboard and reports through its own file");
		goto out;
	}
	if (apply_report(st, &r, events, n, now_ms, out, e) == -1)
		goto out;
	experiment_clear(&x);
	rc = experiment_get(st, experiment_id, &x, e);
	if (rc == 0)
		out->desired = desired(x.status);
	/* Nothing watches a process here: the final word is the end. */
	if (rc == 0 && status_is_terminal(x.status))
		rc = mark_ended(st, experiment_id, e);
out:
	experiment_clear(&x);
	run_clear(&r);
	return rc;
}

static int read_events(struct runner_event *read, struct json_object *events, size_t n, struct err *e)
{
	struct err why;
	char field[ERR_FIELD_MAX];
	size_t i;

	err_clear(e);
	for (i = 0; i < n; i++) {
		if (runner_event_read(&read[i], json_object_array_get_idx(events, i), &why) == 0)
			continue;
		snprintf(field, sizeof(field), "events.%zu", i);
		err_detail(e, field, "%.180s", why.msg);
	}
	return err_collected(e, "Invalid events; none was taken");
}

int run_report(struct store *st, int64_t experiment_id, struct json_object *events, int64_t now_ms, struct run_reported *out, struct err *e)
{
	struct runner_event *read = NULL;
	size_t n = json_object_is_type(events, json_type_array) ? json_object_array_length(events) : 0, i;
	int rc = -1;

	memset(out, 0, sizeof(*out));
	if (n == 0 || n > RUN_REPORT_MAX) {
		err_clear(e);
		err_detail(e, "events", "Must be an array of 1 to %d events", RUN_REPORT_MAX);
		return err_collected(e, "Invalid events; none was taken");
	}
	read = mem_array(n, sizeof(*read));
	if (read_events(read, events, n, e) == -1 || store_begin(st, e) == -1)
		goto out;
	if (report_in_transaction(st, experiment_id, read, n, now_ms, out, e) == 0)
		rc = store_commit(st, e);
	store_rollback(st);
out:
	for (i = 0; i < n; i++)
		runner_event_clear(&read[i]);
	free(read);
	return rc;
}
