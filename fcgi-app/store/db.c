/* Statements, binding, columns; see db.h. */
#include "config.h"

#include "store/db.h"

#include <stdio.h>

sqlite3_stmt *db_stmt(struct store *st, enum sql which)
{
	sqlite3_stmt *s = st->stmts[which];

	if (s) {
		sqlite3_reset(s);
		sqlite3_clear_bindings(s);
	} else if (sqlite3_prepare_v3(st->db, sql_texts[which], -1, SQLITE_PREPARE_PERSISTENT, &s, NULL) == SQLITE_OK) {
		st->stmts[which] = s;
	}
	return s;
}

int db_fail(struct store *st, struct err *e)
{
	switch (sqlite3_errcode(st->db)) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		err_set(e, ERR_BUSY, "The store is busy; try again");
		if (e)
			e->retry_after_s = 1;
		return -1;
	case SQLITE_FULL:
		return err_set(e, ERR_FULL, "There is no space left for the store");
	case SQLITE_IOERR:
		/* A full disk also shows as a failed write of the log or of the shared index. */
		if (sqlite3_system_errno(st->db) == 28 /* ENOSPC */)
			return err_set(e, ERR_FULL, "There is no space left for the store");
		/* fall through */
	default:
		return err_set(e, ERR_INTERNAL, "store: %s", sqlite3_errmsg(st->db));
	}
}

int db_step(struct store *st, sqlite3_stmt *s, struct err *e)
{
	if (!s)
		return db_fail(st, e);
	switch (sqlite3_step(s)) {
	case SQLITE_ROW:
		return 1;
	case SQLITE_DONE:
		sqlite3_reset(s);
		return 0;
	default:
		db_fail(st, e);
		sqlite3_reset(s);
		return -1;
	}
}

int db_run(struct store *st, sqlite3_stmt *s, struct err *e)
{
	int rc = db_step(st, s, e);

	if (rc == 1)
		sqlite3_reset(s);
	return rc < 0 ? -1 : 0;
}

int db_exec(struct store *st, const char *text, struct err *e)
{
	return sqlite3_exec(st->db, text, NULL, NULL, NULL) == SQLITE_OK ? 0 : db_fail(st, e);
}

void db_bind_i64(sqlite3_stmt *s, int at, int64_t v)
{
	sqlite3_bind_int64(s, at, v);
}

void db_bind_text(sqlite3_stmt *s, int at, const char *v)
{
	if (v)
		sqlite3_bind_text(s, at, v, -1, SQLITE_STATIC);
	else
		sqlite3_bind_null(s, at);
}

void db_bind_blob(sqlite3_stmt *s, int at, const void *v, size_t len)
{
	sqlite3_bind_blob64(s, at, v, len, SQLITE_STATIC);
}

void db_bind_double(sqlite3_stmt *s, int at, double v)
{
	if (isfinite(v))
		sqlite3_bind_double(s, at, v);
	else
		sqlite3_bind_null(s, at);
}

void db_bind_time(sqlite3_stmt *s, int at, int64_t ms)
{
	if (ms > 0)
		sqlite3_bind_int64(s, at, ms);
	else
		sqlite3_bind_null(s, at);
}

void db_bind_count(sqlite3_stmt *s, int at, int64_t v)
{
	if (v >= 0)
		sqlite3_bind_int64(s, at, v);
	else
		sqlite3_bind_null(s, at);
}

const char *db_text(sqlite3_stmt *s, int at)
{
	return (const char *)sqlite3_column_text(s, at);
}

const char *db_copy(char *to, size_t size, const char *text)
{
	snprintf(to, size, "%s", text ? text : "");
	return to;
}

int64_t db_i64(sqlite3_stmt *s, int at)
{
	return sqlite3_column_int64(s, at);
}

int64_t db_count(sqlite3_stmt *s, int at)
{
	return sqlite3_column_type(s, at) == SQLITE_NULL ? -1 : sqlite3_column_int64(s, at);
}

double db_double(sqlite3_stmt *s, int at)
{
	return sqlite3_column_type(s, at) == SQLITE_NULL ? NAN : sqlite3_column_double(s, at);
}
