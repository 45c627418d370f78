/*
 * Kind prometheus: a text exposition.  Series without labels are read under their names, as many as a check may have, those of a language's runtime last; the version comes from
 * NAME_build_info, memory_usage from what every client library says of its own process.  An address without a path means /metrics.
 */
#include "config.h"

#include "monitor/probe.h"

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
static void take_version(struct probe_result *r, const char *name, const char *labels, const char *end)
{
	static const char suffix[] = "_build_info", label[] = "version=\"";
	size_t len = strlen(name);
	const char *p, *quote;

	if (r->version[0] || of_runtime(name) || len <= strlen(suffix) || strcmp(name + len - strlen(suffix), suffix) != 0)
		return;
	for (p = labels; p + strlen(label) < end; p++) {
		if ((p[-1] != '{' && p[-1] != ',' && p[-1] != ' ') || strncmp(p, label, strlen(label)) != 0)
			continue;
		p += strlen(label);
		quote = memchr(p, '"', (size_t)(end - p));
		if (quote)
			probe_clean(p, (size_t)(quote - p), r->version, sizeof(r->version));
		return;
	}
}

static bool is_metric_name(const char *name)
{
	return name[0] >= 'a' && name[0] <= 'z' && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == strlen(name);
}

/* One line; true for a sample.  Those of the runtime have their turn after all others, so that they take nobody's room. */
static bool take_line(struct probe_result *r, const char *line, size_t len, bool runtime)
{
	char name[PROBE_NAME_MAX];
	const char *end = line + len, *p;
	size_t n = name_length(line, len);
	double v;

	if (n == 0 || n == len)
		return false;
	p = line + n;
	if (*p == '{' && !(p = after_labels(p + 1, end)))
		return false;
	if (p < end && !blank(*p) && p[-1] != '}')
		return false;
	if (!value_at(p, end, &v))
		return false;
	if (n >= sizeof(name))
		return true;
	memcpy(name, line, n);
	name[n] = '\0';
	if (line[n] == '{')
		take_version(r, name, line + n + 1, p);
	else if (of_runtime(name) == runtime && is_metric_name(name) && isfinite(v))
		probe_number(r, name, v);
	if (!runtime && strcmp(name, "process_resident_memory_bytes") == 0)
		probe_number(r, "memory_usage", v / 1e6);
	return true;
}

static size_t take_lines(struct probe_result *r, const struct probe_answer *a, bool runtime)
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
		samples += take_line(r, p, (size_t)(eol - p), runtime);
	}
	return samples;
}

static void read(const struct probe_context *c, int step, const struct probe_answer *a, struct probe_result *r)
{
	struct probe_answer whole = *a;

	(void)c;
	(void)step;
	whole.cut = false; /* expositions are long: the part that fits is read */
	if (!probe_read_status(&whole, r))
		return;
	probe_null(r, "memory_usage"); /* its room is kept for it, however many there are before it */
	if (take_lines(r, a, false) == 0)
		probe_degrade(r, "%s has no samples of the text exposition", a->path);
	take_lines(r, a, true);
}

const struct probe_driver probe_prometheus = {.schemes = "http https", .ask = ask, .read = read};
