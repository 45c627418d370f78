/* Services and their changes of state; see service.h. */
#include "config.h"

#include "store/service.h"

#include "lib/mem.h"
#include "store/db.h"

#include <stdlib.h>
#include <string.h>

/* A row of SERVICE_COLUMNS, borrowed. */
static void row(sqlite3_stmt *q, struct service *s)
{
	s->id = db_i64(q, 0);
	s->name = db_text(q, 1);
	s->title = db_text(q, 2);
	s->kind = db_text(q, 3);
	s->role = db_text(q, 4);
	s->position = db_i64(q, 5);
	s->state = db_text(q, 6);
	s->since_ms = db_i64(q, 7);
	s->found = db_i64(q, 8) != 0;
	s->target = db_text(q, 9);
	s->response_time_ms = db_double(q, 10);
	s->version = db_text(q, 11);
	s->issues = db_text(q, 12);
	s->failures = db_i64(q, 13);
	s->successes = db_i64(q, 14);
	s->interval_ms = db_i64(q, 15);
	s->last_check_ms = db_i64(q, 16);
	s->next_check_ms = db_i64(q, 17);
	s->observed_at_ms = db_i64(q, 18);
	s->data = db_text(q, 19);
	s->data_at_ms = db_i64(q, 20);
}

int service_each(struct store *st, void (*fn)(void *arg, const struct service *s), void *arg, struct err *e)
{
	sqlite3_stmt *q = db_stmt(st, SQL_SERVICE_LIST);
	struct service s;
	int rc;

	while ((rc = db_step(st, q, e)) == 1) {
		row(q, &s);
		fn(arg, &s);
	}
	return rc;
}

static void own(const char **text)
{
	if (*text)
		*text = mem_strdup(*text);
}

int service_get(struct store *st, const char *name, struct service *s, struct err *e)
{
	sqlite3_stmt *q = db_stmt(st, SQL_SERVICE_GET);
	int rc;

	memset(s, 0, sizeof(*s));
	db_bind_text(q, 1, name);
	rc = db_step(st, q, e);
	if (rc != 1)
		return rc == 0 ? err_set(e, ERR_NOTFOUND, "There is no such service") : -1;
	row(q, s);
	own(&s->name);
	own(&s->title);
	own(&s->kind);
	own(&s->role);
	own(&s->state);
	own(&s->target);
	own(&s->version);
	own(&s->issues);
	own(&s->data);
	sqlite3_reset(q);
	return 0;
}

void service_clear(struct service *s)
{
	const char *texts[] = {s->name, s->title, s->kind, s->role, s->state, s->target, s->version, s->issues, s->data};
	size_t i;

	for (i = 0; i < ARRAY_LEN(texts); i++)
		free((void *)(uintptr_t)texts[i]);
	memset(s, 0, sizeof(*s));
}

int service_put(struct store *st, struct service *s, struct err *e)
{
	sqlite3_stmt *q = db_stmt(st, SQL_SERVICE_PUT);

	db_bind_text(q, 1, s->name);
	db_bind_text(q, 2, s->title);
	db_bind_text(q, 3, s->kind);
	db_bind_text(q, 4, s->role);
	db_bind_i64(q, 5, s->position);
	db_bind_text(q, 6, s->state);
	db_bind_time(q, 7, s->since_ms);
	db_bind_i64(q, 8, s->found);
	db_bind_text(q, 9, s->target);
	db_bind_double(q, 10, s->response_time_ms);
	db_bind_text(q, 11, s->version);
	db_bind_text(q, 12, s->issues);
	db_bind_i64(q, 13, s->failures);
	db_bind_i64(q, 14, s->successes);
	db_bind_i64(q, 15, s->interval_ms);
	db_bind_time(q, 16, s->last_check_ms);
	db_bind_time(q, 17, s->next_check_ms);
	db_bind_time(q, 18, s->observed_at_ms);
	db_bind_text(q, 19, s->data);
	db_bind_time(q, 20, s->data_at_ms);
	if (db_step(st, q, e) != 1)
		return -1;
	s->id = db_i64(q, 0);
	sqlite3_reset(q);
	return 0;
}

int service_remove(struct store *st, const char *name, int64_t now_ms, struct err *e)
{
	sqlite3_stmt *q = db_stmt(st, SQL_SERVICE_REMOVE);

	db_bind_text(q, 1, name);
	db_bind_i64(q, 2, now_ms);
	return db_run(st, q, e);
}

int service_purge(struct store *st, int64_t before_ms, struct err *e)
{
	sqlite3_stmt *q = db_stmt(st, SQL_SERVICE_PURGE);

	db_bind_i64(q, 1, before_ms);
	return db_run(st, q, e);
}

int service_change_add(struct store *st, int64_t service_id, const struct service_change *c, struct err *e)
{
	sqlite3_stmt *q = db_stmt(st, SQL_SERVICE_CHANGE_END);

	db_bind_i64(q, 1, service_id);
	db_bind_i64(q, 2, c->at_ms);
	if (db_run(st, q, e) == -1)
		return -1;
	q = db_stmt(st, SQL_SERVICE_CHANGE_INSERT);
	db_bind_i64(q, 1, service_id);
	db_bind_i64(q, 2, c->at_ms);
	db_bind_text(q, 3, c->state);
	db_bind_text(q, 4, c->previous);
	db_bind_text(q, 5, c->issues);
	db_bind_double(q, 6, c->response_time_ms);
	return db_run(st, q, e);
}

static int count_changes(struct store *st, int64_t service_id, const struct service_change_query *w, int64_t *total, struct err *e)
{
	sqlite3_stmt *q = db_stmt(st, SQL_SERVICE_CHANGE_TOTAL);

	db_bind_i64(q, 1, service_id);
	db_bind_i64(q, 2, w->from_ms);
	db_bind_i64(q, 3, w->to_ms);
	if (db_step(st, q, e) != 1)
		return -1;
	*total = db_i64(q, 0);
	sqlite3_reset(q);
	return 0;
}

int service_change_each(struct store *st, int64_t service_id, const struct service_change_query *w, void (*fn)(void *arg, const struct service_change *c), void *arg,
			int64_t *total, struct err *e)
{
	sqlite3_stmt *q;
	int rc;

	if (count_changes(st, service_id, w, total, e) == -1)
		return -1;
	q = db_stmt(st, w->descending ? SQL_SERVICE_CHANGE_DESC : SQL_SERVICE_CHANGE_ASC);
	db_bind_i64(q, 1, service_id);
	db_bind_i64(q, 2, w->from_ms);
	db_bind_i64(q, 3, w->to_ms);
	db_bind_i64(q, 4, w->limit);
	db_bind_i64(q, 5, w->offset);
	while ((rc = db_step(st, q, e)) == 1) {
		struct service_change c = {
			.at_ms = db_i64(q, 0),
			.until_ms = db_i64(q, 1),
			.state = db_text(q, 2),
			.previous = db_text(q, 3),
			.issues = db_text(q, 4),
			.response_time_ms = db_double(q, 5),
		};

		fn(arg, &c);
	}
	return rc;
}

int service_change_prune(struct store *st, int64_t before_ms, int64_t batch, int64_t *deleted, struct err *e)
{
	sqlite3_stmt *q = db_stmt(st, SQL_SERVICE_CHANGE_PRUNE);

	db_bind_i64(q, 1, before_ms);
	db_bind_i64(q, 2, batch);
	if (db_run(st, q, e) == -1)
		return -1;
	*deleted = sqlite3_changes64(st->db);
	return 0;
}
