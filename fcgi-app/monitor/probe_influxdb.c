/*
 * Kind influxdb: 1.x and 2.x.  Both answer /ping with 204 and their version in a header; 2.x (and late 1.x) also have a health document that may say "fail" while /ping is well.
 * 1.x before 1.8 answers 404 there, which means nothing.
 */
#include "config.h"

#include "monitor/probe.h"

#include "lib/json_in.h"

#include <stdio.h>

static bool ask(const struct probe_context *c, int step, const struct probe_result *r, struct probe_request *q)
{
	(void)c;
	if (step > 1 || r->seen == SEEN_FAILED)
		return false;
	snprintf(q->path, sizeof(q->path), "%s", step == 0 ? "/ping" : "/health");
	if (step == 0)
		q->header = "X-Influxdb-Version";
	return true;
}

static void read_ping(const struct probe_answer *a, struct probe_result *r)
{
	const char *version = a->header;

	if (!probe_read_status(a, r))
		return;
	if (!version[0]) {
		probe_degrade(r, "/ping names no version: it may not be InfluxDB");
		return;
	}
	probe_version(r, version[0] == 'v' ? version + 1 : version);
}

static void read_health(const struct probe_answer *a, struct probe_result *r)
{
	const char *word, *message = NULL;
	struct json_object *o;

	/* A failing 2.x says so with 503 and the document. */
	if (a->status != 200 && a->status != 503)
		return;
	if (json_in_parse_lenient(a->body, a->body_len, &o, NULL) == -1)
		return;
	json_get_string(o, "message", &message);
	if (json_get_string(o, "status", &word) && word[0] == 'f')
		probe_fail(r, "It says \"%.20s\" of itself%s%.120s", word, message ? ": " : "", message ? message : "");
	json_object_put(o);
}

static void read(const struct probe_context *c, int step, const struct probe_answer *a, struct probe_result *r)
{
	(void)c;
	if (step == 0)
		read_ping(a, r);
	else
		read_health(a, r);
}

const struct probe_driver probe_influxdb = {.schemes = "http https", .ask = ask, .read = read};
