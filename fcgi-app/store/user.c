/* See user.h. */
#include "config.h"

#include "store/user.h"

#include "auth/password.h"
#include "store/db.h"
#include "store/token.h"

#include <string.h>

bool user_name_valid(const char *name)
{
	size_t len = strlen(name);

	return len >= 1 && len <= USER_NAME_MAX && name[0] >= 'a' && name[0] <= 'z' && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789._-") == len;
}

static void user_row(sqlite3_stmt *s, struct user *u)
{
	u->name = db_text(s, 0);
	u->password = db_text(s, 1);
	u->role = ROLE_NONE;
	role_from_name(db_text(s, 2), &u->role);
	u->disabled = db_i64(s, 3) != 0;
	u->created_at_ms = db_i64(s, 4);
	u->last_login_ms = db_i64(s, 5);
}

/* Whether a statement that names one user changed one. */
static int must_have_changed(struct store *st, const char *name, struct err *e)
{
	return sqlite3_changes(st->db) == 1 ? 0 : err_set(e, ERR_NOTFOUND, "There is no user %.40s", name);
}

int user_add(struct store *st, const struct user *u, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_USER_INSERT);

	db_bind_text(s, 1, u->name);
	db_bind_text(s, 2, u->password);
	db_bind_text(s, 3, role_name(u->role));
	db_bind_i64(s, 4, u->created_at_ms);
	if (db_run(st, s, e) == -1)
		return -1;
	if (sqlite3_changes(st->db) == 0)
		return err_set(e, ERR_CONFLICT, "There is a user %.40s already", u->name);
	return 0;
}

int user_get(struct store *st, const char *name, struct user *u, struct err *e)
{
	/* Copies, because a statement that is left open for its texts keeps a read open, and a write after it fails. */
	static char copy_name[USER_NAME_MAX + 1], copy_password[PASSWORD_HASH_MAX];
	sqlite3_stmt *s = db_stmt(st, SQL_USER_GET);
	int rc;

	db_bind_text(s, 1, name);
	rc = db_step(st, s, e);
	if (rc == 0)
		return err_set(e, ERR_NOTFOUND, "There is no user %.40s", name);
	if (rc == -1)
		return -1;
	user_row(s, u);
	u->name = db_copy(copy_name, sizeof(copy_name), u->name);
	u->password = db_copy(copy_password, sizeof(copy_password), u->password);
	sqlite3_reset(s);
	return 0;
}

int user_each(struct store *st, const struct user_query *q, void (*fn)(void *arg, const struct user *u), void *arg, int64_t *total, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_USER_LIST);
	struct user u;
	int rc;

	db_bind_text(s, 1, q->sort);
	db_bind_i64(s, 2, q->limit);
	db_bind_i64(s, 3, q->offset);
	while ((rc = db_step(st, s, e)) == 1) {
		user_row(s, &u);
		fn(arg, &u);
	}
	if (rc == -1)
		return -1;
	s = db_stmt(st, SQL_USER_TOTAL);
	rc = db_step(st, s, e);
	if (rc == 1)
		*total = db_i64(s, 0);
	sqlite3_reset(s);
	return rc < 0 ? -1 : 0;
}

int user_edit(struct store *st, const char *name, const char *password, enum role role, int disabled, int64_t now_ms, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_USER_EDIT);

	db_bind_text(s, 1, name);
	db_bind_text(s, 2, password);
	db_bind_text(s, 3, role == ROLE_NONE ? NULL : role_name(role));
	db_bind_count(s, 4, disabled);
	if (db_run(st, s, e) == -1 || must_have_changed(st, name, e) == -1)
		return -1;
	return token_revoke_sessions(st, name, now_ms, e);
}

int user_delete(struct store *st, const char *name, int64_t now_ms, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_USER_DELETE);

	db_bind_text(s, 1, name);
	if (db_run(st, s, e) == -1 || must_have_changed(st, name, e) == -1)
		return -1;
	return token_revoke_sessions(st, name, now_ms, e);
}

int user_logged_in(struct store *st, const char *name, int64_t now_ms, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_USER_LOGGED_IN);

	db_bind_text(s, 1, name);
	db_bind_i64(s, 2, now_ms);
	return db_run(st, s, e);
}
