/*
 * Who is on the other end: a token's text becomes a visitor, and a visitor can be asked for again later, because a connection lives longer than
 * the moment at which it was let in.  All that the stream knows of tokens is behind this header.
 */
#ifndef STREAM_AUTHORIZE_H
#define STREAM_AUTHORIZE_H

#include "auth/token.h"
#include "lib/conf.h"
#include "lib/err.h"
#include "store/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct visitor {
	char subject[TOKEN_SUBJECT_MAX + 1];
	char jti[TOKEN_JTI_MAX + 1]; /* "" where an outside token has none, and where authentication is off */
	const char *role;            /* viewer, operator, admin; none for an engine's token */
	int64_t experiment_id;       /* an engine's token: sees this experiment only; else 0 */
	bool outside;                /* of an outside identity provider */
	int64_t keys;                /* which keys its signature was made with, counted; see authorize.c */
	int64_t expires_ms;          /* as the token says; 0: never */
	int64_t ends_ms;             /* when the connection must end, Unix ms; INT64_MAX: never */
};

struct authorize;

/* Both are borrowed. */
int authorize_open(struct authorize **out, const struct conf *conf, struct store *st, struct err *e);
void authorize_close(struct authorize *a);
/* False when authentication is switched off: everyone is let in. */
bool authorize_required(const struct authorize *a);
/* The visitor that everyone is where authentication is off. */
void authorize_anyone(struct visitor *v);
/*
 * ERR_UNAUTHORIZED: not a good token (the message says why, in words for its owner).  ERR_FORBIDDEN: a good one that may not read.
 */
int authorize_token(struct authorize *a, const char *token, int64_t now_ms, struct visitor *v, struct err *e);
/* Look whether the keys were exchanged, at most once a second; true when visitors must be asked for again. */
bool authorize_refresh(struct authorize *a, int64_t now_ms);
/*
 * Is this visitor's token still good?  -1 with ERR_UNAUTHORIZED when it was revoked, or was signed with a key that
 * is no longer accepted; another error means that this cannot be told now.
 * Costs one look into the store.
 */
int authorize_again(struct authorize *a, const struct visitor *v, struct err *e);

#endif
