/*
 * Kind prometheus: a text exposition.  Of the samples, what every client library offers of its own process is read under our names, and series without labels under theirs, as many as a
 * check may have.  An address without a path means /metrics.
 */
#include "config.h"

#include "monitor/probe.h"

#include "lib/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool ask(const struct probe_context *c, int step, const struct probe_result *r, struct probe_request *q)
{
	const char *host = strstr(c->config->url, "://");
	const char *path = host ? strchr(host + 3, '/') : NULL;

	(void)r;
	snprintf(q->path, sizeof(q->path), "%s", path && path[1] ? "" : "/metrics");
	return step == 0;
}

static bool blank(char c)
{
	return c == ' ' || c == '\t';
}

/* One line "name value [timestamp]" without labels; false for any other. */
static bool sample_line(const char *line, size_t len, char name[PROBE_NAME_MAX], double *v)
{
	char text[64];
	size_t n = 0, at;
	char *end;

	while (n < len && !blank(line[n]) && line[n] != '{')
		n++;
	if (n == 0 || n >= PROBE_NAME_MAX || n == len || line[n] == '{' || line[0] == '#')
		return false;
	memcpy(name, line, n);
	name[n] = '\0';
	for (at = n; at < len && blank(line[at]); at++)
		;
	for (n = at; n < len && !blank(line[n]); n++)
		;
	if (n == at || n - at >= sizeof(text))
		return false;
	memcpy(text, line + at, n - at);
	text[n - at] = '\0';
	*v = strtod(text, &end); /* NaN and +Inf are part of the format */
	return *end == '\0';
}

static bool is_metric_name(const char *name)
{
	return name[0] >= 'a' && name[0] <= 'z' && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == strlen(name);
}

static void take(struct probe_result *r, const char *name, double v)
{
	if (strcmp(name, "process_resident_memory_bytes") == 0)
		probe_number(r, "memory_usage", v / 1e6);
	if (is_metric_name(name) && isfinite(v))
		probe_number(r, name, v);
}

static void read(const struct probe_context *c, int step, const struct probe_answer *a, struct probe_result *r)
{
	const char *p = a->body, *end = a->body + a->body_len, *eol;
	char name[PROBE_NAME_MAX];
	size_t samples = 0;
	double v;

	(void)c;
	(void)step;
	/* Expositions are long: the part that fits is read. */
	if (a->cut && a->status == 200) {
		struct probe_answer whole = *a;

		whole.cut = false;
		if (!probe_read_status(&whole, r))
			return;
	} else if (!probe_read_status(a, r)) {
		return;
	}
	for (; p < end; p = eol < end ? eol + 1 : end) {
		eol = memchr(p, '\n', (size_t)(end - p));
		if (!eol)
			eol = end;
		if (*p != '#' && memchr(p, '{', (size_t)(eol - p)) && memchr(p, '}', (size_t)(eol - p)))
			samples++;
		else if (sample_line(p, (size_t)(eol - p), name, &v)) {
			samples++;
			take(r, name, v);
		}
	}
	if (samples == 0)
		probe_degrade(r, "%s has no samples of the text exposition", a->path);
}

const struct probe_driver probe_prometheus = {.schemes = "http https", .ask = ask, .read = read};
