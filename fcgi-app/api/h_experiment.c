/* /experiments and /experiments/:id: list, create, show, edit, delete, clone. */
#include "config.h"

#include "api/experiment_input.h"
#include "api/experiment_view.h"
#include "api/handlers.h"
#include "api/policy_check.h"
#include "lib/file.h"
#include "lib/json_in.h"
#include "lib/log.h"
#include "lib/mem.h"
#include "lib/text.h"
#include "store/experiment.h"

#include <ftw.h>
#include <json-c/linkhash.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LIST_LIMIT_MAX 100

static void read_sort(const struct request *q, struct experiment_query *query, struct err *e)
{
	const char *text = request_query(q, "sort"), *colon;
	size_t i, n;

	query->sort = SORT_CREATED;
	query->descending = true;
	if (!text)
		return;
	colon = strchr(text, ':');
	n = colon ? (size_t)(colon - text) : strlen(text);
	for (i = 0; i < SORT_MAX; i++)
		if (strlen(experiment_sort_names[i]) == n && strncmp(experiment_sort_names[i], text, n) == 0)
			break;
	/* A bare field sorts ascending. */
	query->descending = colon && strcmp(colon, ":desc") == 0;
	if (i == SORT_MAX || (colon && !query->descending && strcmp(colon, ":asc") != 0))
		err_detail(e, "sort",
			   "Must be FIELD:asc or FIELD:desc with a field of created_at, name, status, scenario, accuracy, loss, started_at, finished_at, rounds_completed");
	else
		query->sort = (enum experiment_sort)i;
}

/* lighttpd lets no control characters through; behind other servers it is the same. */
static bool is_one_line(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < ' ' || *s == 127)
			return false;
	return true;
}

static void read_list_query(const struct request *q, struct experiment_query *query, bool *curves, struct err *e)
{
	enum status status;

	memset(query, 0, sizeof(*query));
	err_clear(e);
	query->status = request_query(q, "status");
	if (query->status && !status_from_name(query->status, &status))
		err_detail(e, "status",
			   "Must be one of created, queued, starting, running, pausing, paused, resuming, stopping, aborting, completed, stopped, aborted, failed");
	*curves = request_query_bool(q, "curves", false, e);
	if (request_query(q, "active"))
		query->active = request_query_bool(q, "active", false, e) ? 1 : -1;
	query->scenario = request_query(q, "scenario");
	if (query->scenario && !text_is_name(query->scenario, 64))
		err_detail(e, "scenario", "Must be the name of a scenario");
	query->q = request_query(q, "q");
	if (query->q && (query->q[0] == '\0' || strlen(query->q) > 200 || !is_one_line(query->q)))
		err_detail(e, "q", "Must be a text of 1 to 200 bytes without control characters");
	read_sort(q, query, e);
	request_page(q, LIST_LIMIT_MAX, &query->limit, &query->offset, e);
}

struct listing {
	struct request *q;
	struct json_out *json;
	struct err *e;
	bool curves;
	int rc;
};

static void list_item(void *arg, const struct experiment *x)
{
	struct listing *l = arg;

	if (l->rc == 0)
		l->rc = experiment_view_item(l->q, l->json, x, l->curves, l->e);
}

int h_experiment_list(struct request *q, struct response *r, struct err *e)
{
	struct experiment_query query;
	struct listing l = {.q = q, .json = &r->json, .e = e};
	int64_t total;
	int rc = -1;

	read_list_query(q, &query, &l.curves, e);
	if (err_collected(e, "Invalid query") == -1)
		return -1;
	if (store_read_begin(q->app->store, e) == -1)
		return -1;
	json_object_begin(&r->json, NULL);
	json_array_begin(&r->json, "experiments");
	if (experiment_each(q->app->store, &query, list_item, &l, &total, e) == 0 && l.rc == 0) {
		json_array_end(&r->json);
		response_page(r, total, query.limit, query.offset);
		json_object_end(&r->json);
		rc = 0;
	}
	store_rollback(q->app->store);
	return rc;
}

static int put_detail(struct request *q, struct response *r, int64_t id, struct err *e)
{
	struct experiment x;
	int rc = -1;

	if (store_read_begin(q->app->store, e) == -1)
		return -1;
	if (experiment_get(q->app->store, id, &x, e) == 0) {
		json_object_begin(&r->json, NULL);
		rc = experiment_view_detail(q, &r->json, &x, e);
		json_object_end(&r->json);
		experiment_clear(&x);
	}
	store_rollback(q->app->store);
	return rc;
}

int h_experiment_get(struct request *q, struct response *r, struct err *e)
{
	int64_t id;

	if (request_experiment_id(q, &id, e) == -1)
		return -1;
	return put_detail(q, r, id, e);
}

/* What an Idempotency-Key stands for: a body, and of a clone the source (else 0). */
struct wish {
	unsigned char digest[SHA256_DIGEST_LENGTH];
};

static struct wish wish_of(const struct request *q, int64_t source)
{
	struct wish w;
	struct buf text = {0};

	if (source)
		buf_addf(&text, "clone %lld\n", (long long)source);
	buf_add(&text, q->body_text, q->body_len);
	SHA256((const unsigned char *)buf_str(&text), text.len, w.digest);
	buf_clear(&text);
	return w;
}

static int created(struct request *q, struct response *r, int64_t id, bool replayed, struct err *e)
{
	char name[TEXT_ID_MAX];
	struct buf location = {0};

	if (put_detail(q, r, id, e) == -1) {
		/* The key stands for a thing that was made: a late repetition does not bring it back. */
		if (replayed && e->code == ERR_NOTFOUND)
			err_set(e, ERR_CONFLICT, "What this Idempotency-Key created, %s, has been deleted", text_from_id(EXPERIMENT_ID_PREFIX, id, name));
		return -1;
	}
	r->status = 201;
	buf_addf(&location, "%s/experiments/%s", q->base, text_from_id(EXPERIMENT_ID_PREFIX, id, name));
	response_header(r, "Location", location.data);
	if (replayed)
		response_header(r, "Idempotency-Replayed", "true");
	buf_clear(&location);
	return 0;
}

/* *id 0: the key is new, or there is none. */
static int find_earlier(struct request *q, const struct wish *w, int64_t *id, struct err *e)
{
	*id = 0;
	return q->idempotency_key ? idempotency_find(q->app->store, q->who.subject, q->idempotency_key, w->digest, q->now_ms, id, e) : 0;
}

/*
 * Before anything else is looked at: what was good then may not be any more, and was made all the same.
 * 1: this is a repetition, and is answered; 0: it is not.
 */
static int replay(struct request *q, struct response *r, const struct wish *w, struct err *e)
{
	int64_t id;

	if (find_earlier(q, w, &id, e) == -1)
		return -1;
	return id == 0 ? 0 : created(q, r, id, true, e) == -1 ? -1 : 1;
}

static int create_in_transaction(struct request *q, const struct experiment_input *in, const struct wish *w, int64_t *id, bool *replayed, struct err *e)
{
	struct experiment x = {
		.name = in->name,
		.scenario = in->scenario,
		.engine = in->engine,
		.configuration = in->configuration,
		.network_settings = in->network_settings,
		.not_applied = in->not_applied,
		.policies = in->policies,
		.policy_status = in->policy_status,
		.tags = in->tags,
		.notes = in->notes,
		.clients_count = in->clients_count,
		.rounds_total = in->rounds_total,
		.created_by = q->who.subject,
		.created_at_ms = q->now_ms,
	};

	/* Again, for those who came at the same time. */
	if (find_earlier(q, w, id, e) == -1)
		return -1;
	*replayed = *id != 0;
	if (*replayed)
		return 0;
	if (experiment_create(q->app->store, &x, e) == -1)
		return -1;
	*id = x.id;
	return q->idempotency_key ? idempotency_keep(q->app->store, q->who.subject, q->idempotency_key, w->digest, *id, q->now_ms, e) : 0;
}

static int create(struct request *q, struct response *r, const struct experiment_input *in, const struct wish *w, struct err *e)
{
	bool replayed = false;
	int64_t id = 0;

	if (store_begin(q->app->store, e) == -1)
		return -1;
	if (store_end(q->app->store, create_in_transaction(q, in, w, &id, &replayed, e), e) == -1)
		return -1;
	return created(q, r, id, replayed, e);
}

/* What is wrong with the body, and with its policies as the policy engine knows them, all at once. */
static int read_input(struct request *q, const struct json_object *body, struct experiment_input *in, struct err *e)
{
	if (experiment_input_read(&q->app->catalog, body, in, e) == -1 && e->details_n == 0)
		return -1;
	if (policy_check(q, in, e) == -1)
		return -1;
	return err_collected(e, "Invalid experiment configuration");
}

int h_experiment_create(struct request *q, struct response *r, struct err *e)
{
	const struct wish w = wish_of(q, 0);
	struct experiment_input in;
	int rc = replay(q, r, &w, e);

	if (rc != 0)
		return rc == 1 ? 0 : -1;
	rc = read_input(q, q->body, &in, e);
	if (rc == 0)
		rc = create(q, r, &in, &w, e);
	experiment_input_clear(&in);
	return rc;
}

int h_experiment_edit(struct request *q, struct response *r, struct err *e)
{
	static const char *const names[] = {"name", "tags", "notes", NULL};
	char *name = NULL, *tags = NULL, *notes = NULL;
	struct json_object *v;
	bool has_name, has_tags, has_notes;
	int64_t id;
	int rc = -1;

	if (request_experiment_id(q, &id, e) == -1)
		return -1;
	err_clear(e);
	if (!q->body)
		return err_set(e, ERR_INVALID, "A JSON object with name, tags or notes is needed");
	json_in_known(q->body, names, "", e);
	v = json_get(q->body, "name", &has_name);
	if (has_name)
		name = input_text(v, "name", 1, NAME_MAX_CHARS, e);
	v = json_get(q->body, "tags", &has_tags);
	if (has_tags)
		tags = input_tags(v, e);
	v = json_get(q->body, "notes", &has_notes);
	if (has_notes)
		notes = input_text(v, "notes", 0, NOTES_MAX_CHARS, e);
	if (err_collected(e, "Invalid change") == -1 || store_begin(q->app->store, e) == -1)
		goto out;
	if (store_end(q->app->store, experiment_edit(q->app->store, id, name, tags, notes, q->who.subject, q->now_ms, e), e) == 0)
		rc = put_detail(q, r, id, e);
out:
	free(name);
	free(tags);
	free(notes);
	return rc;
}

static int remove_one(const char *path, const struct stat *sb, int type, struct FTW *ftw)
{
	(void)sb;
	(void)type;
	(void)ftw;
	return remove(path);
}

/* The row is gone already; what cannot be removed is said in the log and costs only space: its number is never given again. */
static void remove_run_directory(const struct request *q, int64_t id)
{
	char name[TEXT_ID_MAX], *dir = file_join(q->app->conf->runs, text_from_id(EXPERIMENT_ID_PREFIX, id, name));

	if (nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS) == -1 && access(dir, F_OK) == 0)
		log_warning("run directory %s could not be removed", dir);
	free(dir);
}

int h_experiment_delete(struct request *q, struct response *r, struct err *e)
{
	int64_t id;

	if (request_experiment_id(q, &id, e) == -1 || store_begin(q->app->store, e) == -1)
		return -1;
	if (store_end(q->app->store, experiment_delete(q->app->store, id, q->now_ms, e), e) == -1)
		return -1;
	remove_run_directory(q, id);
	r->status = 204;
	return 0;
}

/* member of the new one: as given, else as the source has it (text holds JSON). */
static void take_over(struct json_object *to, const struct json_object *given, const char *member, const char *text)
{
	struct json_object *v = json_get(given, member, NULL);

	if (v)
		json_object_object_add(to, member, json_object_get(v));
	else if (json_in_parse(text, strlen(text), &v, NULL) == 0)
		json_object_object_add(to, member, v);
}

/* The source's configuration with the given members over it; members that the scenario no longer has are left out. */
static struct json_object *merged_configuration(const struct scenario *s, const struct experiment *x, struct json_object *given)
{
	struct json_object *old = NULL, *merged = json_object_new_object();

	if (json_in_parse_object(x->configuration, strlen(x->configuration), &old, NULL) == 0) {
		json_object_object_foreach(old, name, v)
			if (!s || json_get(s->members, name, NULL))
				json_object_object_add(merged, name, json_object_get(v));
	}
	json_object_put(old);
	if (json_object_is_type(given, json_type_object)) {
		json_object_object_foreach(given, name, v)
			json_object_object_add(merged, name, json_object_get(v));
	}
	return merged;
}

static struct json_object *clone_body(const struct request *q, const struct experiment *x)
{
	struct json_object *body = json_object_new_object(), *given = json_get(q->body, "configuration", NULL), *configuration;
	struct buf name = {0};

	json_object_object_add(body, "scenario", json_object_new_string(x->scenario));
	if (json_get(q->body, "name", NULL)) {
		json_object_object_add(body, "name", json_object_get(json_get(q->body, "name", NULL)));
	} else {
		buf_adds(&name, x->name);
		/* A name at its limit is kept as it is. */
		if (text_utf8_count(x->name, strlen(x->name)) + strlen(" (copy)") <= NAME_MAX_CHARS)
			buf_adds(&name, " (copy)");
		json_object_object_add(body, "name", json_object_new_string(buf_str(&name)));
	}
	if (given && !json_object_is_type(given, json_type_object))
		configuration = json_object_get(given);
	else
		configuration = merged_configuration(catalog_scenario(&q->app->catalog, x->scenario), x, given);
	/* The same run with other chance is what most clones are for, so the seed has a short way. */
	if (json_get(q->body, "seed", NULL) && json_object_is_type(configuration, json_type_object))
		json_object_object_add(configuration, "seed", json_object_get(json_get(q->body, "seed", NULL)));
	json_object_object_add(body, "configuration", configuration);
	take_over(body, q->body, "network_settings", x->network_settings);
	take_over(body, q->body, "policies", x->policies);
	take_over(body, q->body, "tags", x->tags);
	if (json_get(q->body, "notes", NULL))
		json_object_object_add(body, "notes", json_object_get(json_get(q->body, "notes", NULL)));
	buf_clear(&name);
	return body;
}

int h_experiment_clone(struct request *q, struct response *r, struct err *e)
{
	static const char *const names[] = {"name", "configuration", "network_settings", "policies", "tags", "notes", "seed", NULL};
	struct experiment x;
	struct experiment_input in;
	struct json_object *body;
	struct wish w;
	int64_t id;
	int rc;

	if (request_experiment_id(q, &id, e) == -1)
		return -1;
	w = wish_of(q, id);
	rc = replay(q, r, &w, e);
	if (rc != 0)
		return rc == 1 ? 0 : -1;
	if (experiment_get(q->app->store, id, &x, e) == -1)
		return -1;
	err_clear(e);
	if (q->body)
		json_in_known(q->body, names, "", e);
	rc = err_collected(e, "Invalid clone");
	if (rc == 0) {
		body = clone_body(q, &x);
		rc = read_input(q, body, &in, e);
		if (rc == 0)
			rc = create(q, r, &in, &w, e);
		experiment_input_clear(&in);
		json_object_put(body);
	}
	experiment_clear(&x);
	return rc;
}
