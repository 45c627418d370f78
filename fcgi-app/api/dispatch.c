/* The funnel; see dispatch.h. */
#include "config.h"

#include "api/dispatch.h"

#include "api/problem.h"
#include "api/router.h"
#include "api/uri.h"
#include "lib/clock.h"
#include "lib/json_in.h"
#include "lib/log.h"
#include "lib/mem.h"
#include "lib/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

/* One request on its way. */
struct exchange {
	struct request q;
	struct response *r;
	const struct wire *w;
	const struct route *route;
	enum method method; /* as sent: HEAD is still HEAD */
	bool done;          /* answered: no further step */
};

/* Memory of the parsed line, used again by each request. */
static struct uri uri;
static struct buf query_text;

/* Unique among all workers: a random part of this process and a count. */
static const char *next_request_id(void)
{
	static char id[24];
	static uint32_t prefix, count;

	if (prefix == 0 && getrandom(&prefix, sizeof(prefix), GRND_NONBLOCK) != (ssize_t)sizeof(prefix))
		prefix = (uint32_t)clock_mono_ms();
	snprintf(id, sizeof(id), "%08" PRIx32 "%08" PRIx32, prefix, ++count);
	return id;
}

static int check_headers(struct exchange *x, struct err *e)
{
	if (!x->w->method || !x->w->uri)
		return err_set(e, ERR_INVALID, "The web server passed no request line");
	if (x->w->duplicated)
		return err_set(e, ERR_INVALID, "A header stands in the request twice, once perhaps with an underscore in its name");
	if (x->w->body_short)
		return err_set(e, ERR_INVALID, "The body did not arrive whole; nothing was done");
	return 0;
}

static int find_route(struct exchange *x, struct err *e)
{
	char allow[METHODS_TEXT_MAX];
	unsigned methods;

	if (uri_split(&uri, x->w->uri, x->w->script_name, e) == -1)
		return -1;
	x->method = method_from_name(x->w->method);
	x->q.method = x->method == METHOD_HEAD ? METHOD_GET : x->method;
	x->route = router_match(x->method, uri.segments, uri.segments_n, x->q.params, &methods);
	if (methods == 0)
		return err_set(e, ERR_NOTFOUND, "There is nothing at this path");
	if (x->route)
		return 0;
	response_header(x->r, "Allow", methods_text(methods, allow));
	if (x->method != METHOD_OPTIONS)
		return err_set(e, ERR_METHOD, "This path does not know that method; it knows %s", allow);
	x->r->status = 204;
	x->done = true;
	return 0;
}

static int check_size(struct exchange *x, struct err *e)
{
	if (x->w->body_len == 0 || (x->w->body_len <= x->route->body_max && !x->w->body_too_big))
		return 0;
	if (x->route->body_max == 0)
		return err_set(e, ERR_INVALID, "This takes no body");
	return err_set(e, ERR_TOOLARGE, "The body must be at most %zu bytes", x->route->body_max);
}

static int check_query(struct exchange *x, struct err *e)
{
	return uri_query(&x->q, x->w->uri, x->route->query, &query_text, e);
}

static int call_handler(struct exchange *x, struct err *e)
{
	x->done = true;
	return x->route->handler(&x->q, x->r, e);
}

/* The order is part of the API: who is refused for two reasons hears of the first. */
static int (*const steps[])(struct exchange *x, struct err *e) = {
	check_headers, find_route, check_size, check_query, call_handler,
};

static void response_start(struct response *r)
{
	r->status = 200;
	r->content_type = "application/json";
	r->etag[0] = '\0';
	r->file = NULL;
	buf_reset(&r->body);
	buf_reset(&r->headers);
	json_out_init(&r->json, &r->body);
}

/* A line for what failed, what changed something, and (where the configuration says so) everything. */
static void log_exchange(const struct exchange *x)
{
	int status = x->r->status;
	bool changed = x->method != METHOD_GET && x->method != METHOD_HEAD && x->method != METHOD_OPTIONS;

	if (!x->q.app->conf->api_log_all && !changed && status < 500 && status != 401 && status != 403)
		return;
	log_info("%s %s status=%d ms=%" PRId64 " subject=%s address=%s", x->w->method ? x->w->method : "?", x->route ? x->route->pattern : "?", status,
		 clock_wall_ms() - x->q.now_ms, x->q.who.subject, x->q.address);
}

bool dispatch(struct app *app, const struct wire *w, struct response *r)
{
	struct exchange x = {.r = r, .w = w};
	const char *id = next_request_id();
	struct err e;
	size_t i;

	log_request(id);
	response_start(r);
	x.q.app = app;
	x.q.now_ms = clock_wall_ms();
	x.q.address = w->remote_addr ? w->remote_addr : "unknown";
	x.q.who.subject = "anonymous";
	for (i = 0; i < ARRAY_LEN(steps) && !x.done; i++)
		if (steps[i](&x, &e) == -1) {
			problem_write(r, &e, id);
			break;
		}
	json_object_put(x.q.body);
	response_header(r, "X-Request-Id", id);
	log_exchange(&x);
	log_request(NULL);
	return x.method == METHOD_HEAD;
}

void dispatch_done(struct response *r)
{
	free(r->file);
	r->file = NULL;
	if (r->body.cap > (1u << 20))
		buf_clear(&r->body);
}

void dispatch_open(struct app *app)
{
	struct err e;

	if (store_open(&app->store, app->conf->store, STORE_USER, &e) == -1)
		log_error("%s", e.msg);
}

void dispatch_close(struct app *app)
{
	store_close(app->store);
	app->store = NULL;
	uri_clear(&uri);
	buf_clear(&query_text);
}
