/* Alert rules; see rule.h. */
#include "config.h"

#include "store/rule.h"

#include "lib/mem.h"
#include "store/db.h"

#include <stdlib.h>
#include <string.h>

const char *const rule_sort_names[RULE_SORT_MAX + 1] = {"id", "name", "severity", "created_at", NULL};

static const enum sql lists[RULE_SORT_MAX][2] = {
	{SQL_RULE_LIST_ID_ASC, SQL_RULE_LIST_ID_DESC},
	{SQL_RULE_LIST_NAME_ASC, SQL_RULE_LIST_NAME_DESC},
	{SQL_RULE_LIST_SEVERITY_ASC, SQL_RULE_LIST_SEVERITY_DESC},
	{SQL_RULE_LIST_CREATED_ASC, SQL_RULE_LIST_CREATED_DESC},
};

static void row(sqlite3_stmt *s, struct rule *r)
{
	r->id = db_i64(s, 0);
	r->name = db_text(s, 1);
	r->title = db_text(s, 2);
	r->enabled = db_i64(s, 3) != 0;
	r->scope = (enum rule_scope)name_index(rule_scope_names, SCOPE_MAX, db_text(s, 4));
	r->metric = db_text(s, 5);
	r->comparison = (enum comparison)name_index(comparison_names, COMPARE_MAX, db_text(s, 6));
	r->threshold = db_double(s, 7);
	r->clear_threshold = db_double(s, 8);
	r->critical_threshold = db_double(s, 9);
	r->for_s = db_i64(s, 10);
	r->clear_s = db_i64(s, 11);
	r->severity = (enum severity)db_i64(s, 12);
	r->service = db_text(s, 13);
	r->experiment_id = db_i64(s, 14);
	r->built_in = db_i64(s, 15) != 0;
	r->created_at_ms = db_i64(s, 16);
	r->updated_at_ms = db_i64(s, 17);
	r->created_by = db_text(s, 18);
}

int rule_each(struct store *st, enum rule_sort sort, bool descending, int64_t limit, int64_t offset, void (*fn)(void *arg, const struct rule *r), void *arg,
	      int64_t *total, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_RULE_TOTAL);
	struct rule r;
	int rc;

	if (db_step(st, s, e) != 1)
		return -1;
	*total = db_i64(s, 0);
	sqlite3_reset(s);
	s = db_stmt(st, lists[sort][descending]);
	db_bind_i64(s, 1, limit);
	db_bind_i64(s, 2, offset);
	while ((rc = db_step(st, s, e)) == 1) {
		row(s, &r);
		fn(arg, &r);
	}
	return rc;
}

static const char *copy(const char *text)
{
	return text ? mem_strdup(text) : NULL;
}

void rule_copy(struct rule *to, const struct rule *from)
{
	*to = *from;
	to->name = copy(from->name);
	to->title = copy(from->title);
	to->metric = copy(from->metric);
	to->service = copy(from->service);
	to->created_by = copy(from->created_by);
}

void rule_clear(struct rule *r)
{
	free((void *)(uintptr_t)r->name);
	free((void *)(uintptr_t)r->title);
	free((void *)(uintptr_t)r->metric);
	free((void *)(uintptr_t)r->service);
	free((void *)(uintptr_t)r->created_by);
	memset(r, 0, sizeof(*r));
}

int rule_get(struct store *st, int64_t id, struct rule *r, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_RULE_GET);
	struct rule borrowed;
	int rc;

	db_bind_i64(s, 1, id);
	rc = db_step(st, s, e);
	if (rc == 1) {
		row(s, &borrowed);
		rule_copy(r, &borrowed);
		sqlite3_reset(s);
	}
	return rc == 1 ? 0 : rc < 0 ? -1 : err_set(e, ERR_NOTFOUND, "There is no such rule");
}

static int run(struct store *st, sqlite3_stmt *s, const struct rule *r, struct err *e)
{
	db_bind_i64(s, 1, r->id);
	db_bind_text(s, 2, r->name);
	db_bind_text(s, 3, r->title);
	db_bind_i64(s, 4, r->enabled);
	db_bind_text(s, 5, rule_scope_names[r->scope]);
	db_bind_text(s, 6, r->metric);
	db_bind_text(s, 7, comparison_names[r->comparison]);
	db_bind_double(s, 8, r->threshold);
	db_bind_double(s, 9, r->clear_threshold);
	db_bind_double(s, 10, r->critical_threshold);
	db_bind_i64(s, 11, r->for_s);
	db_bind_i64(s, 12, r->clear_s);
	db_bind_i64(s, 13, r->severity);
	db_bind_text(s, 14, r->service);
	db_bind_time(s, 15, r->experiment_id);
	db_bind_i64(s, 16, r->updated_at_ms);
	return db_run(st, s, e);
}

/* Another rule with the name, or an error. */
static int check_name(struct store *st, const struct rule *r, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_RULE_NAMED);
	int rc;

	db_bind_text(s, 1, r->name);
	db_bind_i64(s, 2, r->id);
	rc = db_step(st, s, e);
	sqlite3_reset(s);
	return rc == 1 ? err_set(e, ERR_CONFLICT, "Another rule has this name") : rc;
}

int rule_create(struct store *st, struct rule *r, struct err *e)
{
	sqlite3_stmt *s;

	r->id = 0;
	if (check_name(st, r, e) == -1)
		return -1;
	s = db_stmt(st, SQL_RULE_INSERT);
	db_bind_text(s, 17, r->created_by);
	if (run(st, s, r, e) == -1)
		return -1;
	r->id = sqlite3_last_insert_rowid(st->db);
	return 0;
}

int rule_replace(struct store *st, const struct rule *r, struct err *e)
{
	if (check_name(st, r, e) == -1)
		return -1;
	return run(st, db_stmt(st, SQL_RULE_REPLACE), r, e);
}

int rule_delete(struct store *st, int64_t id, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_RULE_GET);
	bool built_in;
	int rc;

	db_bind_i64(s, 1, id);
	rc = db_step(st, s, e);
	if (rc != 1)
		return rc < 0 ? -1 : err_set(e, ERR_NOTFOUND, "There is no such rule");
	built_in = db_i64(s, 15) != 0;
	sqlite3_reset(s);
	if (built_in)
		return err_set(e, ERR_CONFLICT, "A rule that came with the system cannot be deleted; set enabled to false instead");
	s = db_stmt(st, SQL_RULE_DELETE);
	db_bind_i64(s, 1, id);
	return db_run(st, s, e);
}
