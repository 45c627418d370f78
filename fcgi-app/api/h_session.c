/* /auth: logging in with a password or a token, out, and who one is. */
#include "config.h"

#include "api/handlers.h"
#include "api/identity.h"
#include "api/login.h"
#include "auth/password.h"
#include "lib/clock.h"
#include "lib/json_in.h"
#include "lib/text.h"
#include "store/experiment.h"
#include "store/token.h"
#include "store/user.h"

#include <stdio.h>
#include <string.h>

#define WRONG "The name or the password is wrong" /* the same for either */

static void put_user(struct json_out *j, const struct identity *who, const char *auth)
{
	char id[TEXT_ID_MAX];

	json_object_begin(j, "user");
	json_put_string(j, "name", who->subject);
	json_put_string(j, "role", role_name(who->role));
	json_put_string(j, "experiment", who->experiment_id ? text_from_id(EXPERIMENT_ID_PREFIX, who->experiment_id, id) : NULL);
	json_put_string(j, "auth", auth);
	json_put_time(j, "expires_at", who->expires_at_ms);
	json_object_end(j);
}

/* The cookie is for the pages beside the API: what stands before /api/v1. */
static void set_cookie(const struct request *q, struct response *r, const char *token, int64_t life_s)
{
	size_t base = strlen(q->base) - strlen("/api/v1");

	buf_addf(&r->headers, "Set-Cookie: " SESSION_COOKIE "=%s; Path=%.*s; Max-Age=%lld; HttpOnly; SameSite=Strict%s\r\n", token, base ? (int)base : 1,
		 base ? q->base : "/", (long long)life_s, q->https ? "; Secure" : "");
}

struct login {
	const char *username, *password, *token, *deliver;
};

static int read_login(const struct request *q, struct login *in, struct err *e)
{
	static const char *const names[] = {"username", "password", "deliver", "token", NULL};
	bool with_token;

	err_clear(e);
	memset(in, 0, sizeof(*in));
	in->deliver = "cookie";
	json_in_known(q->body, names, "", e);
	json_get(q->body, "token", &with_token);
	if (with_token) {
		if (!json_get_string(q->body, "token", &in->token) || !in->token[0] || strlen(in->token) > TOKEN_TEXT_MAX)
			err_detail(e, "token", "Must be a token");
		if (json_object_object_length(q->body) != 1)
			err_detail(e, "token", "Must stand alone");
		return err_collected(e, "Invalid login");
	}
	if (!json_get_string(q->body, "username", &in->username) || !in->username[0] || text_utf8_count(in->username, strlen(in->username)) > 100)
		err_detail(e, "username", "Must be a text of 1 to 100 characters");
	if (!json_get_string(q->body, "password", &in->password) || !in->password[0] || text_utf8_count(in->password, strlen(in->password)) > PASSWORD_MAX)
		err_detail(e, "password", "Must be a text of 1 to %d characters", PASSWORD_MAX);
	json_get(q->body, "deliver", &with_token);
	if (with_token && (!json_get_string(q->body, "deliver", &in->deliver) || (strcmp(in->deliver, "cookie") != 0 && strcmp(in->deliver, "token") != 0)))
		err_detail(e, "deliver", "Must be cookie or token");
	return err_collected(e, "Invalid login");
}

static int login_by_token(struct request *q, struct response *r, const char *token, struct err *e)
{
	const struct claims *c;
	struct identity who;

	if (login_attempt(q, NULL, e) == -1)
		return -1;
	if (identity_check(q->app, token, store_version(q->app->store), q->now_ms, &c, e) == -1) {
		if (e->code == ERR_UNAUTHORIZED)
			login_failed(q);
		return -1;
	}
	who = (struct identity){c->subject, c->jti, c->role, c->experiment_id, c->expires_at_s * MS_PER_S};
	set_cookie(q, r, token, c->expires_at_s - q->now_ms / MS_PER_S);
	json_object_begin(&r->json, NULL);
	put_user(&r->json, &who, "cookie");
	json_object_end(&r->json);
	return 0;
}

/* The user's role when name and password are right.  It takes the same time when there is no such user. */
static int check_password(struct request *q, const struct login *in, enum role *role, struct err *e)
{
	char hash[PASSWORD_HASH_MAX] = "";
	struct user u;
	bool may, right;

	if (user_get(q->app->store, in->username, &u, e) == 0) {
		snprintf(hash, sizeof(hash), "%s", u.password);
		*role = u.role;
		may = !u.disabled;
	} else if (e->code == ERR_NOTFOUND) {
		may = false;
	} else {
		return -1;
	}
	right = password_matches(in->password, hash[0] ? hash : NULL);
	if (may && right)
		return 0;
	login_failed(q);
	return err_set(e, ERR_UNAUTHORIZED, WRONG);
}

static int open_session(struct request *q, const char *name, enum role role, struct buf *text, struct token *t, struct err *e)
{
	struct store *st = q->app->store;
	char jti[TOKEN_JTI_MAX + 1];
	int rc = -1;

	*t = (struct token){.kind = TOKEN_KIND_SESSION, .name = "login", .subject = name, .role = role, .created_by = name, .created_at_ms = q->now_ms};
	t->expires_at_ms = q->now_ms + q->app->conf->auth_session_hours * 3600 * MS_PER_S;
	if (store_begin(st, e) == -1)
		return -1;
	if (token_prune(st, q->now_ms, e) == 0 && token_issue(st, q->app->keys, t, jti, text, e) == 0 && user_logged_in(st, name, q->now_ms, e) == 0 &&
	    store_commit(st, e) == 0)
		rc = 0;
	store_rollback(st);
	t->jti = NULL;
	return rc;
}

static int login_by_password(struct request *q, struct response *r, const struct login *in, struct err *e)
{
	bool as_token = strcmp(in->deliver, "token") == 0;
	struct buf text = {0};
	enum role role = ROLE_NONE;
	struct identity who;
	struct token t;
	int rc = -1;

	if (login_attempt(q, in->username, e) == -1 || check_password(q, in, &role, e) == -1)
		return -1;
	login_succeeded(q, in->username);
	if (open_session(q, in->username, role, &text, &t, e) == -1)
		goto out;
	who = (struct identity){.subject = in->username, .role = role, .expires_at_ms = t.expires_at_ms};
	if (!as_token)
		set_cookie(q, r, text.data, (t.expires_at_ms - q->now_ms) / MS_PER_S);
	json_object_begin(&r->json, NULL);
	put_user(&r->json, &who, as_token ? "bearer" : "cookie");
	if (as_token)
		json_put_string(&r->json, "api_key", text.data);
	json_object_end(&r->json);
	rc = 0;
out:
	buf_clear(&text);
	return rc;
}

HANDLER(h_session_create)
{
	struct login in;

	if (!q->app->keys)
		return err_set(e, ERR_CONFLICT, "Authentication is switched off here: everybody on this machine is admin");
	if (read_login(q, &in, e) == -1)
		return -1;
	return in.token ? login_by_token(q, r, in.token, e) : login_by_password(q, r, &in, e);
}

/* Only what a login made ends with it. */
static int end_session(struct request *q, struct err *e)
{
	struct store *st = q->app->store;
	struct token t;
	int rc = -1;

	if (store_begin(st, e) == -1)
		return -1;
	if (token_get(st, q->who.jti, &t, e) == 0)
		rc = strcmp(t.kind, TOKEN_KIND_SESSION) == 0 ? token_revoke(st, q->who.jti, q->now_ms, e) : 0;
	else if (e->code == ERR_NOTFOUND)
		rc = 0; /* of an outside identity provider */
	if (rc == 0)
		rc = store_commit(st, e);
	store_rollback(st);
	return rc;
}

HANDLER(h_session_delete)
{
	static const char *const none[] = {NULL};

	err_clear(e);
	json_in_known(q->body, none, "", e);
	if (err_collected(e, "Invalid request") == -1)
		return -1;
	if (q->app->keys && end_session(q, e) == -1)
		return -1;
	set_cookie(q, r, "", 0);
	r->status = 204;
	return 0;
}

HANDLER(h_session_get)
{
	(void)e;
	json_object_begin(&r->json, NULL);
	put_user(&r->json, &q->who, !q->app->keys ? "none" : q->by_cookie ? "cookie" : "bearer");
	json_object_end(&r->json);
	return 0;
}
