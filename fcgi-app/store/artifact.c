/* Artefacts; see artifact.h. */
#include "config.h"

#include "store/artifact.h"

#include "lib/mem.h"
#include "store/db.h"

#include <stdlib.h>
#include <string.h>

static void row(sqlite3_stmt *s, struct artifact *a)
{
	a->name = db_text(s, 0);
	a->kind = db_text(s, 1);
	a->description = db_text(s, 2);
	a->created_at_ms = db_i64(s, 3);
}

int artifact_put(struct store *st, int64_t experiment_id, const struct artifact *a, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_ARTIFACT_PUT);

	db_bind_i64(s, 1, experiment_id);
	db_bind_text(s, 2, a->name);
	db_bind_text(s, 3, a->kind);
	db_bind_text(s, 4, a->description);
	db_bind_i64(s, 5, a->created_at_ms);
	return db_run(st, s, e);
}

int artifact_each(struct store *st, int64_t experiment_id, int64_t limit, int64_t offset, void (*fn)(void *arg, const struct artifact *a), void *arg,
		  int64_t *total, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_ARTIFACT_TOTAL);
	struct artifact a;
	int rc;

	db_bind_i64(s, 1, experiment_id);
	if (db_step(st, s, e) != 1)
		return -1;
	*total = db_i64(s, 0);
	sqlite3_reset(s);
	s = db_stmt(st, SQL_ARTIFACT_LIST);
	db_bind_i64(s, 1, experiment_id);
	db_bind_i64(s, 2, limit);
	db_bind_i64(s, 3, offset);
	while ((rc = db_step(st, s, e)) == 1) {
		row(s, &a);
		fn(arg, &a);
	}
	return rc;
}

int artifact_get(struct store *st, int64_t experiment_id, const char *name, struct artifact *a, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_ARTIFACT_GET);
	int rc;

	db_bind_i64(s, 1, experiment_id);
	db_bind_text(s, 2, name);
	rc = db_step(st, s, e);
	if (rc != 1)
		return rc < 0 ? -1 : err_set(e, ERR_NOTFOUND, "No such artifact");
	row(s, a);
	a->name = mem_strdup(a->name);
	a->kind = mem_strdup(a->kind);
	a->description = a->description ? mem_strdup(a->description) : NULL;
	sqlite3_reset(s);
	return 0;
}

void artifact_clear(struct artifact *a)
{
	free((void *)(uintptr_t)a->name);
	free((void *)(uintptr_t)a->kind);
	free((void *)(uintptr_t)a->description);
	memset(a, 0, sizeof(*a));
}
