/* /scenarios and /engines: what can be run, with every member, its limits and its default. */
#include "config.h"

#include "api/handlers.h"
#include "lib/mem.h"

#include <json-c/json_object.h>
#include <string.h>

static void put_tree(struct json_out *j, const char *name, struct json_object *v)
{
	json_put_raw(j, name, v ? json_object_to_json_string_ext(v, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE) : NULL);
}

static void put_members(struct json_out *j, const struct scenario *s)
{
	struct json_object *nothing = NULL;
	struct err e;

	put_tree(j, "members", s->members);
	put_tree(j, "rules", s->engine->rules);
	err_clear(&e);
	nothing = scenario_configure(s, NULL, &e);
	put_tree(j, "defaults", nothing);
	json_object_put(nothing);
	put_tree(j, "network_settings", s->network);
}

static void put_scenario(struct json_out *j, const char *name, const struct scenario *s, bool whole)
{
	json_object_begin(j, name);
	json_put_string(j, "name", s->name);
	json_put_string(j, "title", s->title);
	json_put_string(j, "description", s->description);
	json_put_string(j, "engine", s->engine->name);
	if (whole) {
		put_members(j, s);
		put_tree(j, "capabilities", s->engine->capabilities);
	}
	json_object_end(j);
}

int h_scenario_list(struct request *q, struct response *r, struct err *e)
{
	const struct catalog *c = &q->app->catalog;
	size_t i;

	(void)e;
	json_object_begin(&r->json, NULL);
	json_array_begin(&r->json, "scenarios");
	for (i = 0; i < c->scenarios_n; i++)
		put_scenario(&r->json, NULL, &c->scenarios[i], false);
	json_array_end(&r->json);
	json_put_i64(&r->json, "total", (int64_t)c->scenarios_n);
	json_object_end(&r->json);
	return 0;
}

int h_scenario_get(struct request *q, struct response *r, struct err *e)
{
	const struct scenario *s = catalog_scenario(&q->app->catalog, q->params[0]);

	if (!s)
		return err_set(e, ERR_NOTFOUND, "No such scenario");
	json_object_begin(&r->json, NULL);
	put_scenario(&r->json, "scenario", s, true);
	json_object_end(&r->json);
	return 0;
}

int h_engine_list(struct request *q, struct response *r, struct err *e)
{
	static const char *const capabilities[] = {"pause", "stop", "abort", "client_metrics", "network_emulation"};
	const struct catalog *c = &q->app->catalog;
	size_t i, k;

	(void)e;
	json_object_begin(&r->json, NULL);
	json_array_begin(&r->json, "engines");
	for (i = 0; i < c->engines_n; i++) {
		json_object_begin(&r->json, NULL);
		json_put_string(&r->json, "name", c->engines[i].name);
		json_put_string(&r->json, "title", c->engines[i].title);
		json_put_string(&r->json, "description", c->engines[i].description);
		json_object_begin(&r->json, "capabilities");
		for (k = 0; k < ARRAY_LEN(capabilities); k++)
			json_put_bool(&r->json, capabilities[k], engine_can(&c->engines[i], capabilities[k]));
		json_object_end(&r->json);
		json_object_end(&r->json);
	}
	json_array_end(&r->json);
	json_put_i64(&r->json, "total", (int64_t)c->engines_n);
	json_object_end(&r->json);
	return 0;
}
