/* Samples and their levels; see sample.h. */
#include "config.h"

#include "store/sample.h"

#include "lib/mem.h"
#include "store/db.h"

const int64_t sample_level_ms[SAMPLE_LEVELS] = {[SAMPLE_RAW] = 0, [SAMPLE_MINUTE] = 60000, [SAMPLE_HOUR] = 3600000};

static const char *const names[SAMPLE_LEVELS] = {[SAMPLE_RAW] = "sample", [SAMPLE_MINUTE] = "minute", [SAMPLE_HOUR] = "hour"};

int sample_add(struct store *st, int64_t service_id, int64_t at_ms, const char *data, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_SAMPLE_ADD);

	db_bind_i64(s, 1, service_id);
	db_bind_i64(s, 2, at_ms);
	db_bind_text(s, 3, data);
	return db_run(st, s, e);
}

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t greatest(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/*
 * Where hours, minutes and samples are read: [from, hours_to), [hours_to, minutes_to), [minutes_to, to).  A level serves a step that is a multiple of it, as far as it is complete;
 * minutes also stand in where the samples are gone.
 */
static int split(struct store *st, const struct sample_query *q, int64_t *hours_to, int64_t *minutes_to, struct err *e)
{
	struct sample_extent raw, minute, hour;

	if (sample_level_get(st, SAMPLE_RAW, &raw, e) == -1 || sample_level_get(st, SAMPLE_MINUTE, &minute, e) == -1 ||
	    sample_level_get(st, SAMPLE_HOUR, &hour, e) == -1)
		return -1;
	*hours_to = q->from_ms;
	if (q->step_ms % sample_level_ms[SAMPLE_HOUR] == 0)
		*hours_to = hour.done_until_ms;
	else
		*hours_to = least(minute.kept_from_ms, hour.done_until_ms);
	*hours_to = greatest(q->from_ms, least(*hours_to, q->to_ms));
	*minutes_to = q->step_ms % sample_level_ms[SAMPLE_MINUTE] == 0 ? minute.done_until_ms : least(raw.kept_from_ms, minute.done_until_ms);
	*minutes_to = greatest(*hours_to, least(*minutes_to, q->to_ms));
	return 0;
}

int sample_each(struct store *st, const struct sample_query *q, void (*fn)(void *arg, const struct sample_point *p), void *arg, struct err *e)
{
	int64_t hours_to, minutes_to;
	sqlite3_stmt *s;
	int rc;

	if (split(st, q, &hours_to, &minutes_to, e) == -1)
		return -1;
	s = db_stmt(st, SQL_SAMPLE_SERIES);
	db_bind_i64(s, 1, q->service_id);
	db_bind_text(s, 2, q->metric);
	db_bind_i64(s, 3, q->step_ms);
	db_bind_i64(s, 4, q->from_ms);
	db_bind_i64(s, 5, hours_to);
	db_bind_i64(s, 6, minutes_to);
	db_bind_i64(s, 7, q->to_ms);
	while ((rc = db_step(st, s, e)) == 1) {
		struct sample_point p = {.at_ms = db_i64(s, 0), .n = db_i64(s, 1), .min = db_double(s, 2), .max = db_double(s, 3)};

		p.value = p.n > 0 ? db_double(s, 4) / (double)p.n : NAN;
		if (p.n > 0)
			fn(arg, &p);
	}
	return rc;
}

int sample_level_get(struct store *st, enum sample_level level, struct sample_extent *x, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_SAMPLE_LEVEL_GET);

	db_bind_text(s, 1, names[level]);
	if (db_step(st, s, e) != 1)
		return -1;
	x->done_until_ms = db_i64(s, 0);
	x->kept_from_ms = db_i64(s, 1);
	sqlite3_reset(s);
	return 0;
}

int sample_level_set(struct store *st, enum sample_level level, const struct sample_extent *x, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_SAMPLE_LEVEL_SET);

	db_bind_text(s, 1, names[level]);
	db_bind_i64(s, 2, x->done_until_ms);
	db_bind_i64(s, 3, x->kept_from_ms);
	return db_run(st, s, e);
}

int sample_rollup(struct store *st, enum sample_level level, int64_t service_id, int64_t from_ms, int64_t to_ms, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, level == SAMPLE_MINUTE ? SQL_SAMPLE_TO_MINUTE : SQL_SAMPLE_TO_HOUR);

	db_bind_i64(s, 1, service_id);
	db_bind_i64(s, 2, from_ms);
	db_bind_i64(s, 3, to_ms);
	return db_run(st, s, e);
}

int sample_prune(struct store *st, enum sample_level level, int64_t service_id, int64_t before_ms, int64_t batch, int64_t *deleted, struct err *e)
{
	static const enum sql which[SAMPLE_LEVELS] = {SQL_SAMPLE_PRUNE_RAW, SQL_SAMPLE_PRUNE_MINUTE, SQL_SAMPLE_PRUNE_HOUR};
	sqlite3_stmt *s = db_stmt(st, which[level]);

	db_bind_i64(s, 1, service_id);
	db_bind_i64(s, 2, before_ms);
	db_bind_i64(s, 3, batch);
	if (db_run(st, s, e) == -1)
		return -1;
	*deleted = sqlite3_changes64(st->db);
	return 0;
}

int sample_oldest(struct store *st, enum sample_level level, int64_t service_id, int64_t *at_ms, struct err *e)
{
	static const enum sql which[SAMPLE_LEVELS] = {SQL_SAMPLE_OLDEST_RAW, SQL_SAMPLE_OLDEST_MINUTE, SQL_SAMPLE_OLDEST_HOUR};
	sqlite3_stmt *s = db_stmt(st, which[level]);

	db_bind_i64(s, 1, service_id);
	if (db_step(st, s, e) != 1)
		return -1;
	*at_ms = db_i64(s, 0);
	sqlite3_reset(s);
	return 0;
}

int sample_services(struct store *st, int64_t after, int64_t *ids, int64_t max, int64_t *n, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_SAMPLE_SERVICES);
	int rc;

	db_bind_i64(s, 1, after);
	db_bind_i64(s, 2, max);
	for (*n = 0; (rc = db_step(st, s, e)) == 1; (*n)++)
		ids[*n] = db_i64(s, 0);
	return rc;
}
