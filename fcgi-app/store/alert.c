/* Changing alerts; see alert.h. */
#include "config.h"

#include "store/alert.h"

#include "lib/mem.h"
#include "store/db.h"
#include "store/event.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int note(struct store *st, int64_t id, const struct alert_note *n, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_ALERT_HISTORY_ADD);

	db_bind_i64(s, 1, id);
	db_bind_i64(s, 2, n->at_ms);
	db_bind_text(s, 3, n->event);
	db_bind_text(s, 4, n->actor);
	db_bind_text(s, 5, n->details);
	return db_run(st, s, e);
}

/* The history's entry and the event, after the row has been changed. */
static int announce(struct store *st, int64_t id, const struct alert_note *n, struct err *e)
{
	struct buf data = {0};
	struct json_out j;
	struct alert a;
	int rc = -1;

	if (note(st, id, n, e) == -1 || alert_get(st, id, n->at_ms, &a, e) == -1)
		return -1;
	json_out_init(&j, &data);
	json_object_begin(&j, NULL);
	json_put_string(&j, "change", n->event);
	json_put_time(&j, "at", n->at_ms);
	alert_write(&j, &a);
	json_object_end(&j);
	{
		struct event ev = {.at_ms = n->at_ms, .topic = "alerts", .type = "alert", .experiment_id = a.experiment_id, .data = data.data};

		rc = event_add(st, &ev, e);
	}
	alert_clear(&a);
	buf_clear(&data);
	return rc;
}

int alert_raise(struct store *st, struct alert *a, struct err *e)
{
	struct alert_note n = {.at_ms = a->created_at_ms, .event = "opened", .details = a->description};
	sqlite3_stmt *s = db_stmt(st, SQL_ALERT_INSERT);

	db_bind_i64(s, 1, a->rule_id);
	db_bind_i64(s, 2, a->severity);
	db_bind_text(s, 3, a->title);
	db_bind_text(s, 4, a->description);
	db_bind_text(s, 5, a->service);
	db_bind_time(s, 6, a->experiment_id);
	db_bind_text(s, 7, a->metric);
	db_bind_double(s, 8, a->threshold);
	db_bind_double(s, 9, a->current_value);
	db_bind_i64(s, 10, a->created_at_ms);
	if (db_run(st, s, e) == -1)
		return -1;
	a->id = sqlite3_last_insert_rowid(st->db);
	return announce(st, a->id, &n, e);
}

int alert_set_value(struct store *st, int64_t id, double value, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_ALERT_VALUE);

	db_bind_i64(s, 1, id);
	db_bind_double(s, 2, value);
	return db_run(st, s, e);
}

int alert_escalate(struct store *st, int64_t id, enum severity severity, double threshold, const char *description, int64_t now_ms, struct err *e)
{
	struct alert_note n = {.at_ms = now_ms, .event = "escalated", .details = description};
	sqlite3_stmt *s = db_stmt(st, SQL_ALERT_ESCALATE);

	db_bind_i64(s, 1, id);
	db_bind_i64(s, 2, severity);
	db_bind_double(s, 3, threshold);
	db_bind_text(s, 4, description);
	db_bind_i64(s, 5, now_ms);
	if (db_run(st, s, e) == -1)
		return -1;
	return announce(st, id, &n, e);
}

/* The row's status as an answer: 0 when it may be changed, 1 when there is nothing to do. */
static int look(struct store *st, int64_t id, const char *done, bool *is_done, bool *is_resolved, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_ALERT_STATUS);
	int rc;

	db_bind_i64(s, 1, id);
	rc = db_step(st, s, e);
	if (rc != 1)
		return rc < 0 ? -1 : err_set(e, ERR_NOTFOUND, "There is no such alert");
	*is_done = strcmp(db_text(s, 0), done) == 0;
	*is_resolved = strcmp(db_text(s, 0), "resolved") == 0;
	sqlite3_reset(s);
	return 0;
}

/* By somebody (n->actor), with what was said of it, NULL for nothing. */
static int change(struct store *st, enum sql which, int64_t id, const char *words, const struct alert_note *n, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, which);

	db_bind_i64(s, 1, id);
	db_bind_text(s, 2, n->actor);
	db_bind_text(s, 3, words);
	db_bind_i64(s, 4, n->at_ms);
	return db_run(st, s, e) == -1 ? -1 : announce(st, id, n, e);
}

int alert_acknowledge(struct store *st, int64_t id, const char *actor, const char *comment, int64_t now_ms, struct err *e)
{
	struct alert_note n = {.at_ms = now_ms, .event = "acknowledged", .actor = actor, .details = comment ? comment : ""};
	bool done, resolved;

	if (look(st, id, "acknowledged", &done, &resolved, e) == -1)
		return -1;
	if (resolved) {
		err_set(e, ERR_CONFLICT, "The alert is resolved already");
		if (e)
			err_detail(e, "status", "resolved");
		return -1;
	}
	return done ? 0 : change(st, SQL_ALERT_ACKNOWLEDGE, id, comment, &n, e);
}

int alert_resolve(struct store *st, int64_t id, const char *actor, const char *resolution, int64_t now_ms, struct err *e)
{
	struct alert_note n = {.at_ms = now_ms, .event = "resolved", .actor = actor, .details = resolution};
	bool done, resolved;

	if (look(st, id, "resolved", &done, &resolved, e) == -1)
		return -1;
	return done ? 0 : change(st, SQL_ALERT_RESOLVE, id, resolution, &n, e);
}

int alert_resolve_rule(struct store *st, int64_t rule_id, const char *actor, const char *resolution, int64_t now_ms, struct err *e)
{
	sqlite3_stmt *s;
	int64_t id;
	int rc;

	/* One at a time: each leaves the set that is looked for. */
	for (;;) {
		s = db_stmt(st, SQL_ALERT_OPEN_OF_RULE);
		db_bind_i64(s, 1, rule_id);
		rc = db_step(st, s, e);
		if (rc != 1)
			return rc;
		id = db_i64(s, 0);
		sqlite3_reset(s);
		if (alert_resolve(st, id, actor, resolution, now_ms, e) == -1)
			return -1;
	}
}

int alert_notice_done(struct store *st, int64_t id, bool told, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_ALERT_NOTICE_DONE);

	db_bind_i64(s, 1, id);
	db_bind_i64(s, 2, told);
	return db_run(st, s, e);
}

int alert_note_notified(struct store *st, int64_t id, const char *details, int64_t now_ms, struct err *e)
{
	struct alert_note n = {.at_ms = now_ms, .event = "notified", .details = details};

	return note(st, id, &n, e);
}

int alert_prune(struct store *st, int64_t before_ms, int64_t batch, int64_t *deleted, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_ALERT_PRUNE);

	db_bind_i64(s, 1, before_ms);
	db_bind_i64(s, 2, batch);
	if (db_run(st, s, e) == -1)
		return -1;
	*deleted = sqlite3_changes64(st->db);
	return 0;
}
