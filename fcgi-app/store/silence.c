/* Silences; see silence.h. */
#include "config.h"

#include "store/silence.h"

#include "store/db.h"

const char *const silence_sort_names[SILENCE_SORT_MAX + 1] = {"id", "until", "created_at", NULL};

static const enum sql lists[SILENCE_SORT_MAX][2] = {
	{SQL_SILENCE_LIST_ID_ASC, SQL_SILENCE_LIST_ID_DESC},
	{SQL_SILENCE_LIST_UNTIL_ASC, SQL_SILENCE_LIST_UNTIL_DESC},
	{SQL_SILENCE_LIST_CREATED_ASC, SQL_SILENCE_LIST_CREATED_DESC},
};

int silence_each(struct store *st, const struct silence_query *q, void (*fn)(void *arg, const struct silence *s), void *arg, int64_t *total, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_SILENCE_TOTAL);
	int rc;

	db_bind_i64(s, 1, q->now_ms);
	db_bind_count(s, 2, q->active);
	if (db_step(st, s, e) != 1)
		return -1;
	*total = db_i64(s, 0);
	sqlite3_reset(s);
	s = db_stmt(st, lists[q->sort][q->descending]);
	db_bind_i64(s, 1, q->now_ms);
	db_bind_count(s, 2, q->active);
	db_bind_i64(s, 3, q->limit);
	db_bind_i64(s, 4, q->offset);
	while ((rc = db_step(st, s, e)) == 1) {
		struct silence one = {
			.id = db_i64(s, 0),
			.service = db_text(s, 1),
			.rule_id = db_i64(s, 2),
			.experiment_id = db_i64(s, 3),
			.until_ms = db_i64(s, 4),
			.reason = db_text(s, 5),
			.created_at_ms = db_i64(s, 6),
			.created_by = db_text(s, 7),
		};

		fn(arg, &one);
	}
	return rc;
}

int silence_create(struct store *st, struct silence *q, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_SILENCE_INSERT);

	db_bind_text(s, 1, q->service);
	db_bind_time(s, 2, q->rule_id);
	db_bind_time(s, 3, q->experiment_id);
	db_bind_i64(s, 4, q->until_ms);
	db_bind_text(s, 5, q->reason);
	db_bind_i64(s, 6, q->created_at_ms);
	db_bind_text(s, 7, q->created_by);
	if (db_run(st, s, e) == -1)
		return -1;
	q->id = sqlite3_last_insert_rowid(st->db);
	return 0;
}

int silence_end(struct store *st, int64_t id, int64_t now_ms, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_SILENCE_EXISTS);
	int rc;

	db_bind_i64(s, 1, id);
	rc = db_step(st, s, e);
	sqlite3_reset(s);
	if (rc != 1)
		return rc < 0 ? -1 : err_set(e, ERR_NOTFOUND, "There is no such silence");
	s = db_stmt(st, SQL_SILENCE_END);
	db_bind_i64(s, 1, id);
	db_bind_i64(s, 2, now_ms);
	return db_run(st, s, e);
}

int silence_prune(struct store *st, int64_t before_ms, int64_t batch, int64_t *deleted, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_SILENCE_PRUNE);

	db_bind_i64(s, 1, before_ms);
	db_bind_i64(s, 2, batch);
	if (db_run(st, s, e) == -1)
		return -1;
	*deleted = sqlite3_changes64(st->db);
	return 0;
}
