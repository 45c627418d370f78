/* The event log; see event.h. */
#include "config.h"

#include "store/event.h"

#include "store/db.h"

int event_add(struct store *st, const struct event *ev, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_EVENT_INSERT);

	db_bind_i64(s, 1, ev->at_ms);
	db_bind_text(s, 2, ev->topic);
	db_bind_text(s, 3, ev->type);
	db_bind_time(s, 4, ev->experiment_id);
	db_bind_text(s, 5, ev->data);
	return db_run(st, s, e);
}

int event_each_after(struct store *st, int64_t after, int64_t limit, int (*fn)(void *arg, const struct event *ev), void *arg, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_EVENT_AFTER);
	int rc;

	db_bind_i64(s, 1, after);
	db_bind_i64(s, 2, limit);
	while ((rc = db_step(st, s, e)) == 1) {
		struct event ev = {
			.id = db_i64(s, 0),
			.at_ms = db_i64(s, 1),
			.topic = db_text(s, 2),
			.type = db_text(s, 3),
			.experiment_id = db_i64(s, 4),
			.data = db_text(s, 5),
		};

		if (fn(arg, &ev))
			break;
	}
	sqlite3_reset(s);
	return rc < 0 ? -1 : 0;
}

int event_bounds(struct store *st, int64_t *oldest, int64_t *newest, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_EVENT_BOUNDS);

	if (db_step(st, s, e) != 1)
		return -1;
	*oldest = db_i64(s, 0);
	*newest = db_i64(s, 1);
	sqlite3_reset(s);
	return 0;
}

int event_prune(struct store *st, int64_t before_ms, int64_t keep, int64_t batch, int64_t *deleted, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_EVENT_PRUNE);

	db_bind_i64(s, 1, before_ms);
	db_bind_i64(s, 2, keep);
	db_bind_i64(s, 3, batch);
	if (db_run(st, s, e) == -1)
		return -1;
	*deleted = sqlite3_changes64(st->db);
	return 0;
}
