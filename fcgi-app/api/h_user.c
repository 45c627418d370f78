/* /users: list, create, change, delete. */
#include "config.h"

#include "api/handlers.h"
#include "auth/password.h"
#include "lib/json_in.h"
#include "store/user.h"

#include <stdio.h>
#include <string.h>

static void put_user(struct json_out *j, const char *name, const struct user *u)
{
	json_object_begin(j, name);
	json_put_string(j, "name", u->name);
	json_put_string(j, "role", role_name(u->role));
	json_put_bool(j, "disabled", u->disabled);
	json_put_time(j, "created_at", u->created_at_ms);
	json_put_time(j, "last_login_at", u->last_login_ms);
	json_object_end(j);
}

static void list_item(void *arg, const struct user *u)
{
	put_user(arg, NULL, u);
}

HANDLER(h_user_list)
{
	static const char *const sorts[] = {"name", "role", "created_at", "last_login_at", NULL};
	struct user_query query;
	bool descending = false;
	char sort[32];
	size_t field;
	int64_t total;

	err_clear(e);
	request_page(q, 100, &query.limit, &query.offset, e);
	field = request_query_sort(q, sorts, &descending, e);
	snprintf(sort, sizeof(sort), "%s:%s", sorts[field], descending ? "desc" : "asc");
	query.sort = sort;
	if (err_collected(e, "Invalid query") == -1)
		return -1;
	json_object_begin(&r->json, NULL);
	json_array_begin(&r->json, "users");
	if (user_each(q->app->store, &query, list_item, &r->json, &total, e) == -1)
		return -1;
	json_array_end(&r->json);
	response_page(r, total, query.limit, query.offset);
	json_object_end(&r->json);
	return 0;
}

/* What a body asks for; what it does not mention is NULL, ROLE_NONE, -1. */
struct change {
	const char *password;
	enum role role;
	int disabled;
};

static void read_change(const struct request *q, struct change *c, struct err *e)
{
	const char *role;
	bool there, disabled;
	struct err why;

	*c = (struct change){NULL, ROLE_NONE, -1};
	json_get(q->body, "password", &there);
	if (there && (!json_get_string(q->body, "password", &c->password) || password_check(c->password, &why) == -1))
		err_detail(e, "password", "Must have between %d and %d characters", PASSWORD_MIN, PASSWORD_MAX);
	json_get(q->body, "role", &there);
	if (there && (!json_get_string(q->body, "role", &role) || !role_from_name(role, &c->role) || c->role == ROLE_NONE))
		err_detail(e, "role", "Must be viewer, operator or admin");
	json_get(q->body, "disabled", &there);
	if (there && !json_get_bool(q->body, "disabled", &disabled))
		err_detail(e, "disabled", "Must be true or false");
	else if (there)
		c->disabled = disabled;
}

/* The user as it is now. */
static int put_now(struct request *q, struct response *r, const char *name, struct err *e)
{
	struct user u;

	if (user_get(q->app->store, name, &u, e) == -1)
		return -1;
	json_object_begin(&r->json, NULL);
	put_user(&r->json, "user", &u);
	json_object_end(&r->json);
	return 0;
}

HANDLER(h_user_create)
{
	static const char *const names[] = {"name", "password", "role", NULL};
	char hash[PASSWORD_HASH_MAX];
	struct user u = {.password = hash, .created_at_ms = q->now_ms};
	struct store *st = q->app->store;
	struct buf location = {0};
	struct change c;
	int rc = -1;

	err_clear(e);
	json_in_known(q->body, names, "", e);
	read_change(q, &c, e);
	if (!json_get_string(q->body, "name", &u.name) || !user_name_valid(u.name))
		err_detail(e, "name", "Must be a small letter, then up to 31 of a-z, 0-9, dot, dash and underscore");
	if (!c.password)
		err_detail(e, "password", "Must have between %d and %d characters", PASSWORD_MIN, PASSWORD_MAX);
	if (c.role == ROLE_NONE)
		err_detail(e, "role", "Must be viewer, operator or admin");
	u.role = c.role;
	/* Before the transaction: hashing takes a while. */
	if (err_collected(e, "Invalid user") == -1 || password_hash(c.password, hash, e) == -1 || store_begin(st, e) == -1)
		return -1;
	if (user_add(st, &u, e) == 0 && put_now(q, r, u.name, e) == 0 && store_commit(st, e) == 0) {
		r->status = 201;
		buf_addf(&location, "%s/users/%s", q->base, u.name);
		response_header(r, "Location", location.data);
		buf_clear(&location);
		rc = 0;
	}
	store_rollback(st);
	return rc;
}

HANDLER(h_user_edit)
{
	static const char *const names[] = {"password", "role", "disabled", NULL};
	char hash[PASSWORD_HASH_MAX];
	struct store *st = q->app->store;
	struct change c;
	int rc = -1;

	err_clear(e);
	json_in_known(q->body, names, "", e);
	read_change(q, &c, e);
	if (!q->body || json_object_object_length(q->body) == 0)
		err_detail(e, "body", "Must have password, role or disabled");
	if (err_collected(e, "Invalid change") == -1 || (c.password && password_hash(c.password, hash, e) == -1) || store_begin(st, e) == -1)
		return -1;
	if (user_edit(st, q->params[0], c.password ? hash : NULL, c.role, c.disabled, q->now_ms, e) == 0 && put_now(q, r, q->params[0], e) == 0 &&
	    store_commit(st, e) == 0)
		rc = 0;
	store_rollback(st);
	return rc;
}

HANDLER(h_user_delete)
{
	struct store *st = q->app->store;

	r->status = 204;
	return store_begin(st, e) == -1 ? -1 : store_end(st, user_delete(st, q->params[0], q->now_ms, e), e);
}
