/* Versions of the configuration; see configuration.h. */
#include "config.h"

#include "store/configuration.h"

#include "lib/mem.h"
#include "store/db.h"

#include <stdlib.h>
#include <string.h>

static void row(sqlite3_stmt *s, struct config_entry *c)
{
	c->version = db_i64(s, 0);
	c->document = db_text(s, 1);
	c->difference = db_text(s, 2);
	c->author = db_text(s, 3);
	c->at_ms = db_i64(s, 4);
}

/* 1: found and owned, 0: none, -1: error. */
static int take_one(struct store *st, sqlite3_stmt *s, struct config_entry *c, struct err *e)
{
	int rc = db_step(st, s, e);

	memset(c, 0, sizeof(*c));
	if (rc != 1)
		return rc;
	row(s, c);
	c->document = mem_strdup(c->document);
	c->difference = mem_strdup(c->difference);
	c->author = mem_strdup(c->author);
	sqlite3_reset(s);
	return 1;
}

int config_current(struct store *st, struct config_entry *c, struct err *e)
{
	return take_one(st, db_stmt(st, SQL_CONFIG_CURRENT), c, e) < 0 ? -1 : 0;
}

int config_get(struct store *st, int64_t version, struct config_entry *c, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_CONFIG_GET);
	int rc;

	db_bind_i64(s, 1, version);
	rc = take_one(st, s, c, e);
	return rc == 1 ? 0 : rc < 0 ? -1 : err_set(e, ERR_NOTFOUND, "No such version of the configuration");
}

void config_entry_clear(struct config_entry *c)
{
	free((void *)(uintptr_t)c->document);
	free((void *)(uintptr_t)c->difference);
	free((void *)(uintptr_t)c->author);
	memset(c, 0, sizeof(*c));
}

int config_each(struct store *st, bool descending, int64_t limit, int64_t offset, void (*fn)(void *arg, const struct config_entry *c), void *arg, int64_t *total,
		struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_CONFIG_TOTAL);
	struct config_entry c;
	int rc;

	if (db_step(st, s, e) != 1)
		return -1;
	*total = db_i64(s, 0);
	sqlite3_reset(s);
	s = db_stmt(st, descending ? SQL_CONFIG_LIST_DESC : SQL_CONFIG_LIST_ASC);
	db_bind_i64(s, 1, limit);
	db_bind_i64(s, 2, offset);
	while ((rc = db_step(st, s, e)) == 1) {
		row(s, &c);
		fn(arg, &c);
	}
	return rc;
}

int config_put(struct store *st, struct config_entry *c, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_CONFIG_INSERT);

	db_bind_text(s, 1, c->document);
	db_bind_text(s, 2, c->difference);
	db_bind_text(s, 3, c->author);
	db_bind_i64(s, 4, c->at_ms);
	if (db_run(st, s, e) == -1)
		return -1;
	c->version = sqlite3_last_insert_rowid(st->db);
	return 0;
}
