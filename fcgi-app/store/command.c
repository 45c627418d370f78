/* Commands from the API to the monitor; see command.h. */
#include "config.h"

#include "store/command.h"

#include "lib/mem.h"
#include "store/db.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int refuse(const struct experiment *x, enum action a, struct err *e)
{
	char allowed[64];

	err_set(e, ERR_CONFLICT, "An experiment that is %s cannot be told to %s", status_name(x->status), action_name(a));
	if (e) {
		err_detail(e, "status", "%s", status_name(x->status));
		err_detail(e, "allowed", "%s", lifecycle_allowed(x->status, allowed, sizeof(allowed)));
	}
	return -1;
}

/* Where a start leads: straight on, or into the queue. */
static int place_of_start(struct store *st, const struct command_request *q, int64_t now_ms, enum status *next, struct err *e)
{
	int64_t active, waiting;

	if (experiment_active_count(st, &active, e) == -1 || experiment_queue_next(st, now_ms, &waiting, e) == -1)
		return -1;
	*next = STATUS_STARTING;
	/* Who waits already goes first, or the queue would not be one; a queue that is held waits for nobody's place. */
	if (q->scheduled_at_ms <= now_ms && active < q->max_active && (waiting == 0 || !q->scheduling))
		return 0;
	*next = STATUS_QUEUED;
	if (q->scheduling)
		return 0;
	if (q->scheduled_at_ms > now_ms)
		return err_set(e, ERR_CONFLICT, "Scheduling is switched off (features.experiment_scheduling)");
	return err_set(e, ERR_CONFLICT, "%lld experiments are active, which is the most allowed (dashboard.max_experiments); stop one or switch scheduling on",
		       (long long)active);
}

static int insert(struct store *st, const struct command_request *q, int64_t now_ms, int64_t *id, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_COMMAND_INSERT);

	db_bind_i64(s, 1, q->experiment_id);
	db_bind_text(s, 2, action_name(q->action));
	db_bind_text(s, 3, q->reason);
	db_bind_text(s, 4, q->actor);
	db_bind_i64(s, 5, now_ms);
	if (db_run(st, s, e) == -1)
		return -1;
	*id = sqlite3_last_insert_rowid(st->db);
	return 0;
}

static int schedule(struct store *st, const struct command_request *q, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_EXPERIMENT_SCHEDULE);

	db_bind_i64(s, 1, q->experiment_id);
	db_bind_time(s, 2, q->scheduled_at_ms);
	return db_run(st, s, e);
}

int command_request(struct store *st, const struct command_request *q, int64_t now_ms, enum status *status, int64_t *command_id, struct err *e)
{
	struct experiment x;
	enum status next;
	int rc = -1;

	*command_id = 0;
	if (experiment_get(st, q->experiment_id, &x, e) == -1)
		return -1;
	*status = x.status;
	if (!lifecycle_request(x.status, q->action, &next)) {
		refuse(&x, q->action, e);
		goto out;
	}
	if (q->action == ACTION_START && (schedule(st, q, e) == -1 || place_of_start(st, q, now_ms, &next, e) == -1))
		goto out;
	if (experiment_move(st, &x, next, q->actor, q->reason, now_ms, e) == -1)
		goto out;
	/* A later action takes the place of an earlier one that the engine has not confirmed; then only the newest is waited for. */
	if (status_is_active(next) && insert(st, q, now_ms, command_id, e) == -1)
		goto out;
	*status = next;
	rc = 0;
out:
	experiment_clear(&x);
	return rc;
}

static void row(sqlite3_stmt *s, struct command *c)
{
	static const char *const names[] = {"pending", "sent", "done", "refused"};
	size_t i;

	c->id = db_i64(s, 0);
	c->experiment_id = db_i64(s, 1);
	if (!action_from_name(db_text(s, 2), &c->action))
		abort(); /* the table's CHECK knows the same names */
	c->reason = db_text(s, 3);
	c->actor = db_text(s, 4);
	c->created_at_ms = db_i64(s, 5);
	for (i = 0; i < ARRAY_LEN(names); i++)
		if (strcmp(names[i], db_text(s, 6)) == 0)
			c->status = (enum command_status)i;
	c->sent_at_ms = db_i64(s, 7);
	c->message = db_text(s, 8);
}

int command_get(struct store *st, int64_t id, struct command *c, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_COMMAND_GET);
	int rc;

	memset(c, 0, sizeof(*c));
	db_bind_i64(s, 1, id);
	rc = db_step(st, s, e);
	if (rc != 1)
		return rc < 0 ? -1 : err_set(e, ERR_NOTFOUND, "The command is gone; its experiment was deleted");
	row(s, c);
	c->reason = c->reason ? mem_strdup(c->reason) : NULL;
	c->actor = mem_strdup(c->actor);
	c->message = c->message ? mem_strdup(c->message) : NULL;
	sqlite3_reset(s);
	return 0;
}

void command_clear(struct command *c)
{
	free((void *)(uintptr_t)c->reason);
	free((void *)(uintptr_t)c->actor);
	free((void *)(uintptr_t)c->message);
	memset(c, 0, sizeof(*c));
}

int command_each_open(struct store *st, void (*fn)(void *arg, const struct command *c), void *arg, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_COMMAND_OPEN);
	struct command c;
	int rc;

	while ((rc = db_step(st, s, e)) == 1) {
		row(s, &c);
		fn(arg, &c);
	}
	return rc;
}

int command_mark_sent(struct store *st, int64_t id, int64_t now_ms, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_COMMAND_SENT);

	db_bind_i64(s, 1, id);
	db_bind_i64(s, 2, now_ms);
	return db_run(st, s, e);
}

static int close_all(struct store *st, int64_t experiment_id, const char *action, const char *status, const char *message, int64_t now_ms, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_COMMAND_CLOSE);

	db_bind_i64(s, 1, experiment_id);
	db_bind_text(s, 2, action);
	db_bind_text(s, 3, status);
	db_bind_i64(s, 4, now_ms);
	db_bind_text(s, 5, message);
	return db_run(st, s, e);
}

int command_refuse_action(struct store *st, int64_t experiment_id, enum action a, const char *message, int64_t now_ms, struct err *e)
{
	return close_all(st, experiment_id, action_name(a), "refused", message, now_ms, e);
}

int command_settle(struct store *st, int64_t experiment_id, enum status to, int64_t now_ms, struct err *e)
{
	char message[80];
	int a;

	for (a = 0; a < ACTION_MAX; a++)
		if (lifecycle_goal((enum action)a) == to && close_all(st, experiment_id, action_name((enum action)a), "done", NULL, now_ms, e) == -1)
			return -1;
	snprintf(message, sizeof(message), "The experiment is %s", status_name(to));
	if (status_is_terminal(to) || to == STATUS_STOPPING || to == STATUS_ABORTING)
		return close_all(st, experiment_id, NULL, "refused", message, now_ms, e);
	return 0;
}
