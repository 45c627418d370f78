/* Who asks; see identity.h. */
#include "config.h"

#include "api/identity.h"

#include "lib/clock.h"
#include "lib/mem.h"
#include "lib/text.h"
#include "store/token.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* One place a hash: two busy tokens that share one cost each other a signature now and then, and that is all. */
#define REMEMBERED 512

struct remembered {
	char *token; /* NULL: free */
	uint64_t hash;
	int64_t version; /* store_version() when the row was last read */
	struct claims claims;
};

struct identities {
	struct remembered all[REMEMBERED];
	char cookie[TOKEN_TEXT_MAX + 1]; /* the token of the cookie that is being looked at */
};

struct identities *identities_new(void)
{
	return mem_alloc(sizeof(struct identities));
}

static void forget_all(struct identities *ids)
{
	size_t i;

	for (i = 0; i < REMEMBERED; i++) {
		free(ids->all[i].token);
		ids->all[i].token = NULL;
	}
}

void identities_free(struct identities *ids)
{
	if (!ids)
		return;
	forget_all(ids);
	free(ids);
}

int identity_check(struct app *app, const char *token, int64_t version, int64_t now_ms, const struct claims **claims, struct err *e)
{
	uint64_t hash = text_hash(token, strlen(token));
	struct remembered *m = &app->identities->all[hash % REMEMBERED];

	if (!app->keys)
		return err_set(e, ERR_UNAUTHORIZED, "Authentication is switched off here, so there are no tokens");
	if (keys_refresh(app->keys, now_ms))
		forget_all(app->identities);
	if (!m->token || m->hash != hash || strcmp(m->token, token) != 0) {
		struct claims fresh;

		if (token_verify(app->keys, token, now_ms / MS_PER_S, &fresh, e) == -1)
			return -1;
		free(m->token);
		m->token = mem_strdup(token);
		m->hash = hash;
		m->claims = fresh;
		m->version = version - 1; /* the row has not been read */
	}
	if (m->claims.expires_at_s <= now_ms / MS_PER_S - TOKEN_LEEWAY_S)
		return err_set(e, ERR_UNAUTHORIZED, "The token has expired");
	if (m->version != version) {
		if (!app->store)
			return err_set(e, ERR_UNAVAILABLE, "The store cannot be opened, so the token cannot be checked");
		if (token_check(app->store, &m->claims, e) == -1)
			return -1;
		m->version = version;
	}
	*claims = &m->claims;
	return 0;
}

/* "Bearer TOKEN", the scheme in any case.  NULL: not that. */
static const char *bearer(const char *authorization)
{
	if (strncasecmp(authorization, "Bearer ", 7) != 0)
		return NULL;
	authorization += 6;
	return authorization + strspn(authorization, " ");
}

/* The value of our cookie into out; false when there is none that fits. */
static bool session_cookie(const char *cookies, char *out, size_t size)
{
	static const char name[] = SESSION_COOKIE "=";

	while (*cookies) {
		size_t len;

		cookies += strspn(cookies, " \t;");
		len = strcspn(cookies, ";");
		if (strncmp(cookies, name, sizeof(name) - 1) == 0) {
			const char *value = cookies + sizeof(name) - 1;
			size_t n = len - (sizeof(name) - 1);

			if (n == 0 || n >= size)
				return false;
			memcpy(out, value, n);
			out[n] = '\0';
			return true;
		}
		cookies += len;
	}
	return false;
}

static bool is_loopback(const char *address)
{
	return strncmp(address, "127.", 4) == 0 || strcmp(address, "::1") == 0 || strncmp(address, "::ffff:127.", 11) == 0;
}

static bool is_local_name(const char *host)
{
	size_t len = host[0] == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":");

	return (len == 9 && strncasecmp(host, "localhost", 9) == 0) || (len == 5 && strncmp(host, "[::1]", 5) == 0) ||
	       (strncmp(host, "127.", 4) == 0 && strspn(host, "0123456789.") == len);
}

static int local_admin(struct request *q, const struct wire *w, struct err *e)
{
	if (!is_loopback(q->address) || (w->server_addr && !is_loopback(w->server_addr)) || w->forwarded || !w->host || !is_local_name(w->host))
		return err_set(e, ERR_FORBIDDEN, "Authentication is switched off, so only this machine may call, as localhost");
	q->who.subject = "local";
	q->who.jti = "";
	q->who.role = ROLE_ADMIN;
	return 0;
}

int identity_find(struct request *q, const struct wire *w, int64_t version, struct err *e)
{
	struct identities *ids = q->app->identities;
	const struct claims *c;
	const char *token = NULL;

	q->who = (struct identity){.subject = "anonymous", .jti = ""};
	if (!q->app->conf->auth_enabled)
		return local_admin(q, w, e);
	if (w->authorization) {
		token = bearer(w->authorization);
		if (!token)
			return err_set(e, ERR_UNAUTHORIZED, "The Authorization header must be: Bearer TOKEN");
	} else if (w->cookie && session_cookie(w->cookie, ids->cookie, sizeof(ids->cookie))) {
		token = ids->cookie;
		q->by_cookie = true;
	} else {
		return 0;
	}
	if (identity_check(q->app, token, version, q->now_ms, &c, e) == -1)
		return -1;
	q->who = (struct identity){c->subject, c->jti, c->role, c->experiment_id, c->expires_at_s * MS_PER_S};
	return 0;
}
