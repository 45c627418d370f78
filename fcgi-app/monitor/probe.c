/* Results of checks and what all drivers share; see probe.h. */
#include "config.h"

#include "monitor/probe.h"

#include "lib/json_in.h"
#include "lib/text.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

const struct probe_driver *const probe_drivers[PROBE_MAX] = {
	[PROBE_COLLECTOR] = &probe_collector,
	[PROBE_POLICY_ENGINE] = &probe_policy_engine,
	[PROBE_FL_SERVER] = &probe_fl_server,
	[PROBE_SDN] = &probe_sdn,
	[PROBE_HTTP] = &probe_http,
	[PROBE_JSON] = &probe_json,
	[PROBE_PROMETHEUS] = &probe_prometheus,
	[PROBE_TCP] = &probe_tcp,
	[PROBE_INFLUXDB] = &probe_influxdb,
	[PROBE_REDIS] = &probe_redis,
	[PROBE_MONGODB] = &probe_mongodb,
	[PROBE_PROCESS] = &probe_process,
};

void probe_result_init(struct probe_result *r)
{
	memset(r, 0, sizeof(*r));
	r->seen = SEEN_WELL;
	r->response_ms = NAN;
}

/* Length of the well-formed character at s, 0 when there is none. */
static size_t character(const char *s, size_t len)
{
	size_t n;

	for (n = 1; n <= 4 && n <= len; n++)
		if (text_utf8_valid(s, n))
			return n;
	return 0;
}

const char *probe_clean(const char *text, size_t len, char *out, size_t size)
{
	size_t at = 0, to = 0, n;

	while (at < len && to + 1 < size) {
		unsigned char c = (unsigned char)text[at];

		n = c >= 0x20 && c != 0x7f ? character(text + at, len - at) : 0;
		if (n == 0) {
			out[to++] = c < 0x20 || c == 0x7f ? ' ' : '?';
			at++;
			continue;
		}
		if (to + n >= size)
			break;
		memcpy(out + to, text + at, n);
		to += n;
		at += n;
	}
	out[to] = '\0';
	return out;
}

static void add_issue(struct probe_result *r, enum health_seen seen, const char *fmt, va_list ap)
{
	char text[2 * PROBE_TEXT_MAX];
	int n = vsnprintf(text, sizeof(text), fmt, ap);

	if (seen < r->seen)
		r->seen = seen;
	if (n > 0 && r->issues_n < PROBE_ISSUES_MAX)
		probe_clean(text, (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1, r->issues[r->issues_n++], PROBE_TEXT_MAX);
}

void probe_fail(struct probe_result *r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add_issue(r, SEEN_FAILED, fmt, ap);
	va_end(ap);
}

void probe_degrade(struct probe_result *r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add_issue(r, SEEN_DEGRADED, fmt, ap);
	va_end(ap);
}

void probe_version(struct probe_result *r, const char *version)
{
	probe_clean(version, strlen(version), r->version, sizeof(r->version));
}

static struct probe_value *value(struct probe_result *r, const char *name, enum probe_type type)
{
	struct probe_value *v;
	size_t i;

	for (i = 0; i < r->values_n && strcmp(r->values[i].name, name) != 0; i++)
		;
	if (i == PROBE_VALUES_MAX || strlen(name) >= PROBE_NAME_MAX)
		return NULL;
	v = &r->values[i];
	if (i == r->values_n)
		r->values_n++;
	snprintf(v->name, sizeof(v->name), "%s", name);
	v->type = type;
	v->text[0] = '\0';
	return v;
}

void probe_number(struct probe_result *r, const char *name, double number)
{
	struct probe_value *v = value(r, name, isfinite(number) ? PROBE_NUMBER : PROBE_NULL);

	if (v)
		v->number = number;
}

void probe_text(struct probe_result *r, const char *name, const char *text)
{
	struct probe_value *v = value(r, name, PROBE_TEXT);

	if (v)
		probe_clean(text, strlen(text), v->text, sizeof(v->text));
}

void probe_bool(struct probe_result *r, const char *name, bool on)
{
	struct probe_value *v = value(r, name, PROBE_BOOLEAN);

	if (v)
		v->number = on;
}

void probe_null(struct probe_result *r, const char *name)
{
	value(r, name, PROBE_NULL);
}

bool probe_read_status(const struct probe_answer *a, struct probe_result *r)
{
	if (a->status >= 500 && !a->later)
		probe_fail(r, "%s answered %d", a->path, a->status);
	else if (a->status == 401 || a->status == 403)
		probe_degrade(r, "%s wants credentials (%d)", a->path, a->status);
	else if (a->status >= 400)
		probe_degrade(r, "%s answered %d", a->path, a->status);
	else if (a->status >= 300)
		probe_degrade(r, "%s answered with a redirect (%d), which is not followed", a->path, a->status);
	else if (a->incomplete)
		probe_degrade(r, "%s began to answer and did not finish", a->path);
	else if (a->cut)
		probe_degrade(r, "%s answered with more than %d KiB", a->path, PROBE_BODY_MAX / 1024);
	else
		return true;
	return false;
}

static bool is_json(const char *content_type)
{
	return strncasecmp(content_type, "application/json", 16) == 0 || strncasecmp(content_type, "application/health+json", 23) == 0;
}

struct json_object *probe_read_json(const struct probe_answer *a, struct probe_result *r)
{
	struct json_object *o = NULL;
	struct err e;

	if (!probe_read_status(a, r) || a->status == 204)
		return NULL;
	if (a->body_len == 0) {
		probe_degrade(r, "%s answered with nothing where JSON is expected", a->path);
		return NULL;
	}
	if (!is_json(a->content_type)) {
		probe_degrade(r, "%s answered with %.60s where JSON is expected", a->path, a->content_type[0] ? a->content_type : "no content type");
		return NULL;
	}
	if (json_in_parse_lenient(a->body, a->body_len, &o, &e) == -1) {
		probe_degrade(r, "%s answered with JSON that cannot be read: %.100s", a->path, e.msg);
		return NULL;
	}
	if (!json_object_is_type(o, json_type_object)) {
		json_object_put(o);
		probe_degrade(r, "%s answered with JSON that is not an object", a->path);
		return NULL;
	}
	return o;
}

void probe_silent(int step, const char *path, const char *why, struct probe_result *r)
{
	if (step == 0)
		probe_fail(r, "%s", why);
	else
		probe_degrade(r, "It is alive, but does not answer %.40s: %.100s", path, why);
}

static bool one_of(const char *word, const char *const *words)
{
	for (; *words; words++)
		if (strcasecmp(word, *words) == 0)
			return true;
	return false;
}

void probe_read_word(const char *word, struct probe_result *r)
{
	static const char *const well[] = {"ok", "healthy", "pass", "up", "running", NULL};
	static const char *const worse[] = {"degraded", "warn", "warning", NULL};

	if (one_of(word, well))
		return;
	if (one_of(word, worse))
		probe_degrade(r, "It says \"%.60s\" of itself", word);
	else
		probe_fail(r, "It says \"%.60s\" of itself", word);
}

void probe_take_number(struct probe_result *r, const struct json_object *o, const char *member, const char *name)
{
	bool on, present;
	double v;

	if (json_get_double(o, member, &v))
		probe_number(r, name, v);
	else if (json_get_bool(o, member, &on))
		probe_bool(r, name, on);
	else if (!json_get(o, member, &present) && present)
		probe_null(r, name); /* also what was NaN, or beyond 64 bits */
}

void probe_take_text(struct probe_result *r, const struct json_object *o, const char *member, const char *name)
{
	const char *text;

	if (json_get_string(o, member, &text))
		probe_text(r, name, text);
}
