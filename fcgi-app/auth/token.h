/*
 * Tokens: JSON Web Tokens, verified by rules that libjwt 1.10 leaves to its user.
 *
 * - at most TOKEN_TEXT_MAX bytes, looked at before anything is decoded (libjwt takes as much stack as a token is long);
 * - three parts of strict base64url, so that a token has one spelling;
 * - header: alg is exactly "HS256", or the one algorithm of the outside provider's key; typ absent or "JWT"; no crit;
 * - payload: a JSON object without duplicate members; exp an integer; nbf, iat integers where present; TOKEN_LEEWAY_S of leeway; iat alone never refuses;
 * - sub 1 to 200 bytes; role one of the names; jti where the token is ours;
 * - the secret before the present one is accepted.
 *
 * Whether a token was revoked is not here: store/token.h.
 */
#ifndef AUTH_TOKEN_H
#define AUTH_TOKEN_H

#include "auth/keys.h"
#include "auth/role.h"
#include "lib/buf.h"
#include "lib/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TOKEN_TEXT_MAX 4096
#define TOKEN_LEEWAY_S 60
#define TOKEN_EXPIRES_MAX_S INT64_C(253402300799) /* the last second of the year 9999 */
#define TOKEN_SUBJECT_MAX 200
#define TOKEN_JTI_MAX 64

struct claims {
	char subject[TOKEN_SUBJECT_MAX + 1];
	char jti[TOKEN_JTI_MAX + 1]; /* "" where an outside token has none */
	enum role role;
	int64_t experiment_id; /* an engine's token: good for this one only, role is ROLE_NONE; else 0 */
	int64_t issued_at_s;
	int64_t expires_at_s;  /* Unix seconds, TOKEN_EXPIRES_MAX_S at most: it can be counted in milliseconds */
	bool outside;          /* signed by the outside identity provider: has no row in the store */
	bool previous;         /* of token_verify(): signed with the secret before the present one, so the next exchange ends it */
};

/* ERR_UNAUTHORIZED with a sentence for the token's owner.  token is NUL-terminated, of any length. */
int token_verify(const struct keys *k, const char *token, int64_t now_s, struct claims *c, struct err *e);
/* The text of a token for these claims, signed with the present secret, added to out. */
int token_sign(const struct keys *k, const struct claims *c, struct buf *out, struct err *e);
/* A new jti: 127 random bits, base64url, first a letter. */
int token_make_jti(char out[TOKEN_JTI_MAX + 1], struct err *e);

#endif
