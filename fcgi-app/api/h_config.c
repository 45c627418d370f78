/* /config: what it is, changing it, its history, going back. */
#include "config.h"

#include "api/handlers.h"
#include "api/media.h"
#include "lib/json_in.h"
#include "platform/settings.h"
#include "store/configuration.h"
#include "store/event.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The name of a version, with the quotes of an entity tag. */
static const char *version_tag(int64_t version, char out[ETAG_MAX])
{
	snprintf(out, ETAG_MAX, "\"config-%" PRId64 "\"", version);
	return out;
}

int h_config_get(struct request *q, struct response *r, struct err *e)
{
	struct config_entry c;

	if (config_current(q->app->store, &c, e) == -1)
		return -1;
	json_object_begin(&r->json, NULL);
	settings_show(c.document, &r->json);
	json_object_end(&r->json);
	version_tag(c.version, r->etag);
	config_entry_clear(&c);
	return 0;
}

int h_config_describe(struct request *q, struct response *r, struct err *e)
{
	(void)q;
	(void)e;
	json_object_begin(&r->json, NULL);
	json_put_name(&r->json, "settings");
	settings_describe(&r->json);
	json_object_end(&r->json);
	return 0;
}

/* What a request asks for: a patch, or (patch NULL) an earlier version. */
struct change {
	const struct json_object *patch;
	int64_t version;
	bool dry_run;
	struct config_entry current; /* before */
	struct buf merged, difference;
};

static void change_clear(struct change *c)
{
	config_entry_clear(&c->current);
	buf_clear(&c->merged);
	buf_clear(&c->difference);
}

static int merge_earlier(struct request *q, struct change *c, struct err *e)
{
	struct config_entry earlier = {0};
	int rc;

	if (c->version > 0 && config_get(q->app->store, c->version, &earlier, e) == -1)
		return -1;
	rc = settings_replace(c->current.document, earlier.document, &c->merged, &c->difference, e);
	config_entry_clear(&earlier);
	return rc;
}

static int announce(struct request *q, int64_t version, struct err *e)
{
	struct event ev = {.at_ms = q->now_ms, .topic = "metrics", .type = "metrics_update"};
	struct buf data = {0};
	struct json_out j;
	int rc;

	json_out_init(&j, &data);
	json_object_begin(&j, NULL);
	json_put_string(&j, "change", "config");
	json_put_i64(&j, "version", version);
	json_put_string(&j, "actor", q->who.subject);
	json_put_time(&j, "at", q->now_ms);
	json_object_end(&j);
	ev.data = data.data;
	rc = event_add(q->app->store, &ev, e);
	buf_clear(&data);
	return rc;
}

/* In a transaction: merge, and keep where something changes.  *version is the one in force afterwards. */
static int change_keep(struct request *q, struct change *c, int64_t *version, struct err *e)
{
	struct config_entry next = {.author = q->who.subject, .at_ms = q->now_ms};
	char tag[ETAG_MAX];

	if (config_current(q->app->store, &c->current, e) == -1)
		return -1;
	*version = c->current.version;
	if (q->if_match && !media_names_tag(q->if_match, version_tag(c->current.version, tag), false)) {
		err_set(e, ERR_PRECONDITION, "The configuration has been changed meanwhile; it is at version %" PRId64 " now", c->current.version);
		err_detail(e, "etag", "%s", version_tag(c->current.version, tag));
		return -1;
	}
	if (c->patch ? settings_merge(c->current.document, c->patch, &c->merged, &c->difference, e) == -1 : merge_earlier(q, c, e) == -1)
		return -1;
	if (c->dry_run || strcmp(buf_str(&c->difference), "[]") == 0)
		return 0;
	next.document = c->merged.data;
	next.difference = c->difference.data;
	if (config_put(q->app->store, &next, e) == -1 || announce(q, next.version, e) == -1)
		return -1;
	*version = next.version;
	return 0;
}

static void put_changed(struct response *r, const struct change *c, int64_t version)
{
	json_object_begin(&r->json, NULL);
	settings_show(c->merged.data, &r->json);
	json_put_i64(&r->json, "version", version);
	json_put_bool(&r->json, "dry_run", c->dry_run);
	json_put_raw(&r->json, "changes", buf_str(&c->difference));
	json_object_end(&r->json);
	version_tag(version, r->etag);
}

static int change_run(struct request *q, struct response *r, struct change *c, struct err *e)
{
	struct store *st = q->app->store;
	int64_t version;
	int rc = -1;

	if (store_begin(st, e) == -1)
		return -1;
	if (change_keep(q, c, &version, e) == 0 && (c->dry_run || store_commit(st, e) == 0)) {
		put_changed(r, c, version);
		rc = 0;
	}
	store_rollback(st);
	change_clear(c);
	return rc;
}

int h_config_change(struct request *q, struct response *r, struct err *e)
{
	struct change c = {.patch = q->body};

	err_clear(e);
	c.dry_run = request_query_bool(q, "dry_run", false, e);
	if (!q->body)
		err_detail(e, "body", "Must be a JSON object with the members to change");
	if (err_collected(e, "Invalid configuration") == -1)
		return -1;
	return change_run(q, r, &c, e);
}

int h_config_revert(struct request *q, struct response *r, struct err *e)
{
	static const char *const names[] = {"version", NULL};
	struct change c = {0};

	err_clear(e);
	c.dry_run = request_query_bool(q, "dry_run", false, e);
	if (q->body)
		json_in_known(q->body, names, "", e);
	if (!q->body || !json_get_i64(q->body, "version", &c.version) || c.version < 0)
		err_detail(e, "version", "Must be the number of a version, 0 for the defaults");
	if (err_collected(e, "Invalid request") == -1)
		return -1;
	return change_run(q, r, &c, e);
}

static void put_version(void *arg, const struct config_entry *c)
{
	struct json_out *j = arg;

	json_object_begin(j, NULL);
	json_put_i64(j, "version", c->version);
	json_put_time(j, "changed_at", c->at_ms);
	json_put_string(j, "changed_by", c->author);
	json_put_raw(j, "changes", c->difference);
	json_object_end(j);
}

int h_config_history(struct request *q, struct response *r, struct err *e)
{
	static const char *const names[] = {"version", NULL};
	int64_t limit, offset, total;
	bool descending = true;

	err_clear(e);
	request_page(q, 100, &limit, &offset, e);
	request_query_sort(q, names, &descending, e);
	if (err_collected(e, "Invalid query") == -1)
		return -1;
	json_object_begin(&r->json, NULL);
	json_array_begin(&r->json, "history");
	if (config_each(q->app->store, descending, limit, offset, put_version, &r->json, &total, e) == -1)
		return -1;
	json_array_end(&r->json);
	response_page(r, total, limit, offset);
	json_object_end(&r->json);
	return 0;
}
