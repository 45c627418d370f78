/* Who is on the other end; see authorize.h. */
#include "config.h"

#include "stream/authorize.h"

#include "auth/keys.h"
#include "auth/token.h"
#include "lib/clock.h"
#include "lib/mem.h"
#include "store/token.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct authorize {
	struct keys *keys; /* NULL where authentication is off */
	struct store *store;
	int64_t generation; /* of the keys */
};

int authorize_open(struct authorize **out, const struct conf *conf, struct store *st, struct err *e)
{
	struct authorize *a = mem_alloc(sizeof(*a));

	*out = a;
	a->store = st;
	return conf->auth_enabled ? keys_open(&a->keys, conf, e) : 0;
}

void authorize_close(struct authorize *a)
{
	if (!a)
		return;
	keys_close(a->keys);
	free(a);
}

bool authorize_required(const struct authorize *a)
{
	return a->keys != NULL;
}

void authorize_anyone(struct visitor *v)
{
	memset(v, 0, sizeof(*v));
	snprintf(v->subject, sizeof(v->subject), "local");
	v->role = role_name(ROLE_ADMIN);
	v->ends_ms = INT64_MAX;
}

bool authorize_refresh(struct authorize *a, int64_t now_ms)
{
	if (!a->keys || !keys_refresh(a->keys, now_ms))
		return false;
	a->generation++;
	return true;
}

/*
 * The connection ends when the token does, to the second.  One that comes within the leeway after that was let in on purpose (clocks differ) and has
 * the rest of it.
 */
static int64_t end_of(const struct claims *c, int64_t now_ms)
{
	int64_t end_ms = c->expires_at_s * MS_PER_S;

	return end_ms <= now_ms ? end_ms + TOKEN_LEEWAY_S * MS_PER_S : end_ms;
}

int authorize_token(struct authorize *a, const char *token, int64_t now_ms, struct visitor *v, struct err *e)
{
	struct claims c;

	if (token_verify(a->keys, token, now_ms / MS_PER_S, &c, e) == -1 || token_check(a->store, &c, e) == -1)
		return -1;
	if (c.role < ROLE_VIEWER && !c.experiment_id)
		return err_set(e, ERR_FORBIDDEN, "This token may not read");
	memset(v, 0, sizeof(*v));
	memcpy(v->subject, c.subject, sizeof(v->subject));
	memcpy(v->jti, c.jti, sizeof(v->jti));
	v->role = role_name(c.role);
	v->experiment_id = c.experiment_id;
	v->outside = c.outside;
	v->keys = a->generation - (c.previous ? 1 : 0);
	v->ends_ms = end_of(&c, now_ms);
	v->expires_ms = c.expires_at_s * MS_PER_S;
	return 0;
}

/*
 * The token's text is not kept, so it cannot be verified again.  Of our own secrets the present one and the one before it are accepted: what was signed
 * two exchanges ago is not good any more.  An outside key has no successor that could be told from it.
 */
static bool keys_gone(const struct authorize *a, const struct visitor *v)
{
	return v->outside ? v->keys != a->generation : a->generation - v->keys >= 2;
}

int authorize_again(struct authorize *a, const struct visitor *v, struct err *e)
{
	struct claims c;

	if (!a->keys)
		return 0;
	if (keys_gone(a, v))
		return err_set(e, ERR_UNAUTHORIZED, "The keys have been exchanged: authenticate again");
	memset(&c, 0, sizeof(c));
	memcpy(c.subject, v->subject, sizeof(c.subject));
	memcpy(c.jti, v->jti, sizeof(c.jti));
	c.experiment_id = v->experiment_id;
	c.outside = v->outside;
	return token_check(a->store, &c, e);
}
