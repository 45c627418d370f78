/* Experiments: one at a time; see experiment.h.  Lists are in experiment_list.c. */
#include "config.h"

#include "store/experiment.h"

#include "lib/buf.h"
#include "lib/mem.h"
#include "lib/text.h"
#include "store/command.h"
#include "store/db.h"
#include "store/event.h"
#include "store/experiment_row.h"
#include "store/timeline.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IDEMPOTENCY_KEPT_MS (24 * INT64_C(3600000))

void experiment_row(sqlite3_stmt *s, struct experiment *x)
{
	int c = 0;

	x->id = db_i64(s, c++);
	x->name = db_text(s, c++);
	x->scenario = db_text(s, c++);
	x->engine = db_text(s, c++);
	if (!status_from_name(db_text(s, c++), &x->status))
		abort(); /* the table's CHECK knows the same names */
	x->configuration = db_text(s, c++);
	x->network_settings = db_text(s, c++);
	x->not_applied = db_text(s, c++);
	x->policies = db_text(s, c++);
	x->policy_status = db_text(s, c++);
	x->tags = db_text(s, c++);
	x->notes = db_text(s, c++);
	x->clients_count = db_i64(s, c++);
	x->rounds_total = db_i64(s, c++);
	x->rounds_completed = db_i64(s, c++);
	x->current_round = db_i64(s, c++);
	x->accuracy = db_double(s, c++);
	x->loss = db_double(s, c++);
	x->bytes_total = db_i64(s, c++);
	x->waiting_for = db_text(s, c++);
	x->failure = db_text(s, c++);
	x->created_by = db_text(s, c++);
	x->created_at_ms = db_i64(s, c++);
	x->scheduled_at_ms = db_i64(s, c++);
	x->queued_at_ms = db_i64(s, c++);
	x->started_at_ms = db_i64(s, c++);
	x->finished_at_ms = db_i64(s, c++);
	x->status_since_ms = db_i64(s, c++);
	x->paused_total_ms = db_i64(s, c++);
	x->updated_at_ms = db_i64(s, c++);
}

static void own(const char **text)
{
	if (*text)
		*text = mem_strdup(*text);
}

/* Every text of x, so that owning and freeing cannot forget one. */
static void each_text(struct experiment *x, void (*fn)(const char **text))
{
	const char **texts[] = {&x->name,	    &x->scenario, &x->engine,	     &x->configuration, &x->network_settings, &x->not_applied, &x->policies,
				&x->policy_status, &x->tags,	  &x->notes,	     &x->waiting_for,	&x->failure,	      &x->created_by};
	size_t i;

	for (i = 0; i < ARRAY_LEN(texts); i++)
		fn(texts[i]);
}

static void disown(const char **text)
{
	free((void *)(uintptr_t)*text);
	*text = NULL;
}

void experiment_clear(struct experiment *x)
{
	each_text(x, disown);
}

int experiment_get(struct store *st, int64_t id, struct experiment *x, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_EXPERIMENT_GET);
	int rc;

	memset(x, 0, sizeof(*x));
	db_bind_i64(s, 1, id);
	rc = db_step(st, s, e);
	if (rc < 0)
		return -1;
	if (rc == 0)
		return err_set(e, ERR_NOTFOUND, "No such experiment");
	experiment_row(s, x);
	each_text(x, own);
	sqlite3_reset(s);
	return 0;
}

int experiment_create(struct store *st, struct experiment *x, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_EXPERIMENT_INSERT);
	struct timeline_entry t = {.at_ms = x->created_at_ms, .event = "experiment_created", .details = "Experiment created", .actor = x->created_by};

	db_bind_text(s, 1, x->name);
	db_bind_text(s, 2, x->scenario);
	db_bind_text(s, 3, x->engine);
	db_bind_text(s, 4, x->configuration);
	db_bind_text(s, 5, x->network_settings);
	db_bind_text(s, 6, x->policies);
	db_bind_text(s, 7, x->policy_status);
	db_bind_text(s, 8, x->tags);
	db_bind_text(s, 9, x->notes);
	db_bind_i64(s, 10, x->clients_count);
	db_bind_i64(s, 11, x->rounds_total);
	db_bind_text(s, 12, x->created_by);
	db_bind_i64(s, 13, x->created_at_ms);
	db_bind_text(s, 14, x->not_applied); /* NULL: nothing */
	if (db_run(st, s, e) == -1)
		return -1;
	x->id = sqlite3_last_insert_rowid(st->db);
	if (timeline_add(st, x->id, &t, e) == -1)
		return -1;
	return experiment_announce(st, x->id, "created", NULL, x->created_at_ms, e);
}

int experiment_edit(struct store *st, int64_t id, const char *name, const char *tags, const char *notes, const char *actor, int64_t now_ms, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_EXPERIMENT_EDIT);
	struct timeline_entry t = {.at_ms = now_ms, .event = "experiment_edited", .details = "Name, tags or notes changed", .actor = actor};

	db_bind_i64(s, 1, id);
	db_bind_text(s, 2, name);
	db_bind_text(s, 3, tags);
	db_bind_text(s, 4, notes);
	db_bind_i64(s, 5, now_ms);
	if (db_run(st, s, e) == -1)
		return -1;
	if (sqlite3_changes(st->db) == 0)
		return err_set(e, ERR_NOTFOUND, "No such experiment");
	if (timeline_add(st, id, &t, e) == -1)
		return -1;
	return experiment_announce(st, id, "updated", NULL, now_ms, e);
}

int experiment_delete(struct store *st, int64_t id, int64_t now_ms, struct err *e)
{
	struct experiment x;
	sqlite3_stmt *s;
	int rc = -1;

	if (experiment_get(st, id, &x, e) == -1)
		return -1;
	if (status_is_active(x.status) || x.status == STATUS_QUEUED) {
		err_set(e, ERR_CONFLICT, "An experiment that is %s cannot be deleted; abort it first", status_name(x.status));
		goto out;
	}
	if (experiment_announce(st, id, "deleted", NULL, now_ms, e) == -1)
		goto out;
	s = db_stmt(st, SQL_EXPERIMENT_DELETE);
	db_bind_i64(s, 1, id);
	rc = db_run(st, s, e);
out:
	experiment_clear(&x);
	return rc;
}

int experiment_announce(struct store *st, int64_t id, const char *change, const char *extra, int64_t now_ms, struct err *e)
{
	struct event ev = {.at_ms = now_ms, .topic = "experiments", .type = "experiment_update", .experiment_id = id};
	struct experiment x;
	struct buf data = {0};
	struct json_out j;
	char text[TEXT_ID_MAX];
	int rc;

	if (experiment_get(st, id, &x, e) == -1)
		return -1;
	json_out_init(&j, &data);
	json_object_begin(&j, NULL);
	json_put_string(&j, "experiment_id", text_from_id(EXPERIMENT_ID_PREFIX, id, text));
	json_put_string(&j, "change", change);
	json_put_string(&j, "name", x.name);
	json_put_string(&j, "status", status_name(x.status));
	json_put_i64(&j, "current_round", x.current_round);
	json_put_i64(&j, "rounds_completed", x.rounds_completed);
	json_put_i64(&j, "rounds_total", x.rounds_total);
	json_put_double(&j, "accuracy", x.accuracy);
	json_put_double(&j, "loss", x.loss);
	json_put_raw(&j, "waiting_for", x.waiting_for);
	json_put_string(&j, "failure", x.failure);
	json_put_time(&j, "at", now_ms);
	if (extra) {
		buf_addc(&data, ',');
		buf_adds(&data, extra);
	}
	json_object_end(&j);
	ev.data = buf_str(&data);
	rc = event_add(st, &ev, e);
	buf_clear(&data);
	experiment_clear(&x);
	return rc;
}

/* Back from where an action was under way: the engine did not want it. */
static bool is_refusal(enum status from, enum status to)
{
	return (from == STATUS_PAUSING && to == STATUS_RUNNING) || (from == STATUS_RESUMING && to == STATUS_PAUSED) ||
	       (from == STATUS_STOPPING && !status_is_terminal(to) && to != STATUS_ABORTING);
}

/* One sentence for the timeline, in the reference's manner. */
static void describe_move(const struct experiment *x, enum status to, const char *reason, char *out, size_t size)
{
	static const char *const words[STATUS_MAX] = {
		[STATUS_QUEUED] = "Experiment queued",     [STATUS_STARTING] = "Start requested",      [STATUS_PAUSING] = "Pause requested",
		[STATUS_PAUSED] = "Experiment paused",     [STATUS_RESUMING] = "Resume requested",     [STATUS_STOPPING] = "Stop requested",
		[STATUS_ABORTING] = "Abort requested",     [STATUS_COMPLETED] = "Experiment completed", [STATUS_STOPPED] = "Experiment stopped",
		[STATUS_ABORTED] = "Experiment aborted",   [STATUS_FAILED] = "Experiment failed",
	};

	if (is_refusal(x->status, to))
		snprintf(out, size, "%s refused%s%s", x->status == STATUS_PAUSING ? "Pause" : x->status == STATUS_RESUMING ? "Resume" : "Stop", reason ? ": " : "",
			 reason ? reason : "");
	else if (x->status == STATUS_QUEUED && to == STATUS_STARTING)
		snprintf(out, size, "Starting from the queue");
	else if (to == STATUS_RUNNING && x->started_at_ms == 0)
		snprintf(out, size, "Experiment started with %lld clients", (long long)x->clients_count);
	else
		snprintf(out, size, "%s%s%s", to == STATUS_RUNNING ? "Experiment resumed" : words[to] ? words[to] : status_name(to), reason && *reason ? ": " : "",
			 reason ? reason : "");
}

static const char *event_of_move(const struct experiment *x, enum status to, char *out, size_t size)
{
	if (is_refusal(x->status, to))
		snprintf(out, size, "action_refused");
	else if (to == STATUS_RUNNING)
		snprintf(out, size, "experiment_%s", x->started_at_ms == 0 ? "started" : "resumed");
	else
		snprintf(out, size, "experiment_%s", status_name(to));
	return out;
}

static int end_of_run(struct store *st, int64_t id, struct err *e)
{
	static const enum sql steps[] = {SQL_ROUND_DROP, SQL_CLIENTS_AT_REST, SQL_EXPERIMENT_CURRENT_ROUND};
	size_t i;

	for (i = 0; i < ARRAY_LEN(steps); i++) {
		sqlite3_stmt *s = db_stmt(st, steps[i]);

		db_bind_i64(s, 1, id);
		if (db_run(st, s, e) == -1)
			return -1;
	}
	return 0;
}

int experiment_move(struct store *st, const struct experiment *x, enum status to, const char *actor, const char *reason, int64_t now_ms, struct err *e)
{
	char details[TIMELINE_DETAILS_MAX], event[40];
	struct timeline_entry t = {.at_ms = now_ms, .event = event, .details = details, .actor = actor};
	bool pause_ends = x->status == STATUS_PAUSED || x->status == STATUS_RESUMING;
	struct buf extra = {0};
	struct json_out j;
	sqlite3_stmt *s;
	int rc = -1;

	s = db_stmt(st, SQL_EXPERIMENT_STATUS);
	db_bind_i64(s, 1, x->id);
	db_bind_text(s, 2, status_name(to));
	db_bind_i64(s, 3, now_ms);
	db_bind_i64(s, 4, pause_ends && now_ms > x->status_since_ms ? now_ms - x->status_since_ms : 0);
	if (db_run(st, s, e) == -1)
		return -1;
	if (status_is_terminal(to) && end_of_run(st, x->id, e) == -1)
		return -1;
	if (command_settle(st, x->id, to, now_ms, e) == -1)
		return -1;
	describe_move(x, to, reason, details, sizeof(details));
	event_of_move(x, to, event, sizeof(event));
	if (timeline_add(st, x->id, &t, e) == -1)
		return -1;
	json_out_init(&j, &extra);
	json_put_string(&j, "previous_status", status_name(x->status));
	json_put_string(&j, "reason", reason);
	rc = experiment_announce(st, x->id, "status", buf_str(&extra), now_ms, e);
	buf_clear(&extra);
	return rc;
}

int experiment_wait(struct store *st, int64_t id, const char *waiting_for, int64_t now_ms, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_EXPERIMENT_WAITING);

	db_bind_i64(s, 1, id);
	db_bind_text(s, 2, waiting_for);
	db_bind_i64(s, 3, now_ms);
	if (db_run(st, s, e) == -1)
		return -1;
	if (sqlite3_changes(st->db) == 0)
		return 0;
	return experiment_announce(st, id, "waiting_for", NULL, now_ms, e);
}

int experiment_set_failure(struct store *st, int64_t id, const char *failure, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_EXPERIMENT_FAILURE);

	db_bind_i64(s, 1, id);
	db_bind_text(s, 2, failure);
	return db_run(st, s, e);
}

int idempotency_find(struct store *st, const char *subject, const char *key, const unsigned char body_sha256[32], int64_t now_ms, int64_t *id, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_IDEMPOTENCY_GET);
	int rc;
	bool same;

	*id = 0;
	db_bind_text(s, 1, subject);
	db_bind_text(s, 2, key);
	db_bind_i64(s, 3, now_ms - IDEMPOTENCY_KEPT_MS);
	rc = db_step(st, s, e);
	if (rc != 1)
		return rc;
	same = sqlite3_column_bytes(s, 0) == 32 && memcmp(sqlite3_column_blob(s, 0), body_sha256, 32) == 0;
	*id = db_i64(s, 1);
	sqlite3_reset(s);
	return same ? 0 : err_set(e, ERR_CONFLICT, "This Idempotency-Key was used with another body in the last 24 hours");
}

int idempotency_keep(struct store *st, const char *subject, const char *key, const unsigned char body_sha256[32], int64_t id, int64_t now_ms, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_IDEMPOTENCY_PUT);

	db_bind_text(s, 1, subject);
	db_bind_text(s, 2, key);
	db_bind_blob(s, 3, body_sha256, 32);
	db_bind_i64(s, 4, id);
	db_bind_i64(s, 5, now_ms);
	return db_run(st, s, e);
}

int idempotency_prune(struct store *st, int64_t now_ms, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_IDEMPOTENCY_PRUNE);

	db_bind_i64(s, 1, now_ms - IDEMPOTENCY_KEPT_MS);
	return db_run(st, s, e);
}
