/*
 * What a hostile service can say: the adapters of all kinds read it, and what they make of it is fit for the store and the page.  The first byte chooses the kind, the second what else
 * is known; then the answers follow, each ended by a line "---": a status, a content type, the header, and the body.
 */
#include "config.h"

#include "lib/mem.h"
#include "lib/text.h"
#include "monitor/mongodb_answer.h"
#include "monitor/probe.h"
#include "monitor/redis_answer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool holds)
{
	if (!holds)
		abort();
}

static void need_text(const char *text, size_t size)
{
	size_t len = strnlen(text, size), i;

	need(len < size && text_utf8_valid(text, len));
	for (i = 0; i < len; i++)
		need((unsigned char)text[i] >= 0x20 && text[i] != 0x7f);
}

static void check(const struct probe_result *r)
{
	size_t i, j;

	need(r->seen == SEEN_FAILED || r->seen == SEEN_DEGRADED || r->seen == SEEN_WELL);
	need(r->values_n <= PROBE_VALUES_MAX && r->issues_n <= PROBE_ISSUES_MAX);
	need(r->seen == SEEN_WELL || r->issues_n > 0);
	need_text(r->version, sizeof(r->version));
	for (i = 0; i < r->issues_n; i++)
		need_text(r->issues[i], sizeof(r->issues[i]));
	for (i = 0; i < r->values_n; i++) {
		const struct probe_value *v = &r->values[i];

		need(v->name[0] >= 'a' && v->name[0] <= 'z' && strlen(v->name) < sizeof(v->name));
		need(strspn(v->name, "abcdefghijklmnopqrstuvwxyz0123456789_") == strlen(v->name));
		need(v->type != PROBE_NUMBER || isfinite(v->number));
		need_text(v->text, sizeof(v->text));
		for (j = 0; j < i; j++)
			need(strcmp(v->name, r->values[j].name) != 0);
	}
}

/* The next line, without its end; *data and *size are what is left. */
static char *line(const char **data, size_t *size)
{
	const char *end = memchr(*data, '\n', *size);
	size_t n = end ? (size_t)(end - *data) : *size;
	char *copy = mem_alloc(n + 1);

	memcpy(copy, *data, n);
	n += end != NULL;
	*data += n;
	*size -= n;
	return copy;
}

/* Up to the line "---". */
static char *body(const char **data, size_t *size, size_t *len)
{
	static const char mark[] = "\n---\n";
	const char *end = memmem(*data, *size, mark, strlen(mark));
	size_t n = end ? (size_t)(end - *data) : *size;
	char *copy = mem_alloc(n + 1);

	memcpy(copy, *data, n);
	*len = n;
	n += end ? strlen(mark) : 0;
	*data += n;
	*size -= n;
	return copy;
}

static int status_of(const char *text)
{
	int64_t v = 0;

	text_to_i64(text, &v);
	return 100 + (int)(((uint64_t)v + 100) % 500);
}

static void http(const struct probe_driver *driver, const struct probe_context *c, unsigned odd, const char *data, size_t size, struct probe_result *r)
{
	struct probe_request q;
	int step;

	for (step = 0; step < PROBE_STEPS_MAX && (memset(&q, 0, sizeof(q)), driver->ask(c, step, r, &q)); step++) {
		char *status = line(&data, &size), *type = line(&data, &size), *header = line(&data, &size);
		struct probe_answer a = {.path = q.path[0] ? q.path : "It", .later = step > 0, .status = status_of(status), .cut = odd & 1, .incomplete = odd & 2};
		char clean_type[PROBE_NAME_MAX], clean_header[PROBE_NAME_MAX], *text = body(&data, &size, &a.body_len);

		need(q.path[0] == '\0' || q.path[0] == '/');
		a.content_type = probe_clean(type, strlen(type), clean_type, sizeof(clean_type));
		a.header = probe_clean(header, strlen(header), clean_header, sizeof(clean_header));
		a.body = text;
		if (odd & 4 && step == 1 && driver->silent)
			driver->silent(c, step, header, r);
		else if (odd & 4 && step == 1)
			probe_silent(step, q.path, header, r);
		else
			driver->read(c, step, &a, r);
		free(status);
		free(type);
		free(header);
		free(text);
	}
}

static void others(enum probe_kind kind, const char *data, size_t size, struct probe_result *r)
{
	struct mongodb_answer answer = {.ms = size & 1 ? NAN : 1};
	char *first = line(&data, &size), *second = line(&data, &size);

	if (kind == PROBE_REDIS) {
		redis_read_refusal(r, REDIS_PING, first, strlen(first));
		redis_read_info(r, data, size);
	} else {
		snprintf(answer.version, sizeof(answer.version), "%s", first);
		mongodb_error_take(&answer, (enum mongodb_error)(size % 3), second);
		mongodb_read(r, &answer);
	}
	free(first);
	free(second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char path[] = "a.0.b", value[] = "1", url[] = "http://h:1/api/metrics/fl", plain[] = "http://h:1", metrics[] = "a b_C  x:y";
	struct probe_result r;
	struct service_config config = {.json_path = path, .json_value = value};
	struct probe_context c = {.config = &config};

	if (size < 2)
		return 0;
	config.kind = (enum probe_kind)(data[0] % PROBE_MAX);
	config.url = data[1] & 8 ? url : plain;
	config.metrics = data[1] & 128 ? metrics : NULL;
	c.policy_configured = data[1] & 16;
	c.policy_fresh = data[1] & 32;
	c.was_stopped = data[1] & 64;
	probe_result_init(&r);
	if (probe_drivers[config.kind]->ask)
		http(probe_drivers[config.kind], &c, data[1], (const char *)data + 2, size - 2, &r);
	else
		others(config.kind, (const char *)data + 2, size - 2, &r);
	check(&r);
	return 0;
}
