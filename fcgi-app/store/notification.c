/* The outbox; see notification.h. */
#include "config.h"

#include "store/notification.h"

#include "lib/json_in.h"
#include "lib/text.h"
#include "platform/rule.h"
#include "store/db.h"

#include <string.h>

const char *const notification_sort_names[NOTIFICATION_SORT_MAX + 1] = {"id", "created_at", NULL};

static const enum sql lists[NOTIFICATION_SORT_MAX][2] = {
	{SQL_NOTIFICATION_LIST_ID_ASC, SQL_NOTIFICATION_LIST_ID_DESC},
	{SQL_NOTIFICATION_LIST_CREATED_ASC, SQL_NOTIFICATION_LIST_CREATED_DESC},
};

static void row(sqlite3_stmt *s, struct notification *n)
{
	n->id = db_i64(s, 0);
	n->channel = (enum channel)name_index(channel_names, CHANNEL_MAX - 1, db_text(s, 1));
	n->target = db_text(s, 2);
	n->status = db_text(s, 3);
	n->subject = db_text(s, 4);
	n->test = db_i64(s, 5) != 0;
	n->attempts = db_i64(s, 6);
	n->created_at_ms = db_i64(s, 7);
	n->next_attempt_ms = db_i64(s, 8);
	n->sent_at_ms = db_i64(s, 9);
	n->last_error = db_text(s, 10);
	n->alerts = db_text(s, 11);
}

static int each(struct store *st, sqlite3_stmt *s, void (*fn)(void *arg, const struct notification *n), void *arg, struct err *e)
{
	struct notification n;
	int rc;

	while ((rc = db_step(st, s, e)) == 1) {
		row(s, &n);
		fn(arg, &n);
	}
	return rc;
}

int notification_each(struct store *st, const char *status, enum notification_sort sort, bool descending, int64_t limit, int64_t offset,
		      void (*fn)(void *arg, const struct notification *n), void *arg, int64_t *total, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_NOTIFICATION_TOTAL);

	db_bind_text(s, 1, status);
	if (db_step(st, s, e) != 1)
		return -1;
	*total = db_i64(s, 0);
	sqlite3_reset(s);
	s = db_stmt(st, lists[sort][descending]);
	db_bind_text(s, 1, status);
	db_bind_i64(s, 2, limit);
	db_bind_i64(s, 3, offset);
	return each(st, s, fn, arg, e);
}

int notification_each_due(struct store *st, enum channel channel, int64_t now_ms, int64_t limit, void (*fn)(void *arg, const struct notification *n), void *arg, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_NOTIFICATION_DUE);

	db_bind_i64(s, 1, now_ms);
	db_bind_i64(s, 2, limit);
	db_bind_text(s, 3, channel_names[channel]);
	return each(st, s, fn, arg, e);
}

int notification_get(struct store *st, int64_t id, void (*fn)(void *arg, const struct notification *n), void *arg, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_NOTIFICATION_GET);
	struct notification n;
	int rc;

	db_bind_i64(s, 1, id);
	rc = db_step(st, s, e);
	if (rc != 1)
		return rc < 0 ? -1 : err_set(e, ERR_NOTFOUND, "There is no such notification");
	row(s, &n);
	fn(arg, &n);
	sqlite3_reset(s);
	return 0;
}

/* The single number that a statement gives. */
static int number(struct store *st, sqlite3_stmt *s, int64_t *v, struct err *e)
{
	if (db_step(st, s, e) != 1)
		return -1;
	*v = db_i64(s, 0);
	sqlite3_reset(s);
	return 0;
}

int notification_waiting(struct store *st, enum channel channel, int64_t now_ms, int64_t *id, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_NOTIFICATION_WAITING);

	db_bind_text(s, 1, channel_names[channel]);
	db_bind_i64(s, 2, now_ms);
	return number(st, s, id, e);
}

int notification_create(struct store *st, struct notification *n, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_NOTIFICATION_INSERT);

	db_bind_text(s, 1, channel_names[n->channel]);
	db_bind_text(s, 2, n->target);
	db_bind_text(s, 3, n->subject);
	db_bind_i64(s, 4, n->test);
	db_bind_i64(s, 5, n->created_at_ms);
	db_bind_i64(s, 6, n->next_attempt_ms);
	if (db_run(st, s, e) == -1)
		return -1;
	n->id = sqlite3_last_insert_rowid(st->db);
	return 0;
}

int notification_add_alert(struct store *st, int64_t id, int64_t alert_id, const char *change, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_NOTIFICATION_ADD_ALERT);

	db_bind_i64(s, 1, id);
	db_bind_i64(s, 2, alert_id);
	db_bind_text(s, 3, change);
	return db_run(st, s, e);
}

int notification_begin(struct store *st, int64_t id, const char *target, const char *subject, int64_t next_attempt_ms, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_NOTIFICATION_BEGIN);

	db_bind_i64(s, 1, id);
	db_bind_text(s, 2, target);
	db_bind_text(s, 3, subject);
	db_bind_i64(s, 4, next_attempt_ms);
	return db_run(st, s, e);
}

int notification_sent(struct store *st, int64_t id, int64_t now_ms, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_NOTIFICATION_SENT);

	db_bind_i64(s, 1, id);
	db_bind_i64(s, 2, now_ms);
	return db_run(st, s, e);
}

int notification_failed(struct store *st, int64_t id, const char *why, int64_t next_attempt_ms, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_NOTIFICATION_FAILED);

	db_bind_i64(s, 1, id);
	db_bind_text(s, 2, why);
	db_bind_time(s, 3, next_attempt_ms);
	return db_run(st, s, e);
}

int notification_prune(struct store *st, int64_t before_ms, int64_t batch, int64_t *deleted, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_NOTIFICATION_PRUNE);

	db_bind_i64(s, 1, before_ms);
	db_bind_i64(s, 2, batch);
	if (db_run(st, s, e) == -1)
		return -1;
	*deleted = sqlite3_changes64(st->db);
	return 0;
}

static void write_alerts(struct json_out *j, const char *alerts)
{
	struct json_object *list = NULL;
	char text[TEXT_ID_MAX];
	int64_t id;
	size_t i;

	json_array_begin(j, "alert_ids");
	if (alerts && json_in_parse(alerts, strlen(alerts), &list, NULL) == 0 && json_object_is_type(list, json_type_array))
		for (i = 0; i < json_object_array_length(list); i++)
			if (json_in_i64(json_object_array_get_idx(list, i), &id))
				json_put_string(j, NULL, text_from_id(ALERT_ID_PREFIX, id, text));
	json_object_put(list);
	json_array_end(j);
}

void notification_write(struct json_out *j, const struct notification *n)
{
	json_object_begin(j, NULL);
	json_put_i64(j, "id", n->id);
	json_put_string(j, "channel", channel_names[n->channel]);
	json_put_string(j, "target", n->target);
	json_put_string(j, "status", n->status);
	json_put_string(j, "subject", n->subject);
	write_alerts(j, n->alerts);
	json_put_i64(j, "attempts", n->attempts);
	json_put_time(j, "created_at", n->created_at_ms);
	json_put_time(j, "next_attempt_at", n->next_attempt_ms);
	json_put_time(j, "sent_at", n->sent_at_ms);
	json_put_string(j, "last_error", n->last_error);
	json_put_bool(j, "test", n->test);
	json_object_end(j);
}
