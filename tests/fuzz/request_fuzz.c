/* What the API reads before it knows who asks: the environment, the request line, the query, header values.  Input: lines NAME=value. */
#include "config.h"

#include "api/media.h"
#include "api/router.h"
#include "api/uri.h"
#include "api/wire.h"
#include "lib/mem.h"
#include "lib/text.h"
#include "platform/origin.h"

#include <stdlib.h>
#include <string.h>

#define LINES_MAX 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_be_text(const char *s)
{
	if (!text_utf8_valid(s, strlen(s)))
		abort();
}

static void read_request(const struct wire *w)
{
	struct uri u = {0};
	struct buf text = {0};
	struct request q = {0};
	unsigned methods;
	struct err e;
	size_t i;

	if (w->uri && uri_split(&u, w->uri, w->script_name, &e) == 0) {
		for (i = 0; i < u.segments_n; i++)
			must_be_text(u.segments[i]);
		router_match(w->method ? method_from_name(w->method) : METHOD_GET, u.segments, u.segments_n, q.params, &methods);
	}
	if (w->uri && uri_query(&q, w->uri, "limit offset sort status q", &text, &e) == 0)
		for (i = 0; i < q.query_n; i++)
			must_be_text(q.query[i].value);
	uri_clear(&u);
	buf_clear(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = mem_strndup((const char *)data, size), *env[LINES_MAX + 1] = {NULL}, *line, *rest = copy;
	size_t n = 0;
	struct wire w;

	while (n < LINES_MAX && (line = strsep(&rest, "\n")) != NULL)
		env[n++] = line;
	wire_from_env(&w, env);
	read_request(&w);
	if (w.content_type)
		media_is_json(w.content_type);
	if (w.if_none_match)
		media_names_tag(w.if_none_match, "\"tag\"", true);
	if (w.idempotency_key)
		media_is_key(w.idempotency_key);
	if (w.origin)
		origin_same(w.origin, w.host, true), origin_trusted(w.origin, w.host ? w.host : "");
	free(copy);
	return 0;
}
