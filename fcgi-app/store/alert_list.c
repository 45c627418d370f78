/* Reading alerts; see alert.h. */
#include "config.h"

#include "store/alert.h"

#include "lib/mem.h"
#include "lib/text.h"
#include "store/alert_row.h"
#include "store/db.h"
#include "store/experiment.h"

#include <stdlib.h>
#include <string.h>

const char *const alert_sort_names[ALERT_SORT_MAX + 1] = {"created_at", "updated_at", "id", "severity", "status", NULL};

static const enum sql lists[ALERT_SORT_MAX][2] = {
	{SQL_ALERT_LIST_CREATED_ASC, SQL_ALERT_LIST_CREATED_DESC},
	{SQL_ALERT_LIST_UPDATED_ASC, SQL_ALERT_LIST_UPDATED_DESC},
	{SQL_ALERT_LIST_ID_ASC, SQL_ALERT_LIST_ID_DESC},
	{SQL_ALERT_LIST_SEVERITY_ASC, SQL_ALERT_LIST_SEVERITY_DESC},
	{SQL_ALERT_LIST_STATUS_ASC, SQL_ALERT_LIST_STATUS_DESC},
};

void alert_row(sqlite3_stmt *s, struct alert *a)
{
	a->id = db_i64(s, 0);
	a->rule_id = db_i64(s, 1);
	a->severity = (enum severity)db_i64(s, 2);
	a->status = db_text(s, 3);
	a->title = db_text(s, 4);
	a->description = db_text(s, 5);
	a->service = db_text(s, 6);
	a->experiment_id = db_i64(s, 7);
	a->metric = db_text(s, 8);
	a->threshold = db_double(s, 9);
	a->current_value = db_double(s, 10);
	a->created_at_ms = db_i64(s, 11);
	a->updated_at_ms = db_i64(s, 12);
	a->acknowledged_at_ms = db_i64(s, 13);
	a->acknowledged_by = db_text(s, 14);
	a->comment = db_text(s, 15);
	a->resolved_at_ms = db_i64(s, 16);
	a->resolved_by = db_text(s, 17);
	a->resolution = db_text(s, 18);
	a->notice = db_text(s, 19);
	a->told = db_i64(s, 20) != 0;
	a->silenced = db_i64(s, 21) != 0;
}

static void bind_filters(sqlite3_stmt *s, const struct alert_query *q, int64_t now_ms)
{
	db_bind_i64(s, 1, now_ms);
	db_bind_count(s, 2, q->severity);
	db_bind_text(s, 3, q->status);
	db_bind_count(s, 4, q->open);
	db_bind_text(s, 5, q->service);
	db_bind_time(s, 6, q->experiment_id);
	db_bind_time(s, 7, q->rule_id);
	db_bind_i64(s, 8, q->from_ms);
	db_bind_i64(s, 9, q->to_ms);
}

static int each(struct store *st, sqlite3_stmt *s, void (*fn)(void *arg, const struct alert *a), void *arg, struct err *e)
{
	struct alert a;
	int rc;

	while ((rc = db_step(st, s, e)) == 1) {
		alert_row(s, &a);
		fn(arg, &a);
	}
	return rc;
}

int alert_each(struct store *st, const struct alert_query *q, int64_t now_ms, void (*fn)(void *arg, const struct alert *a), void *arg, int64_t *total, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_ALERT_TOTAL);

	bind_filters(s, q, now_ms);
	if (db_step(st, s, e) != 1)
		return -1;
	*total = db_i64(s, 0);
	sqlite3_reset(s);
	s = db_stmt(st, lists[q->sort][q->descending]);
	bind_filters(s, q, now_ms);
	db_bind_i64(s, 10, q->limit);
	db_bind_i64(s, 11, q->offset);
	return each(st, s, fn, arg, e);
}

int alert_each_open(struct store *st, int64_t now_ms, void (*fn)(void *arg, const struct alert *a), void *arg, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_ALERT_OPEN);

	db_bind_i64(s, 1, now_ms);
	return each(st, s, fn, arg, e);
}

int alert_each_notice(struct store *st, int64_t now_ms, int64_t limit, void (*fn)(void *arg, const struct alert *a), void *arg, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_ALERT_NOTICE);

	db_bind_i64(s, 1, now_ms);
	db_bind_i64(s, 2, limit);
	return each(st, s, fn, arg, e);
}

int alert_each_notified(struct store *st, int64_t notification_id, int64_t now_ms, void (*fn)(void *arg, const struct alert *a, const char *change), void *arg,
			struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_ALERT_NOTIFIED);
	struct alert a;
	int rc;

	db_bind_i64(s, 1, now_ms);
	db_bind_i64(s, 2, notification_id);
	while ((rc = db_step(st, s, e)) == 1) {
		alert_row(s, &a);
		fn(arg, &a, db_text(s, ALERT_COLUMNS_N));
	}
	return rc;
}

static const char *copy(const char *text)
{
	return text ? mem_strdup(text) : NULL;
}

/* Texts of the struct, for owning and releasing them all. */
#define TEXTS(a) \
	{ \
		&(a)->status, &(a)->title, &(a)->description, &(a)->service, &(a)->metric, &(a)->acknowledged_by, &(a)->comment, &(a)->resolved_by, &(a)->resolution, \
			&(a)->notice \
	}

int alert_get(struct store *st, int64_t id, int64_t now_ms, struct alert *a, struct err *e)
{
	const char **texts[] = TEXTS(a);
	sqlite3_stmt *s = db_stmt(st, SQL_ALERT_GET);
	size_t i;
	int rc;

	db_bind_i64(s, 1, now_ms);
	db_bind_i64(s, 2, id);
	rc = db_step(st, s, e);
	if (rc != 1) {
		memset(a, 0, sizeof(*a));
		return rc < 0 ? -1 : err_set(e, ERR_NOTFOUND, "There is no such alert");
	}
	alert_row(s, a);
	for (i = 0; i < ARRAY_LEN(texts); i++)
		*texts[i] = copy(*texts[i]);
	sqlite3_reset(s);
	return 0;
}

void alert_clear(struct alert *a)
{
	const char **texts[] = TEXTS(a);
	size_t i;

	for (i = 0; i < ARRAY_LEN(texts); i++)
		free((void *)(uintptr_t)*texts[i]);
	memset(a, 0, sizeof(*a));
}

int alert_history_each(struct store *st, int64_t alert_id, void (*fn)(void *arg, const struct alert_note *n), void *arg, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_ALERT_HISTORY);
	int rc;

	db_bind_i64(s, 1, alert_id);
	while ((rc = db_step(st, s, e)) == 1) {
		struct alert_note n = {.at_ms = db_i64(s, 0), .event = db_text(s, 1), .actor = db_text(s, 2), .details = db_text(s, 3)};

		fn(arg, &n);
	}
	return rc;
}

int alert_was_raised(struct store *st, int64_t rule_id, int64_t experiment_id, int64_t since_ms, bool *raised, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_ALERT_WAS_RAISED);

	db_bind_i64(s, 1, rule_id);
	db_bind_i64(s, 2, experiment_id);
	db_bind_i64(s, 3, since_ms);
	if (db_step(st, s, e) != 1)
		return -1;
	*raised = db_i64(s, 0) != 0;
	sqlite3_reset(s);
	return 0;
}

static void put_id(struct json_out *j, const char *name, const char *prefix, int64_t id)
{
	char text[TEXT_ID_MAX];

	json_put_string(j, name, id ? text_from_id(prefix, id, text) : NULL);
}

void alert_write(struct json_out *j, const struct alert *a)
{
	put_id(j, "id", ALERT_ID_PREFIX, a->id);
	json_put_string(j, "severity", severity_names[a->severity]);
	json_put_string(j, "status", a->status);
	json_put_string(j, "title", a->title);
	json_put_string(j, "description", a->description);
	json_put_string(j, "service", a->service);
	put_id(j, "experiment_id", EXPERIMENT_ID_PREFIX, a->experiment_id);
	json_put_time(j, "created_at", a->created_at_ms);
	json_put_double(j, "threshold", a->threshold);
	json_put_double(j, "current_value", a->current_value);
	json_put_string(j, "metric", a->metric);
	put_id(j, "rule_id", RULE_ID_PREFIX, a->rule_id);
	json_put_time(j, "updated_at", a->updated_at_ms);
	json_put_time(j, "acknowledged_at", a->acknowledged_at_ms);
	json_put_string(j, "acknowledged_by", a->acknowledged_by);
	json_put_string(j, "comment", a->comment);
	json_put_time(j, "resolved_at", a->resolved_at_ms);
	json_put_string(j, "resolved_by", a->resolved_by);
	json_put_string(j, "resolution", a->resolution);
	json_put_bool(j, "silenced", a->silenced);
}
