/* The timeline; see timeline.h. */
#include "config.h"

#include "store/timeline.h"

#include "store/db.h"

int timeline_add(struct store *st, int64_t experiment_id, const struct timeline_entry *t, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_TIMELINE_INSERT);

	db_bind_i64(s, 1, experiment_id);
	db_bind_i64(s, 2, t->at_ms);
	db_bind_text(s, 3, t->event);
	db_bind_text(s, 4, t->details);
	db_bind_text(s, 5, t->actor);
	return db_run(st, s, e);
}

static int each(struct store *st, sqlite3_stmt *s, void (*fn)(void *arg, const struct timeline_entry *t), void *arg, struct err *e)
{
	int rc;

	while ((rc = db_step(st, s, e)) == 1) {
		struct timeline_entry t = {
			.id = db_i64(s, 0), .at_ms = db_i64(s, 1), .event = db_text(s, 2), .details = db_text(s, 3), .actor = db_text(s, 4)};

		fn(arg, &t);
	}
	return rc;
}

static int count(struct store *st, int64_t experiment_id, bool rounds, int64_t *total, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_TIMELINE_TOTAL);

	db_bind_i64(s, 1, experiment_id);
	db_bind_i64(s, 4, rounds);
	if (db_step(st, s, e) != 1)
		return -1;
	*total = db_i64(s, 0);
	sqlite3_reset(s);
	return 0;
}

int timeline_each(struct store *st, int64_t experiment_id, bool rounds, int64_t limit, int64_t offset, void (*fn)(void *arg, const struct timeline_entry *t),
		  void *arg, int64_t *total, struct err *e)
{
	sqlite3_stmt *s;

	if (count(st, experiment_id, rounds, total, e) == -1)
		return -1;
	s = db_stmt(st, SQL_TIMELINE_LIST);
	db_bind_i64(s, 1, experiment_id);
	db_bind_i64(s, 2, limit);
	db_bind_i64(s, 3, offset);
	db_bind_i64(s, 4, rounds);
	return each(st, s, fn, arg, e);
}

int timeline_each_newest(struct store *st, int64_t experiment_id, int64_t n, void (*fn)(void *arg, const struct timeline_entry *t), void *arg, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_TIMELINE_NEWEST);

	db_bind_i64(s, 1, experiment_id);
	db_bind_i64(s, 2, n);
	return each(st, s, fn, arg, e);
}
