/* Inside store/ only: statements, binding, columns. */
#ifndef STORE_DB_H
#define STORE_DB_H

#include "lib/err.h"
#include "store/sql.h"
#include "store/store.h"

#include <math.h>
#include <sqlite3.h>

#define WAL_INDEX_HEADER 48 /* bytes of the first copy of the header of SQLite's index of its log */

struct store {
	sqlite3 *db;
	char *path;
	enum store_mode mode;
	int64_t own_commits;
	int64_t version;          /* store_version() at the last look */
	unsigned char seen[WAL_INDEX_HEADER]; /* and what it saw then */
	bool relaxed; /* in a transaction of store_begin_relaxed() */
	int patience_ms;          /* how long to wait for a lock */
	int wait_ms;              /* the same, for the statement that is run now */
	int64_t waiting_since_ms; /* monotonic */
	sqlite3_stmt *stmts[SQL_MAX];
};

/*
 * The statement, reset and with no bindings; prepared when it is first asked for.  NULL when that failed, which may be given to db_bind_…() and db_step(), and the latter then fails.
 */
sqlite3_stmt *db_stmt(struct store *st, enum sql which);
/* 1: a row is there; 0: no (more) rows; -1: error.  On 0 and -1 the statement is reset. */
int db_step(struct store *st, sqlite3_stmt *s, struct err *e);
/* A statement that gives no rows: 0 or -1. */
int db_run(struct store *st, sqlite3_stmt *s, struct err *e);
/* The newest SQLite error as an err; returns -1. */
int db_fail(struct store *st, struct err *e);
/* Text that is not prepared: pragmas and migrations only. */
int db_exec(struct store *st, const char *text, struct err *e);

void db_bind_i64(sqlite3_stmt *s, int at, int64_t v);
/* NULL is bound as NULL.  The text must live until the statement is run. */
void db_bind_text(sqlite3_stmt *s, int at, const char *v);
void db_bind_blob(sqlite3_stmt *s, int at, const void *v, size_t len);
/* Not finite: NULL. */
void db_bind_double(sqlite3_stmt *s, int at, double v);
/* 0 or less (it has not happened): NULL. */
void db_bind_time(sqlite3_stmt *s, int at, int64_t ms);
/* Negative (not known): NULL. */
void db_bind_count(sqlite3_stmt *s, int at, int64_t v);

/* Borrowed until the next step or reset; NULL for NULL. */
const char *db_text(sqlite3_stmt *s, int at);
/* A text that is to outlive its statement, cut to size; returns to. */
const char *db_copy(char *to, size_t size, const char *text);
int64_t db_i64(sqlite3_stmt *s, int at);   /* NULL: 0 */
int64_t db_count(sqlite3_stmt *s, int at); /* NULL: -1 */
double db_double(sqlite3_stmt *s, int at); /* NULL: NAN */

#endif
