/* What people send about an experiment; see experiment_input.h. */
#include "config.h"

#include "api/experiment_input.h"

#include "experiment/network.h"
#include "lib/json_in.h"
#include "lib/mem.h"
#include "lib/text.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *input_text(const struct json_object *v, const char *field, size_t min_chars, size_t max_chars, struct err *e)
{
	const char *text;
	size_t len, chars;

	if (json_object_is_type(v, json_type_string)) {
		text = json_object_get_string((struct json_object *)(uintptr_t)v);
		len = (size_t)json_object_get_string_len(v);
		chars = text_utf8_count(text, len);
		/* Blank is no name. */
		if (chars >= min_chars && chars <= max_chars && (min_chars == 0 || strspn(text, " \t\r\n") < len))
			return mem_strndup(text, len);
	}
	if (min_chars)
		err_detail(e, field, "Must be a text of %zu to %zu characters", min_chars, max_chars);
	else
		err_detail(e, field, "Must be a text of at most %zu characters", max_chars);
	return NULL;
}

char *input_tags(const struct json_object *v, struct err *e)
{
	struct buf out = {0};
	struct json_out j;
	size_t i, before = e->details_n;

	json_out_init(&j, &out);
	json_array_begin(&j, NULL);
	if (!json_object_is_type(v, json_type_array) || json_object_array_length(v) > TAGS_MAX) {
		err_detail(e, "tags", "Must be a list of at most %d texts", TAGS_MAX);
	} else {
		for (i = 0; i < json_object_array_length(v); i++) {
			char *tag = input_text(json_object_array_get_idx(v, i), "tags", 1, TAG_MAX_CHARS, e);

			if (tag)
				json_put_string(&j, NULL, tag);
			free(tag);
		}
	}
	json_array_end(&j);
	if (e->details_n == before)
		return buf_take(&out);
	buf_clear(&out);
	return NULL;
}

/* [A-Za-z0-9][A-Za-z0-9._-]*, as FLOPY-NET's policy engine names them. */
static bool is_policy_name(const char *s)
{
	size_t n = 0;

	for (; s[n]; n++)
		if (!isalnum((unsigned char)s[n]) && (n == 0 || !strchr("_.-", s[n])))
			return false;
	return n > 0 && n <= POLICY_NAME_MAX;
}

/* Names, each once.  Until a policy engine has been asked, every one is unverified. */
static void read_policies(const struct json_object *v, struct experiment_input *in, struct err *e)
{
	struct buf names = {0}, status = {0};
	struct json_out jn, js;
	size_t i, n = 0, k;

	json_out_init(&jn, &names);
	json_out_init(&js, &status);
	json_array_begin(&jn, NULL);
	json_object_begin(&js, NULL);
	if (v && (!json_object_is_type(v, json_type_array) || json_object_array_length(v) > POLICIES_MAX))
		err_detail(e, "policies", "Must be a list of at most %d names, such as [\"adaptive_qos\"]", POLICIES_MAX);
	else
		n = v ? json_object_array_length(v) : 0;
	for (i = 0; i < n; i++) {
		struct json_object *item = json_object_array_get_idx(v, i);
		const char *name = json_object_is_type(item, json_type_string) ? json_object_get_string(item) : "";

		for (k = 0; k < i && strcmp(name, json_object_get_string(json_object_array_get_idx(v, k))) != 0; k++)
			;
		if (!is_policy_name(name)) {
			err_detail(e, "policies", "Must be names of 1 to %d letters, digits, '_', '.' or '-', beginning with a letter or digit", POLICY_NAME_MAX);
			break;
		}
		if (k < i) {
			err_detail(e, "policies", "%s stands twice", name);
			break;
		}
		json_put_string(&jn, NULL, name);
		json_put_string(&js, name, "unverified");
	}
	json_array_end(&jn);
	json_object_end(&js);
	in->policies = buf_take(&names);
	in->policy_status = buf_take(&status);
}

static char *compact(struct json_object *v)
{
	return mem_strdup(json_object_to_json_string_ext(v, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
}

static const struct scenario *read_scenario(const struct catalog *catalog, const struct json_object *body, struct err *e)
{
	const struct scenario *s;
	const char *name;
	struct buf known = {0};
	size_t i;

	if (json_get_string(body, "scenario", &name) && (s = catalog_scenario(catalog, name)))
		return s;
	for (i = 0; i < catalog->scenarios_n; i++)
		buf_addf(&known, "%s%s", i ? ", " : "", catalog->scenarios[i].name);
	err_detail(e, "scenario", "Must be one of %s", buf_str(&known));
	buf_clear(&known);
	return NULL;
}

static void read_for_scenario(const struct scenario *s, const struct json_object *body, struct experiment_input *in, struct err *e)
{
	struct json_object *configuration = scenario_configure(s, json_get(body, "configuration", NULL), e), *settings;
	struct network network;
	struct buf not_applied = {0};

	in->scenario = mem_strdup(s->name);
	in->engine = mem_strdup(s->engine->name);
	in->configuration = compact(configuration);
	in->clients_count = scenario_applies(s, "clients") ? configuration_i64(configuration, "clients", 0) : 0;
	in->rounds_total = configuration_i64(configuration, "rounds", 0);
	json_object_put(configuration);
	settings = json_get(body, "network_settings", NULL);
	if (!settings)
		settings = s->network;
	network_parse(settings, &network, e);
	in->network_settings = settings ? compact(settings) : mem_strdup("{}");
	scenario_not_applied(s, json_get(body, "configuration", NULL), settings, &not_applied);
	in->not_applied = buf_take(&not_applied);
}

int experiment_input_read(const struct catalog *catalog, const struct json_object *body, struct experiment_input *in, struct err *e)
{
	static const char *const names[] = {"name", "scenario", "configuration", "network_settings", "policies", "tags", "notes", NULL};
	struct json_object *v;
	const struct scenario *s;

	memset(in, 0, sizeof(*in));
	err_clear(e);
	if (!body)
		return err_set(e, ERR_INVALID, "A JSON object is needed, such as {\"name\":\"First\",\"scenario\":\"basic_fl\"}");
	json_in_known(body, names, "", e);
	in->name = input_text(json_get(body, "name", NULL), "name", 1, NAME_MAX_CHARS, e);
	v = json_get(body, "tags", NULL);
	in->tags = v ? input_tags(v, e) : mem_strdup("[]");
	v = json_get(body, "notes", NULL);
	in->notes = v ? input_text(v, "notes", 0, NOTES_MAX_CHARS, e) : mem_strdup("");
	read_policies(json_get(body, "policies", NULL), in, e);
	s = read_scenario(catalog, body, e);
	if (s)
		read_for_scenario(s, body, in, e);
	return err_collected(e, "Invalid experiment configuration");
}

void experiment_input_clear(struct experiment_input *in)
{
	free(in->name);
	free(in->scenario);
	free(in->engine);
	free(in->configuration);
	free(in->network_settings);
	free(in->not_applied);
	free(in->policies);
	free(in->policy_status);
	free(in->tags);
	free(in->notes);
	memset(in, 0, sizeof(*in));
}
