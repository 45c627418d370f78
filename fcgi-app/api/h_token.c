/* /tokens: list, create, revoke. */
#include "config.h"

#include "api/handlers.h"
#include "lib/clock.h"
#include "lib/json_in.h"
#include "lib/text.h"
#include "store/experiment.h"
#include "store/token.h"

#include <stdio.h>
#include <string.h>

#define DAYS_DEFAULT 365
#define DAYS_MAX 3650

struct listing {
	struct json_out *json;
	int64_t now_ms;
};

static void put_token(struct json_out *j, const char *name, const struct token *t, int64_t now_ms)
{
	char id[TEXT_ID_MAX];

	json_object_begin(j, name);
	json_put_string(j, "jti", t->jti);
	json_put_string(j, "name", t->name);
	json_put_string(j, "kind", t->kind);
	json_put_string(j, "role", role_name(t->role));
	json_put_string(j, "experiment", t->experiment_id ? text_from_id(EXPERIMENT_ID_PREFIX, t->experiment_id, id) : NULL);
	json_put_string(j, "status", token_status(t, now_ms));
	json_put_time(j, "created_at", t->created_at_ms);
	json_put_string(j, "created_by", t->created_by);
	json_put_time(j, "expires_at", t->expires_at_ms);
	json_put_time(j, "revoked_at", t->revoked_at_ms);
	json_object_end(j);
}

static void list_item(void *arg, const struct token *t)
{
	struct listing *l = arg;

	put_token(l->json, NULL, t, l->now_ms);
}

/* A parameter that must be one of a few words, NULL when absent. */
static const char *one_of(const struct request *q, const char *name, const char *const *words, const char *must, struct err *e)
{
	const char *text = request_query(q, name);
	size_t i;

	for (i = 0; text && words[i]; i++)
		if (strcmp(words[i], text) == 0)
			return text;
	if (text)
		err_detail(e, name, "Must be %s", must);
	return NULL;
}

HANDLER(h_token_list)
{
	static const char *const sorts[] = {"created_at", "name", "expires_at", NULL};
	static const char *const kinds[] = {"api", "session", "engine", NULL}, *const states[] = {"active", "expired", "revoked", NULL};
	struct listing l = {&r->json, q->now_ms};
	struct token_query query;
	bool descending = true;
	char sort[32];
	size_t field;
	int64_t total;

	err_clear(e);
	query.kind = one_of(q, "kind", kinds, "api, session or engine", e);
	query.status = one_of(q, "status", states, "active, expired or revoked", e);
	request_page(q, 100, &query.limit, &query.offset, e);
	field = request_query_sort(q, sorts, &descending, e);
	snprintf(sort, sizeof(sort), "%s:%s", sorts[field], descending ? "desc" : "asc");
	query.sort = sort;
	if (err_collected(e, "Invalid query") == -1)
		return -1;
	json_object_begin(&r->json, NULL);
	json_array_begin(&r->json, "tokens");
	if (token_each(q->app->store, &query, q->now_ms, list_item, &l, &total, e) == -1)
		return -1;
	json_array_end(&r->json);
	response_page(r, total, query.limit, query.offset);
	json_object_end(&r->json);
	return 0;
}

static void read_role(const struct request *q, struct token *t, struct err *e)
{
	const char *role, *experiment;
	bool has_role, has_experiment;

	json_get(q->body, "role", &has_role);
	json_get(q->body, "experiment", &has_experiment);
	if (has_role == has_experiment)
		err_detail(e, "role", has_role ? "Must not be given with experiment" : "Must be viewer, operator or admin; or give experiment instead");
	else if (has_role && (!json_get_string(q->body, "role", &role) || !role_from_name(role, &t->role) || t->role == ROLE_NONE))
		err_detail(e, "role", "Must be viewer, operator or admin");
	else if (has_experiment &&
		 (!json_get_string(q->body, "experiment", &experiment) || !text_to_id(experiment, EXPERIMENT_ID_PREFIX, &t->experiment_id)))
		err_detail(e, "experiment", "Must be the id of an experiment, such as exp_001");
}

static int read_token(const struct request *q, struct token *t, struct err *e)
{
	static const char *const names[] = {"name", "role", "days", "experiment", NULL};
	int64_t days = DAYS_DEFAULT;
	bool has_days;

	memset(t, 0, sizeof(*t));
	err_clear(e);
	json_in_known(q->body, names, "", e);
	if (!json_get_string(q->body, "name", &t->name) || t->name[strspn(t->name, " \t\r\n")] == '\0' || strlen(t->name) > TOKEN_SUBJECT_MAX)
		err_detail(e, "name", "Must be a text of 1 to %d bytes, not blank", TOKEN_SUBJECT_MAX);
	json_get(q->body, "days", &has_days);
	if (has_days && (!json_get_i64(q->body, "days", &days) || days < 1 || days > DAYS_MAX))
		err_detail(e, "days", "Must be between 1 and %d", DAYS_MAX);
	read_role(q, t, e);
	if (err_collected(e, "Invalid token") == -1)
		return -1;
	t->kind = t->experiment_id ? TOKEN_KIND_ENGINE : TOKEN_KIND_API;
	t->subject = t->name;
	t->created_by = q->who.subject;
	t->created_at_ms = q->now_ms;
	t->expires_at_ms = q->now_ms + days * MS_PER_DAY;
	return 0;
}

static int experiment_must_exist(struct store *st, int64_t id, struct err *e)
{
	struct experiment x;

	if (id == 0)
		return 0;
	if (experiment_get(st, id, &x, e) == 0) {
		experiment_clear(&x);
		return 0;
	}
	if (e->code != ERR_NOTFOUND)
		return -1;
	err_clear(e);
	err_detail(e, "experiment", "There is no such experiment");
	return err_collected(e, "Invalid token");
}

HANDLER(h_token_create)
{
	struct store *st = q->app->store;
	char jti[TOKEN_JTI_MAX + 1];
	struct buf text = {0}, location = {0};
	struct token t;
	int rc = -1;

	if (!q->app->keys)
		return err_set(e, ERR_CONFLICT, "Authentication is switched off here, so there are no tokens");
	if (read_token(q, &t, e) == -1 || store_begin(st, e) == -1)
		return -1;
	if (experiment_must_exist(st, t.experiment_id, e) == 0 && token_issue(st, q->app->keys, &t, jti, &text, e) == 0 && store_commit(st, e) == 0) {
		json_object_begin(&r->json, NULL);
		put_token(&r->json, "token", &t, q->now_ms);
		json_put_string(&r->json, "api_key", text.data);
		json_object_end(&r->json);
		r->status = 201;
		buf_addf(&location, "%s/tokens/%s", q->base, jti);
		response_header(r, "Location", location.data);
		rc = 0;
	}
	store_rollback(st);
	buf_clear(&text);
	buf_clear(&location);
	return rc;
}

HANDLER(h_token_revoke)
{
	struct store *st = q->app->store;

	r->status = 204;
	return store_begin(st, e) == -1 ? -1 : store_end(st, token_revoke(st, q->params[0], q->now_ms, e), e);
}
