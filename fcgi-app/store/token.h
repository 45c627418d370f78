/*
 * Tokens that were made here.  The row is what can be revoked; the token's text is never kept.
 */
#ifndef STORE_TOKEN_H
#define STORE_TOKEN_H

#include "auth/token.h"
#include "lib/err.h"
#include "store/store.h"

#include <stdint.h>

#define TOKEN_KIND_API "api"         /* made as such */
#define TOKEN_KIND_SESSION "session" /* of a login */
#define TOKEN_KIND_ENGINE "engine"   /* good for one experiment */

struct token {
	const char *jti, *kind, *name, *subject;
	enum role role;
	int64_t experiment_id; /* 0: none */
	int64_t created_at_ms, expires_at_ms, revoked_at_ms; /* 0: not revoked */
	const char *created_by;
};

struct token_query {
	const char *kind, *status; /* NULL: any */
	const char *sort;          /* "name:asc" … "expires_at:desc" */
	int64_t limit, offset;
};

/* active, expired, revoked */
const char *token_status(const struct token *t, int64_t now_ms);

/* In a transaction.  revoked_at_ms is not read. */
int token_add(struct store *st, const struct token *t, struct err *e);
/*
 * In a transaction: a new token.  t->jti is given here (into jti, which must live as long as t); its text, which exists nowhere else, is added to text.
 */
int token_issue(struct store *st, const struct keys *k, struct token *t, char jti[TOKEN_JTI_MAX + 1], struct buf *text, struct err *e);
/* Borrowed until the next token_get(); ERR_NOTFOUND. */
int token_get(struct store *st, const char *jti, struct token *t, struct err *e);
int token_each(struct store *st, const struct token_query *q, int64_t now_ms, void (*fn)(void *arg, const struct token *t), void *arg, int64_t *total, struct err *e);
/* In a transaction; ERR_NOTFOUND; revoking again changes nothing. */
int token_revoke(struct store *st, const char *jti, int64_t now_ms, struct err *e);
/* In a transaction: all sessions of a user. */
int token_revoke_sessions(struct store *st, const char *subject, int64_t now_ms, struct err *e);
/* In a transaction: forget sessions that ended a week ago and other tokens that ended a year ago. */
int token_prune(struct store *st, int64_t now_ms, struct err *e);

/*
 * A verified token may still be used: ours has its row and is not revoked, an outside one has none.  ERR_UNAUTHORIZED says why not.
 */
int token_check(struct store *st, const struct claims *c, struct err *e);

#endif
