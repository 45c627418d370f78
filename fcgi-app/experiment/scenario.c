/* Engines and scenarios; see scenario.h. */
#include "config.h"

#include "experiment/scenario.h"

#include "lib/buf.h"
#include "lib/file.h"
#include "lib/json_in.h"
#include "lib/mem.h"
#include "lib/text.h"

#include <dirent.h>
#include <inttypes.h>
#include <json-c/linkhash.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX_BYTES (256 * 1024)
#define STRING_MAX 4096 /* bytes of a string member without an enum */

static struct json_object *deep_copy(struct json_object *v)
{
	struct json_object *copy = NULL;

	if (json_object_deep_copy(v, &copy, NULL) == -1)
		abort();
	return copy;
}

static int load_document(const char *dir, const char *file, struct json_object **out, struct err *e)
{
	struct buf text = {0};
	char *path = file_join(dir, file);
	struct err why;
	const char *name;
	size_t n = strlen(file) - strlen(".json");
	int rc = -1;

	*out = NULL;
	if (file_read(path, FILE_MAX_BYTES, &text, e) == -1)
		goto out;
	if (json_in_parse_object(buf_str(&text), text.len, out, &why) == -1) {
		err_set(e, ERR_INVALID, "%s: %s", path, why.msg);
	} else if (!json_get_string(*out, "name", &name) || strlen(name) != n || memcmp(name, file, n) != 0) {
		err_set(e, ERR_INVALID, "%s: its member \"name\" must be the file's name without .json", path);
		json_object_put(*out);
		*out = NULL;
	} else {
		rc = 0;
	}
out:
	free(path);
	buf_clear(&text);
	return rc;
}

static int is_json_file(const struct dirent *d)
{
	size_t n = strlen(d->d_name);

	return d->d_name[0] != '.' && n > 5 && strcmp(d->d_name + n - 5, ".json") == 0;
}

static char *text_of(const struct json_object *doc, const char *member)
{
	const char *text;

	return mem_strdup(json_get_string(doc, member, &text) ? text : "");
}

/* A member's declaration: a known type, limits in order, a default that the limits allow. */
static int check_member(const char *file, const char *name, const struct json_object *m, struct err *e)
{
	static const char *const types[] = {"integer", "number", "string", "boolean"};
	const char *type;
	size_t i;

	if (!text_is_name(name, 48))
		return err_set(e, ERR_INVALID, "engine %s: %s is not a name for a member", file, name);
	for (i = 0; json_get_string(m, "type", &type) && i < ARRAY_LEN(types); i++)
		if (strcmp(type, types[i]) == 0)
			return json_get(m, "default", NULL) ? 0 : err_set(e, ERR_INVALID, "engine %s: %s has no default", file, name);
	return err_set(e, ERR_INVALID, "engine %s: the type of %s must be integer, number, string or boolean", file, name);
}

static bool is_words(const struct json_object *v)
{
	size_t i, n = json_object_is_type(v, json_type_array) ? json_object_array_length(v) : 0;

	for (i = 0; i < n; i++)
		if (!json_object_is_type(json_object_array_get_idx(v, i), json_type_string))
			return false;
	return n > 0 && json_object_get_string_len(json_object_array_get_idx(v, 0)) > 0;
}

static int engine_init(struct engine *g, const char *dir, struct json_object *doc, struct err *e)
{
	g->document = doc;
	g->dir = mem_strdup(dir);
	g->name = text_of(doc, "name");
	g->title = text_of(doc, "title");
	g->description = text_of(doc, "description");
	g->command = json_get(doc, "command", NULL);
	g->members = json_get(doc, "members", NULL);
	g->rules = json_get(doc, "rules", NULL);
	g->capabilities = json_get(doc, "capabilities", NULL);
	g->check = json_get(doc, "check", NULL);
	g->needs = json_get(doc, "needs", NULL);
	if (!text_is_name(g->name, 64))
		return err_set(e, ERR_INVALID, "engine %s: not a good name", g->name);
	json_get_bool(doc, "remote", &g->remote);
	if (g->remote ? g->command != NULL : !is_words(g->command))
		return err_set(e, ERR_INVALID, "engine %s: command must be an array of words, or remote must be true and nothing else", g->name);
	if (g->check && !is_words(g->check))
		return err_set(e, ERR_INVALID, "engine %s: check must be an array of words", g->name);
	if (g->needs && !is_words(g->needs))
		return err_set(e, ERR_INVALID, "engine %s: needs must be an array of names of services", g->name);
	if (!json_get(g->members, "rounds", NULL))
		return err_set(e, ERR_INVALID, "engine %s: members must have rounds", g->name);
	json_object_object_foreach(g->members, name, m)
		if (check_member(g->name, name, m, e) == -1)
			return -1;
	return 0;
}

static int scenario_init(struct scenario *s, const struct catalog *c, struct json_object *doc, struct err *e)
{
	const char *engine;
	struct json_object *defaults = json_get(doc, "defaults", NULL), *limits = json_get(doc, "limits", NULL);

	s->document = doc;
	s->name = text_of(doc, "name");
	s->title = text_of(doc, "title");
	s->description = text_of(doc, "description");
	s->network = json_get(doc, "network", NULL);
	if (!text_is_name(s->name, 64))
		return err_set(e, ERR_INVALID, "scenario %s: not a good name", s->name);
	if (!json_get_string(doc, "engine", &engine) || !(s->engine = catalog_engine(c, engine)))
		return err_set(e, ERR_INVALID, "scenario %s: its engine is not known", s->name);
	s->members = deep_copy(s->engine->members);
	if (defaults) {
		json_object_object_foreach(defaults, name, v)
		{
			struct json_object *m = json_get(s->members, name, NULL);

			if (!m)
				return err_set(e, ERR_INVALID, "scenario %s: default for %s, which its engine does not have", s->name, name);
			json_object_object_add(m, "default", deep_copy(v));
		}
	}
	if (limits) {
		json_object_object_foreach(limits, name, v)
		{
			struct json_object *m = json_get(s->members, name, NULL);

			if (!m || !json_object_is_type(v, json_type_object))
				return err_set(e, ERR_INVALID, "scenario %s: limits for %s, which its engine does not have", s->name, name);
			json_object_object_foreach(v, limit, value) json_object_object_add(m, limit, deep_copy(value));
		}
	}
	return 0;
}

/* Every default must pass its own limits, or nothing could be created with it. */
static int scenario_check(const struct scenario *s, struct err *e)
{
	struct err wrong;

	err_clear(&wrong);
	json_object_put(scenario_configure(s, NULL, &wrong));
	if (wrong.details_n == 0)
		return 0;
	return err_set(e, ERR_INVALID, "scenario %s: default of %s: %s", s->name, wrong.details[0].field, wrong.details[0].text);
}

static int load_engines(struct catalog *c, const char *dir, struct dirent **files, int n, struct err *e)
{
	struct json_object *doc;
	int i;

	c->engines = mem_array((size_t)n, sizeof(*c->engines));
	for (i = 0; i < n; i++) {
		if (load_document(dir, files[i]->d_name, &doc, e) == -1)
			return -1;
		if (engine_init(&c->engines[c->engines_n++], dir, doc, e) == -1)
			return -1;
	}
	return 0;
}

static int load_scenarios(struct catalog *c, const char *dir, struct dirent **files, int n, struct err *e)
{
	struct json_object *doc;
	int i;

	c->scenarios = mem_array((size_t)n, sizeof(*c->scenarios));
	for (i = 0; i < n; i++) {
		if (load_document(dir, files[i]->d_name, &doc, e) == -1)
			return -1;
		if (scenario_init(&c->scenarios[c->scenarios_n++], c, doc, e) == -1)
			return -1;
		if (scenario_check(&c->scenarios[c->scenarios_n - 1], e) == -1)
			return -1;
	}
	return 0;
}

static int load_dir(struct catalog *c, const char *dir, int (*load)(struct catalog *, const char *, struct dirent **, int, struct err *), struct err *e)
{
	struct dirent **files = NULL;
	int n = scandir(dir, &files, is_json_file, alphasort), rc;

	if (n == -1)
		return err_set(e, ERR_NOTFOUND, "cannot read the directory %s", dir);
	rc = load(c, dir, files, n, e);
	while (n > 0)
		free(files[--n]);
	free(files);
	return rc;
}

int catalog_load(struct catalog *c, const char *engines_dir, const char *scenarios_dir, struct err *e)
{
	memset(c, 0, sizeof(*c));
	if (load_dir(c, engines_dir, load_engines, e) == 0 && load_dir(c, scenarios_dir, load_scenarios, e) == 0)
		return 0;
	catalog_clear(c);
	return -1;
}

void catalog_clear(struct catalog *c)
{
	size_t i;

	for (i = 0; i < c->scenarios_n; i++) {
		struct scenario *s = &c->scenarios[i];

		free(s->name);
		free(s->title);
		free(s->description);
		json_object_put(s->members);
		json_object_put(s->document);
	}
	for (i = 0; i < c->engines_n; i++) {
		struct engine *g = &c->engines[i];

		free(g->name);
		free(g->title);
		free(g->description);
		free(g->dir);
		json_object_put(g->document);
	}
	free(c->scenarios);
	free(c->engines);
	memset(c, 0, sizeof(*c));
}

const struct scenario *catalog_scenario(const struct catalog *c, const char *name)
{
	size_t i;

	for (i = 0; i < c->scenarios_n; i++)
		if (strcmp(c->scenarios[i].name, name) == 0)
			return &c->scenarios[i];
	return NULL;
}

const struct engine *catalog_engine(const struct catalog *c, const char *name)
{
	size_t i;

	for (i = 0; i < c->engines_n; i++)
		if (strcmp(c->engines[i].name, name) == 0)
			return &c->engines[i];
	return NULL;
}

static void detail_range(struct err *e, const char *name, const struct json_object *m, const char *kind)
{
	double min = 0, max = 0;
	bool has_min = json_get_double(m, "min", &min), has_max = json_get_double(m, "max", &max);

	if (has_min && has_max)
		err_detail(e, name, "Must be between %.10g and %.10g", min, max);
	else if (has_min)
		err_detail(e, name, "Must be at least %.10g", min);
	else if (has_max)
		err_detail(e, name, "Must be at most %.10g", max);
	else
		err_detail(e, name, "Must be a %s", kind);
}

static bool within(const struct json_object *m, double v)
{
	double limit;

	return !(json_get_double(m, "min", &limit) && v < limit) && !(json_get_double(m, "max", &limit) && v > limit);
}

static struct json_object *check_integer(const char *name, const struct json_object *m, const struct json_object *v, struct err *e)
{
	int64_t i;

	if (json_in_i64(v, &i) && within(m, (double)i))
		return json_object_new_int64(i);
	detail_range(e, name, m, "whole number");
	return NULL;
}

static struct json_object *check_number(const char *name, const struct json_object *m, const struct json_object *v, struct err *e)
{
	double d;

	if (json_in_double(v, &d) && within(m, d))
		return deep_copy((struct json_object *)(uintptr_t)v);
	detail_range(e, name, m, "number");
	return NULL;
}

static struct json_object *check_string(const char *name, const struct json_object *m, const struct json_object *v, struct err *e)
{
	struct json_object *choices = json_get(m, "enum", NULL);
	struct buf list = {0};
	size_t i;
	bool found = false;

	if (!choices) {
		if (json_object_is_type(v, json_type_string) && json_object_get_string_len(v) <= STRING_MAX)
			return deep_copy((struct json_object *)(uintptr_t)v);
		err_detail(e, name, "Must be a text of at most %d bytes", STRING_MAX);
		return NULL;
	}
	for (i = 0; i < json_object_array_length(choices); i++) {
		struct json_object *choice = json_object_array_get_idx(choices, i);

		found = found || (json_object_is_type(v, json_type_string) && json_object_equal(choice, (struct json_object *)(uintptr_t)v));
		buf_addf(&list, "%s%s", i ? ", " : "", json_object_get_string(choice));
	}
	if (!found)
		err_detail(e, name, "Must be one of %s", buf_str(&list));
	buf_clear(&list);
	return found ? deep_copy((struct json_object *)(uintptr_t)v) : NULL;
}

static struct json_object *check_value(const char *name, const struct json_object *m, const struct json_object *v, struct err *e)
{
	const char *type = "";

	json_get_string(m, "type", &type);
	if (strcmp(type, "integer") == 0)
		return check_integer(name, m, v, e);
	if (strcmp(type, "number") == 0)
		return check_number(name, m, v, e);
	if (strcmp(type, "string") == 0)
		return check_string(name, m, v, e);
	if (json_object_is_type(v, json_type_boolean))
		return json_object_new_boolean(json_object_get_boolean(v));
	err_detail(e, name, "Must be true or false");
	return NULL;
}

/* {"less_or_equal": [a, b], "message": text}: the message is for member a.  A default that nobody asked for gives way instead. */
static void check_rules(const struct engine *g, struct json_object *done, const struct json_object *given, struct err *e)
{
	size_t i;

	for (i = 0; g->rules && i < json_object_array_length(g->rules); i++) {
		struct json_object *rule = json_object_array_get_idx(g->rules, i), *pair = json_get(rule, "less_or_equal", NULL);
		const char *a, *b, *message;
		double x, y;

		if (!pair || json_object_array_length(pair) != 2 || !json_get_string(rule, "message", &message))
			continue;
		a = json_object_get_string(json_object_array_get_idx(pair, 0));
		b = json_object_get_string(json_object_array_get_idx(pair, 1));
		if (!json_get_double(done, a, &x) || !json_get_double(done, b, &y) || x <= y)
			continue;
		if (json_get(given, a, NULL))
			err_detail(e, a, "%s", message);
		else
			json_object_object_add(done, a, deep_copy(json_get(done, b, NULL)));
	}
}

static void refuse_unknown(const struct scenario *s, const struct json_object *given, struct err *e)
{
	json_object_object_foreach(given, name, value)
	{
		(void)value;
		if (!json_get(s->members, name, NULL))
			err_detail(e, name, "Unknown member for scenario %s", s->name);
	}
}

static bool is_applied(const struct json_object *member)
{
	bool applied;

	return json_get_bool(member, "applied", &applied) ? applied : true;
}

struct json_object *scenario_configure(const struct scenario *s, const struct json_object *given, struct err *e)
{
	struct json_object *done = json_object_new_object(), *v;
	bool present;

	if (given && !json_object_is_type(given, json_type_object)) {
		err_detail(e, "configuration", "Must be an object");
		return done;
	}
	json_object_object_foreach(s->members, name, m)
	{
		v = json_get(given, name, &present);
		/* A default that means nothing is not shown as if it did. */
		if (!present && !is_applied(m))
			continue;
		v = check_value(name, m, present ? v : json_get(m, "default", NULL), e);
		if (v)
			json_object_object_add(done, name, v);
	}
	if (given)
		refuse_unknown(s, given, e);
	check_rules(s->engine, done, given, e);
	return done;
}

int64_t configuration_i64(const struct json_object *configuration, const char *name, int64_t fallback)
{
	int64_t v;

	return json_get_i64(configuration, name, &v) ? v : fallback;
}

bool engine_can(const struct engine *engine, const char *capability)
{
	bool can;

	return json_get_bool(engine->capabilities, capability, &can) ? can : true;
}

bool scenario_applies(const struct scenario *s, const char *member)
{
	return is_applied(json_get(s->members, member, NULL));
}

void scenario_not_applied(const struct scenario *s, const struct json_object *given, const struct json_object *network_settings, struct buf *out)
{
	struct json_out j;

	json_out_init(&j, out);
	json_array_begin(&j, NULL);
	if (json_object_is_type(given, json_type_object)) {
		json_object_object_foreach(given, name, value)
		{
			(void)value;
			if (!is_applied(json_get(s->members, name, NULL)))
				json_put_string(&j, NULL, name);
		}
	}
	if (!engine_can(s->engine, "network_emulation") && json_object_is_type(network_settings, json_type_object)) {
		json_object_object_foreach(network_settings, limit, v)
			if (v)
				json_put_string(&j, NULL, limit);
	}
	json_array_end(&j);
}
