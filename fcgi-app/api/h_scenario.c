/* /scenarios and /engines: what can be run, with every member, its limits and its default. */
#include "config.h"

#include "api/engine_view.h"
#include "api/experiment_view.h"
#include "api/handlers.h"
#include "lib/mem.h"

#include <json-c/json_object.h>
#include <json-c/linkhash.h>
#include <string.h>

static const char *const capabilities[] = {"pause", "stop", "abort", "client_metrics", "network_emulation"};

static void put_tree(struct json_out *j, const char *name, struct json_object *v)
{
	json_put_raw(j, name, v ? json_object_to_json_string_ext(v, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE) : NULL);
}

/* Members are the scenario's where there is one, which are the engine's with its defaults and limits. */
static void put_engine(struct json_out *j, const struct engine *g, struct json_object *members)
{
	size_t k;

	json_object_begin(j, "capabilities");
	for (k = 0; k < ARRAY_LEN(capabilities); k++)
		json_put_bool(j, capabilities[k], engine_can(g, capabilities[k]));
	json_object_end(j);
	put_tree(j, "members", members);
	if (g->rules) {
		put_tree(j, "rules", g->rules);
	} else {
		json_array_begin(j, "rules");
		json_array_end(j);
	}
}

static void put_needs(struct json_out *j, const struct engine *g)
{
	size_t i;

	json_array_begin(j, "needs");
	for (i = 0; g->needs && i < json_object_array_length(g->needs); i++)
		json_put_string(j, NULL, json_object_get_string(json_object_array_get_idx(g->needs, i)));
	json_array_end(j);
}

/* What a request may give and the engine will not honour. */
static void put_not_applied(struct json_out *j, const struct scenario *s)
{
	static const char *const limits[] = {"bandwidth_limit", "latency", "packet_loss"};
	size_t i;

	json_array_begin(j, "not_applied");
	json_object_object_foreach(s->members, name, member)
	{
		(void)member;
		if (!scenario_applies(s, name))
			json_put_string(j, NULL, name);
	}
	for (i = 0; i < ARRAY_LEN(limits) && !engine_can(s->engine, "network_emulation"); i++)
		json_put_string(j, NULL, limits[i]);
	json_array_end(j);
}

static int put_scenario(struct request *q, struct json_out *j, const char *name, const struct scenario *s, struct err *e)
{
	struct engine_standing standing;

	json_object_begin(j, name);
	json_put_string(j, "name", s->name);
	json_put_string(j, "title", s->title);
	json_put_string(j, "description", s->description);
	json_put_string(j, "engine", s->engine->name);
	if (engine_standing_get(q, s->engine, &standing, e) == -1)
		return -1;
	json_object_begin(j, "engine_status");
	engine_standing_put(j, &standing);
	json_object_end(j);
	put_engine(j, s->engine, s->members);
	put_not_applied(j, s);
	json_object_begin(j, "network_settings");
	experiment_view_network(j, s->network);
	json_object_end(j);
	json_object_end(j);
	return 0;
}

/* limit, offset and the order by name, which is the only one. */
static int read_list(struct request *q, int64_t *limit, int64_t *offset, bool *descending, struct err *e)
{
	const char *sort = request_query(q, "sort");

	err_clear(e);
	request_page(q, 100, limit, offset, e);
	*descending = sort && strcmp(sort, "name:desc") == 0;
	if (sort && !*descending && strcmp(sort, "name:asc") != 0 && strcmp(sort, "name") != 0)
		err_detail(e, "sort", "Must be name:asc or name:desc");
	return err_collected(e, "Invalid query");
}

int h_scenario_list(struct request *q, struct response *r, struct err *e)
{
	const struct catalog *c = &q->app->catalog;
	int64_t limit, offset, i, n = (int64_t)c->scenarios_n;
	bool descending;

	if (read_list(q, &limit, &offset, &descending, e) == -1)
		return -1;
	json_object_begin(&r->json, NULL);
	json_array_begin(&r->json, "scenarios");
	for (i = offset; i < n && i - offset < limit; i++)
		if (put_scenario(q, &r->json, NULL, &c->scenarios[descending ? n - 1 - i : i], e) == -1)
			return -1;
	json_array_end(&r->json);
	response_page(r, n, limit, offset);
	json_object_end(&r->json);
	return 0;
}

int h_scenario_get(struct request *q, struct response *r, struct err *e)
{
	const struct scenario *s = catalog_scenario(&q->app->catalog, q->params[0]);

	if (!s)
		return err_set(e, ERR_NOTFOUND, "No such scenario");
	json_object_begin(&r->json, NULL);
	if (put_scenario(q, &r->json, "scenario", s, e) == -1)
		return -1;
	json_object_end(&r->json);
	return 0;
}

int h_engine_list(struct request *q, struct response *r, struct err *e)
{
	const struct catalog *c = &q->app->catalog;
	int64_t limit, offset, i, n = (int64_t)c->engines_n;
	bool descending;

	if (read_list(q, &limit, &offset, &descending, e) == -1)
		return -1;
	json_object_begin(&r->json, NULL);
	json_array_begin(&r->json, "engines");
	for (i = offset; i < n && i - offset < limit; i++) {
		const struct engine *g = &c->engines[descending ? n - 1 - i : i];
		struct engine_standing standing;

		if (engine_standing_get(q, g, &standing, e) == -1)
			return -1;
		json_object_begin(&r->json, NULL);
		json_put_string(&r->json, "name", g->name);
		json_put_string(&r->json, "title", g->title);
		json_put_string(&r->json, "description", g->description);
		engine_standing_put(&r->json, &standing);
		put_needs(&r->json, g);
		json_put_bool(&r->json, "remote", g->remote);
		put_engine(&r->json, g, g->members);
		json_object_end(&r->json);
	}
	json_array_end(&r->json);
	response_page(r, n, limit, offset);
	json_object_end(&r->json);
	return 0;
}
