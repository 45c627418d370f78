/* See token.h. */
#include "config.h"

#include "store/token.h"

#include "lib/clock.h"
#include "store/db.h"

#include <string.h>

#define PRUNE_SESSION_MS (7 * MS_PER_DAY)
#define PRUNE_OTHER_MS (365 * MS_PER_DAY)

const char *token_status(const struct token *t, int64_t now_ms)
{
	return t->revoked_at_ms ? "revoked" : t->expires_at_ms <= now_ms ? "expired" : "active";
}

int token_add(struct store *st, const struct token *t, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_TOKEN_INSERT);

	db_bind_text(s, 1, t->jti);
	db_bind_text(s, 2, t->kind);
	db_bind_text(s, 3, t->name);
	db_bind_text(s, 4, t->subject);
	db_bind_text(s, 5, role_name(t->role));
	db_bind_time(s, 6, t->experiment_id);
	db_bind_i64(s, 7, t->created_at_ms);
	db_bind_i64(s, 8, t->expires_at_ms);
	db_bind_text(s, 9, t->created_by);
	return db_run(st, s, e);
}

int token_issue(struct store *st, const struct keys *k, struct token *t, char jti[TOKEN_JTI_MAX + 1], struct buf *text, struct err *e)
{
	struct claims c = {.role = t->role, .experiment_id = t->experiment_id};

	/* A second is the measure of tokens: the row must not outlive its token. */
	c.issued_at_s = t->created_at_ms / MS_PER_S;
	c.expires_at_s = t->expires_at_ms / MS_PER_S;
	t->expires_at_ms = c.expires_at_s * MS_PER_S;
	if (strlen(t->subject) >= sizeof(c.subject))
		return err_set(e, ERR_INVALID, "The name is longer than %d bytes", TOKEN_SUBJECT_MAX);
	memcpy(c.subject, t->subject, strlen(t->subject) + 1);
	if (token_make_jti(c.jti, e) == -1)
		return -1;
	memcpy(jti, c.jti, sizeof(c.jti));
	t->jti = jti;
	return token_add(st, t, e) == -1 ? -1 : token_sign(k, &c, text, e);
}

static void token_row(sqlite3_stmt *s, struct token *t)
{
	t->jti = db_text(s, 0);
	t->kind = db_text(s, 1);
	t->name = db_text(s, 2);
	t->subject = db_text(s, 3);
	t->role = ROLE_NONE;
	role_from_name(db_text(s, 4), &t->role);
	t->experiment_id = db_i64(s, 5);
	t->created_at_ms = db_i64(s, 6);
	t->expires_at_ms = db_i64(s, 7);
	t->revoked_at_ms = db_i64(s, 8);
	t->created_by = db_text(s, 9);
}

int token_get(struct store *st, const char *jti, struct token *t, struct err *e)
{
	/* Copies, because a statement that is left open for its texts keeps a read open, and a write after it fails. */
	static struct {
		char jti[TOKEN_JTI_MAX + 1], kind[16], name[TOKEN_SUBJECT_MAX + 1], subject[TOKEN_SUBJECT_MAX + 1], created_by[TOKEN_SUBJECT_MAX + 1];
	} copy;
	sqlite3_stmt *s = db_stmt(st, SQL_TOKEN_GET);
	int rc;

	db_bind_text(s, 1, jti);
	rc = db_step(st, s, e);
	if (rc == 0)
		return err_set(e, ERR_NOTFOUND, "There is no such token");
	if (rc == -1)
		return -1;
	token_row(s, t);
	t->jti = db_copy(copy.jti, sizeof(copy.jti), t->jti);
	t->kind = db_copy(copy.kind, sizeof(copy.kind), t->kind);
	t->name = db_copy(copy.name, sizeof(copy.name), t->name);
	t->subject = db_copy(copy.subject, sizeof(copy.subject), t->subject);
	t->created_by = db_copy(copy.created_by, sizeof(copy.created_by), t->created_by);
	sqlite3_reset(s);
	return 0;
}

static int count_all(struct store *st, const struct token_query *q, int64_t now_ms, int64_t *total, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_TOKEN_TOTAL);
	int rc;

	db_bind_text(s, 1, q->kind);
	db_bind_text(s, 2, q->status);
	db_bind_i64(s, 3, now_ms);
	rc = db_step(st, s, e);
	if (rc == 1)
		*total = db_i64(s, 0);
	sqlite3_reset(s);
	return rc < 0 ? -1 : 0;
}

int token_each(struct store *st, const struct token_query *q, int64_t now_ms, void (*fn)(void *arg, const struct token *t), void *arg, int64_t *total, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_TOKEN_LIST);
	struct token t;
	int rc;

	db_bind_text(s, 1, q->kind);
	db_bind_text(s, 2, q->status);
	db_bind_i64(s, 3, now_ms);
	db_bind_text(s, 4, q->sort);
	db_bind_i64(s, 5, q->limit);
	db_bind_i64(s, 6, q->offset);
	while ((rc = db_step(st, s, e)) == 1) {
		token_row(s, &t);
		fn(arg, &t);
	}
	return rc == -1 ? -1 : count_all(st, q, now_ms, total, e);
}

int token_revoke(struct store *st, const char *jti, int64_t now_ms, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_TOKEN_REVOKE);
	struct token t;

	db_bind_text(s, 1, jti);
	db_bind_i64(s, 2, now_ms);
	return db_run(st, s, e) == -1 ? -1 : token_get(st, jti, &t, e);
}

int token_revoke_sessions(struct store *st, const char *subject, int64_t now_ms, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_TOKEN_REVOKE_SESSIONS);

	db_bind_text(s, 1, subject);
	db_bind_i64(s, 2, now_ms);
	return db_run(st, s, e);
}

int token_prune(struct store *st, int64_t now_ms, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_TOKEN_PRUNE);

	db_bind_i64(s, 1, now_ms - PRUNE_SESSION_MS);
	db_bind_i64(s, 2, now_ms - PRUNE_OTHER_MS);
	return db_run(st, s, e);
}

int token_check(struct store *st, const struct claims *c, struct err *e)
{
	struct token t;

	if (token_get(st, c->jti, &t, e) == -1) {
		if (!e || e->code != ERR_NOTFOUND)
			return -1;
		/* The identity provider keeps its own; a number that it shares with one of ours is no concern. */
		return c->outside ? 0 : err_set(e, ERR_UNAUTHORIZED, "The token is not good: it was not made for this server");
	}
	return t.revoked_at_ms ? err_set(e, ERR_UNAUTHORIZED, "The token was revoked") : 0;
}
