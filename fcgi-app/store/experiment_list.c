/* Experiments in lists and in the queue; see experiment.h. */
#include "config.h"

#include "lib/buf.h"
#include "store/db.h"
#include "store/experiment.h"
#include "store/experiment_row.h"

#include <string.h>

#define FEW 500 /* rows that are put in order sooner than found in it */

const char *const experiment_sort_names[SORT_MAX] = {
	[SORT_CREATED] = "created_at", [SORT_NAME] = "name",	       [SORT_STATUS] = "status",
	[SORT_SCENARIO] = "scenario",  [SORT_ACCURACY] = "accuracy",   [SORT_LOSS] = "loss",
	[SORT_STARTED] = "started_at", [SORT_FINISHED] = "finished_at", [SORT_ROUNDS] = "rounds_completed",
};

static const enum sql lists[SORT_MAX][2] = {
	[SORT_CREATED] = {SQL_LIST_CREATED_ASC, SQL_LIST_CREATED_DESC},	   [SORT_NAME] = {SQL_LIST_NAME_ASC, SQL_LIST_NAME_DESC},
	[SORT_STATUS] = {SQL_LIST_STATUS_ASC, SQL_LIST_STATUS_DESC},	   [SORT_SCENARIO] = {SQL_LIST_SCENARIO_ASC, SQL_LIST_SCENARIO_DESC},
	[SORT_ACCURACY] = {SQL_LIST_ACCURACY_ASC, SQL_LIST_ACCURACY_DESC}, [SORT_LOSS] = {SQL_LIST_LOSS_ASC, SQL_LIST_LOSS_DESC},
	[SORT_STARTED] = {SQL_LIST_STARTED_ASC, SQL_LIST_STARTED_DESC},	   [SORT_FINISHED] = {SQL_LIST_FINISHED_ASC, SQL_LIST_FINISHED_DESC},
	[SORT_ROUNDS] = {SQL_LIST_ROUNDS_ASC, SQL_LIST_ROUNDS_DESC},
};

/* "%text%" with LIKE's own characters escaped. */
static void like_pattern(const char *q, struct buf *out)
{
	buf_addc(out, '%');
	for (; *q; q++) {
		if (*q == '%' || *q == '_' || *q == '\\')
			buf_addc(out, '\\');
		buf_addc(out, *q);
	}
	buf_addc(out, '%');
}

static void bind_active(sqlite3_stmt *s, int at, const struct experiment_query *q)
{
	if (q->active)
		db_bind_i64(s, at, q->active > 0);
	else
		db_bind_text(s, at, NULL);
}

static void bind_filter(sqlite3_stmt *s, const struct experiment_query *q, const struct buf *pattern)
{
	db_bind_text(s, 1, q->status);
	db_bind_text(s, 2, q->scenario);
	db_bind_text(s, 3, q->q ? buf_str(pattern) : NULL);
	bind_active(s, 6, q);
}

static int count_matching(struct store *st, const struct experiment_query *q, const struct buf *pattern, int64_t *total, struct err *e)
{
	/* The kept counts know statuses only; another filter has to look at the rows. */
	sqlite3_stmt *s = db_stmt(st, q->scenario || q->q ? SQL_LIST_TOTAL_FILTERED : SQL_LIST_TOTAL_ALL);

	if (q->scenario || q->q) {
		bind_filter(s, q, pattern);
	} else {
		db_bind_text(s, 1, q->status);
		bind_active(s, 2, q);
	}
	if (db_step(st, s, e) != 1)
		return -1;
	*total = db_i64(s, 0);
	sqlite3_reset(s);
	return 0;
}

/* The statement that finds them soonest. */
static enum sql choose(const struct experiment_query *q, int64_t total)
{
	if (q->status && q->sort == SORT_CREATED)
		return q->descending ? SQL_LIST_IN_STATUS_DESC : SQL_LIST_IN_STATUS_ASC;
	if (q->active == 1)
		return q->descending ? SQL_LIST_ACTIVE_DESC : SQL_LIST_ACTIVE_ASC;
	/* In the order of another index each of these would be searched for among all that there are. */
	if (q->status && !q->scenario && !q->q && total <= FEW)
		return q->descending ? SQL_LIST_FEW_DESC : SQL_LIST_FEW_ASC;
	return lists[q->sort][q->descending];
}

int experiment_each(struct store *st, const struct experiment_query *q, void (*fn)(void *arg, const struct experiment *x), void *arg, int64_t *total,
		    struct err *e)
{
	struct buf pattern = {0};
	struct experiment x;
	sqlite3_stmt *s;
	int rc;

	if (q->q)
		like_pattern(q->q, &pattern);
	rc = count_matching(st, q, &pattern, total, e);
	if (rc == 0) {
		s = db_stmt(st, choose(q, *total));
		bind_filter(s, q, &pattern);
		db_bind_i64(s, 4, q->limit);
		db_bind_i64(s, 5, q->offset);
		db_bind_i64(s, 7, q->sort); /* of most there is no such parameter, which is no matter */
		while ((rc = db_step(st, s, e)) == 1) {
			experiment_row(s, &x);
			fn(arg, &x);
		}
	}
	buf_clear(&pattern);
	return rc;
}

int experiment_each_active(struct store *st, void (*fn)(void *arg, const struct experiment *x), void *arg, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_EXPERIMENT_ACTIVE);
	struct experiment x;
	int rc;

	while ((rc = db_step(st, s, e)) == 1) {
		experiment_row(s, &x);
		fn(arg, &x);
	}
	return rc;
}

int experiment_each_finished(struct store *st, int64_t since_ms, void (*fn)(void *arg, const struct experiment *x), void *arg, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_EXPERIMENT_FINISHED);
	struct experiment x;
	int rc;

	db_bind_i64(s, 1, since_ms);
	while ((rc = db_step(st, s, e)) == 1) {
		experiment_row(s, &x);
		fn(arg, &x);
	}
	return rc;
}

static int one_number(struct store *st, sqlite3_stmt *s, int64_t *v, struct err *e)
{
	int rc = db_step(st, s, e);

	*v = rc == 1 ? db_i64(s, 0) : 0;
	sqlite3_reset(s);
	return rc < 0 ? -1 : 0;
}

int experiment_active_count(struct store *st, int64_t *n, struct err *e)
{
	return one_number(st, db_stmt(st, SQL_EXPERIMENT_ACTIVE_COUNT), n, e);
}

int experiment_rounds_total(struct store *st, int64_t *rounds, struct err *e)
{
	return one_number(st, db_stmt(st, SQL_EXPERIMENT_ROUNDS), rounds, e);
}

int experiment_counts(struct store *st, int64_t counts[STATUS_MAX], struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_EXPERIMENT_COUNTS);
	enum status status;
	int rc;

	memset(counts, 0, STATUS_MAX * sizeof(counts[0]));
	while ((rc = db_step(st, s, e)) == 1)
		if (status_from_name(db_text(s, 0), &status))
			counts[status] = db_i64(s, 1);
	return rc;
}

int experiment_queue_next(struct store *st, int64_t now_ms, int64_t *id, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_EXPERIMENT_QUEUE_NEXT);

	db_bind_i64(s, 1, now_ms);
	return one_number(st, s, id, e);
}

int experiment_queue_position(struct store *st, int64_t id, int64_t *position, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_EXPERIMENT_QUEUE_POSITION);

	db_bind_i64(s, 1, id);
	return one_number(st, s, position, e);
}
