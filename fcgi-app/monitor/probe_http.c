/* Kinds http and json: any address with an expected status, and a member of its JSON with an expected value. */
#include "config.h"

#include "monitor/probe.h"

#include "lib/json_in.h"
#include "lib/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool ask_once(const struct probe_context *c, int step, const struct probe_result *r, struct probe_request *q)
{
	(void)c;
	(void)r;
	(void)q; /* the address itself */
	return step == 0;
}

/* Where 200 is wanted, any other success is as good. */
static bool read_expected(const struct probe_context *c, const struct probe_answer *a, struct probe_result *r)
{
	int64_t want = c->config->expect_status ? c->config->expect_status : 200;

	if (a->status == want || (want == 200 && a->status / 100 == 2)) {
		if (a->incomplete)
			probe_degrade(r, "It began to answer and did not finish");
		else if (a->cut)
			probe_degrade(r, "It answered with more than %d KiB", PROBE_BODY_MAX / 1024);
		return !a->incomplete && !a->cut;
	}
	if (a->status / 100 == 3)
		probe_degrade(r, "It answered with a redirect (%d), which is not followed", a->status);
	else
		probe_fail(r, "It answered %d where %d is expected", a->status, (int)want);
	return false;
}

static void read_http(const struct probe_context *c, int step, const struct probe_answer *a, struct probe_result *r)
{
	(void)step;
	read_expected(c, a, r);
}

/* "checks.0.state" in an object; NULL when it is not there (or null). */
static struct json_object *at_path(struct json_object *o, const char *path)
{
	char part[PROBE_NAME_MAX];
	size_t n;
	int64_t i;

	while (o && *path) {
		n = strcspn(path, ".");
		if (n == 0 || n >= sizeof(part))
			return NULL;
		memcpy(part, path, n);
		part[n] = '\0';
		path += path[n] ? n + 1 : n;
		if (!json_object_is_type(o, json_type_array))
			o = json_get(o, part, NULL);
		else if (text_to_i64(part, &i) && i >= 0 && i < (int64_t)json_object_array_length(o))
			o = json_object_array_get_idx(o, (size_t)i);
		else
			return NULL;
	}
	return o;
}

static bool equals(const struct json_object *o, const char *want)
{
	double number, wanted;

	if (json_object_is_type(o, json_type_string))
		return strcmp(json_object_get_string((struct json_object *)(uintptr_t)o), want) == 0;
	if (json_in_double(o, &number) && text_to_double(want, &wanted))
		return fabs(number - wanted) <= 1e-12 * fabs(wanted);
	return strcmp(json_object_to_json_string((struct json_object *)(uintptr_t)o), want) == 0;
}

static void read_member(const struct service_config *config, struct json_object *o, struct probe_result *r)
{
	struct json_object *member = at_path(o, config->json_path);

	if (!member)
		probe_fail(r, "Its answer has no member %.80s", config->json_path);
	else if (config->json_value && !equals(member, config->json_value))
		probe_fail(r, "%.60s is %.40s where %.40s is expected", config->json_path,
			   json_object_is_type(member, json_type_string) ? json_object_get_string(member) : json_object_to_json_string(member), config->json_value);
}

/* What it says beside: numbers and booleans at the top, under their own names where these can be metrics' names. */
static void take_metrics(struct json_object *o, struct probe_result *r)
{
	struct json_object_iterator it = json_object_iter_begin(o), end = json_object_iter_end(o);

	for (; !json_object_iter_equal(&it, &end); json_object_iter_next(&it)) {
		const char *name = json_object_iter_peek_name(&it);

		if (name[0] >= 'a' && name[0] <= 'z' && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == strlen(name))
			probe_take_number(r, o, name, name);
	}
}

static void read_json(const struct probe_context *c, int step, const struct probe_answer *a, struct probe_result *r)
{
	struct probe_answer wanted = *a;
	struct json_object *o;

	(void)step;
	if (!read_expected(c, a, r))
		return;
	wanted.status = 200; /* whichever status was expected, its body is to be read */
	o = probe_read_json(&wanted, r);
	if (!o)
		return;
	if (c->config->json_path)
		read_member(c->config, o, r);
	take_metrics(o, r);
	json_object_put(o);
}

const struct probe_driver probe_http = {.schemes = "http https", .ask = ask_once, .read = read_http};
const struct probe_driver probe_json = {.schemes = "http https", .ask = ask_once, .read = read_json};
