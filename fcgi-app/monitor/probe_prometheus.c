/*
 * Kind prometheus: a text exposition.  Series without labels are read under their names, as many as a check may have, those of a language's runtime last; or those that the
 * configuration lists, where the parts of one name are added up.  The version comes from NAME_build_info, memory_usage from what every client library says of its own process.  An
 * address without a path means /metrics.
 */
#include "config.h"

#include "monitor/probe.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool ask(const struct probe_context *c, int step, const struct probe_result *r, struct probe_request *q)
{
	const char *host = strstr(c->config->url, "://");
	const char *path = host ? strpbrk(host + 3, "/?") : NULL;

	(void)r;
	snprintf(q->path, sizeof(q->path), "%s", path && path[1] ? "" : "/metrics");
	return step == 0;
}

static bool blank(char c)
{
	return c == ' ' || c == '\t';
}

/* How long the name is that a line begins with; 0: it begins with none. */
static size_t name_length(const char *line, size_t len)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_:", digits[] = "0123456789";
	size_t n = 0;

	while (n < len && line[n] && (strchr(letters, line[n]) || (n > 0 && strchr(digits, line[n]))))
		n++;
	return n;
}

/* What follows the name and its labels: "value [timestamp]". */
static bool value_at(const char *p, const char *end, double *v)
{
	char text[64], *rest;
	size_t n = 0;

	while (p < end && blank(*p))
		p++;
	while (p + n < end && !blank(p[n]) && p[n] != '\r')
		n++;
	if (n == 0 || n >= sizeof(text))
		return false;
	memcpy(text, p, n);
	text[n] = '\0';
	*v = strtod(text, &rest); /* NaN and +Inf are part of the format */
	return *rest == '\0';
}

/* Behind the labels that begin at p, a quoted '}' in them being none; NULL: they do not end. */
static const char *after_labels(const char *p, const char *end)
{
	bool quoted = false;

	for (; p < end; p++) {
		if (quoted && *p == '\\')
			p++;
		else if (*p == '"')
			quoted = !quoted;
		else if (!quoted && *p == '}')
			return p + 1;
	}
	return NULL;
}

static bool begins(const char *name, const char *with)
{
	return strncmp(name, with, strlen(with)) == 0;
}

/* What the client libraries say of the language's runtime, in every program the same. */
static bool of_runtime(const char *name)
{
	return begins(name, "go_") || begins(name, "promhttp_") || begins(name, "process_") || begins(name, "python_") || begins(name, "jvm_") || begins(name, "nodejs_");
}

/* NAME_build_info{…,version="1.5.0"} 1: where exporters tell their version. */
static void take_version(struct probe_result *r, const char *series, size_t len, const char *end)
{
	static const char suffix[] = "_build_info", label[] = "version=\"";
	const char *p, *quote;

	if (r->version[0] || of_runtime(series) || len <= strlen(suffix) || memcmp(series + len - strlen(suffix), suffix, strlen(suffix)) != 0)
		return;
	for (p = series + len + 1; p + strlen(label) < end; p++) {
		if ((p[-1] != '{' && p[-1] != ',' && p[-1] != ' ') || strncmp(p, label, strlen(label)) != 0)
			continue;
		p += strlen(label);
		quote = memchr(p, '"', (size_t)(end - p));
		if (quote)
			probe_clean(p, (size_t)(quote - p), r->version, sizeof(r->version));
		return;
	}
}

/* Our names of metrics have small letters only, and no colons; false for what still is none. */
static bool metric_name(const char *series, size_t len, char name[PROBE_NAME_MAX])
{
	size_t i;

	if (len == 0 || len >= PROBE_NAME_MAX)
		return false;
	for (i = 0; i < len; i++)
		name[i] = series[i] == ':' ? '_' : (char)tolower((unsigned char)series[i]);
	name[len] = '\0';
	return name[0] >= 'a' && name[0] <= 'z' && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == len;
}

/* Each of a list of names. */
static const char *next_name(const char *list, size_t *len)
{
	list += strspn(list, " \t");
	*len = strcspn(list, " \t");
	return *len ? list : NULL;
}

static bool is_listed(const char *list, const char *series, size_t series_len)
{
	size_t len;

	for (; (list = next_name(list, &len)); list += len)
		if (len == series_len && memcmp(list, series, len) == 0)
			return true;
	return false;
}

/* Those that are wanted have their room from the beginning, and are null while they are not there. */
static void expect_listed(struct probe_result *r, const char *list)
{
	char name[PROBE_NAME_MAX];
	size_t len;

	for (; list && (list = next_name(list, &len)); list += len)
		if (metric_name(list, len, name))
			probe_null(r, name);
}

/* A series with labels is a part of what its name stands for. */
static void add_up(struct probe_result *r, const char *name, double v)
{
	size_t i;

	for (i = 0; i < r->values_n; i++)
		if (strcmp(r->values[i].name, name) == 0 && r->values[i].type == PROBE_NUMBER)
			v += r->values[i].number;
	probe_number(r, name, v);
}

struct sample {
	const char *series; /* its name, not ended */
	size_t len;
	bool labels;
	double v;
};

/* Those of the runtime have their turn after all others, so that they take nobody's room. */
static void take(struct probe_result *r, const char *list, const struct sample *s, bool runtime)
{
	static const char resident[] = "process_resident_memory_bytes";
	char name[PROBE_NAME_MAX];

	if (!runtime && s->len == strlen(resident) && memcmp(s->series, resident, s->len) == 0)
		probe_number(r, "memory_usage", s->v / 1e6);
	if (!isfinite(s->v) || !metric_name(s->series, s->len, name))
		return;
	if (!list && !s->labels && of_runtime(name) == runtime)
		probe_number(r, name, s->v);
	else if (list && !runtime && is_listed(list, s->series, s->len))
		add_up(r, name, s->v);
}

/* One line; true for a sample. */
static bool take_line(struct probe_result *r, const char *list, const char *line, size_t len, bool runtime)
{
	const char *end = line + len, *p;
	struct sample s = {.series = line, .len = name_length(line, len)};

	if (s.len == 0 || s.len == len)
		return false;
	p = line + s.len;
	s.labels = *p == '{';
	if (s.labels && !(p = after_labels(p + 1, end)))
		return false;
	if ((!s.labels && !blank(*p)) || !value_at(p, end, &s.v))
		return false;
	if (s.labels)
		take_version(r, line, s.len, p);
	take(r, list, &s, runtime);
	return true;
}

static size_t take_lines(struct probe_result *r, const char *list, const struct probe_answer *a, bool runtime)
{
	const char *p = a->body, *end = a->body + a->body_len, *eol;
	size_t samples = 0;

	for (; p < end; p = eol + 1) {
		eol = memchr(p, '\n', (size_t)(end - p));
		/* The last line of a part may be half a number. */
		if (!eol && a->cut)
			break;
		if (!eol)
			eol = end;
		samples += take_line(r, list, p, (size_t)(eol - p), runtime);
	}
	return samples;
}

static void read(const struct probe_context *c, int step, const struct probe_answer *a, struct probe_result *r)
{
	struct probe_answer whole = *a;

	(void)step;
	whole.cut = false; /* expositions are long: the part that fits is read */
	if (!probe_read_status(&whole, r))
		return;
	probe_null(r, "memory_usage"); /* its room is kept for it, however many there are before it */
	expect_listed(r, c->config->metrics);
	if (take_lines(r, c->config->metrics, a, false) == 0)
		probe_degrade(r, "%s has no samples of the text exposition", a->path);
	take_lines(r, c->config->metrics, a, true);
}

const struct probe_driver probe_prometheus = {.schemes = "http https", .ask = ask, .read = read};
