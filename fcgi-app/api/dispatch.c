/* The funnel; see dispatch.h. */
#include "config.h"

#include "api/dispatch.h"

#include "api/cache.h"
#include "api/cors.h"
#include "api/handlers.h"
#include "api/identity.h"
#include "api/media.h"
#include "api/problem.h"
#include "api/rate.h"
#include "api/router.h"
#include "api/uri.h"
#include "auth/keys.h"
#include "lib/clock.h"
#include "lib/json_in.h"
#include "lib/log.h"
#include "lib/mem.h"
#include "lib/text.h"
#include "platform/origin.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define STORE_RETRY_MS 1000

/* One request on its way. */
struct exchange {
	struct request q;
	struct response *r;
	const struct wire *w;
	const struct route *route;
	enum method method; /* as sent: HEAD is still HEAD */
	unsigned methods;   /* that the path has, one bit each */
	int line_rc, who_rc; /* -1: line_err, who_err say why */
	struct rate rate;
	int64_t version; /* store_version() before anything was read */
	bool done;       /* answered: no further step */
};

/* Memory that is used again by each request: a worker serves one at a time. */
static struct uri uri;
static struct buf query_text;
static struct err line_err, who_err;

/* Unique among all workers: a random part of this process and a count. */
static const char *next_request_id(void)
{
	static char id[24];
	static uint32_t prefix, count;

	if (prefix == 0 && getrandom(&prefix, sizeof(prefix), GRND_NONBLOCK) != (ssize_t)sizeof(prefix))
		prefix = (uint32_t)clock_mono_ms();
	snprintf(id, sizeof(id), "%08" PRIx32 "-%" PRIu32, prefix, ++count);
	return id;
}

static int refuse_as(struct err *e, const struct err *why)
{
	err_set(e, why->code, "%s", why->msg);
	e->retry_after_s = why->retry_after_s;
	return -1;
}

/* Which row it is; what is wrong is kept for its turn. */
static void read_line(struct exchange *x)
{
	x->q.base = x->w->script_name ? x->w->script_name : URI_BASE;
	x->method = x->w->method ? method_from_name(x->w->method) : METHOD_MAX;
	x->q.method = x->method == METHOD_HEAD ? METHOD_GET : x->method;
	if (!x->w->uri)
		x->line_rc = err_set(&line_err, ERR_INVALID, "The web server passed no request line");
	else
		x->line_rc = uri_split(&uri, x->w->uri, x->w->script_name, &line_err);
	if (x->line_rc == 0)
		x->route = router_match(x->method, uri.segments, uri.segments_n, x->q.params, &x->methods);
}

static int check_rate(struct exchange *x, struct err *e)
{
	return rate_check(&x->rate, x->q.now_ms, e);
}

static int check_headers(struct exchange *x, struct err *e)
{
	if (x->w->duplicated)
		return err_set(e, ERR_INVALID, "A header stands in the request twice, once perhaps with an underscore in its name");
	if (x->w->body_short)
		return err_set(e, ERR_INVALID, "The body did not arrive whole; nothing was done");
	if (x->q.idempotency_key && !media_is_key(x->q.idempotency_key))
		return err_set(e, ERR_INVALID, "Idempotency-Key must be 1 to 255 visible ASCII characters");
	return 0;
}

static int check_line(struct exchange *x, struct err *e)
{
	char allow[METHODS_TEXT_MAX];

	if (x->line_rc == -1)
		return refuse_as(e, &line_err);
	if (x->methods == 0)
		return err_set(e, ERR_NOTFOUND, "There is nothing at this path");
	if (x->route)
		return 0;
	response_header(x->r, "Allow", methods_text(x->methods, allow));
	if (x->method != METHOD_OPTIONS)
		return err_set(e, ERR_METHOD, "This path knows the methods %s", allow);
	x->r->status = 204;
	x->done = true;
	return 0;
}

static int check_token(struct exchange *x, struct err *e)
{
	if (x->route->access == ACCESS_OPEN)
		return 0; /* a token that is no longer good must not shut an open door */
	if (x->who_rc == -1)
		return refuse_as(e, &who_err);
	if (x->q.who.role == ROLE_NONE && x->q.who.experiment_id == 0)
		return err_set(e, ERR_UNAUTHORIZED, "A token is needed: Authorization: Bearer TOKEN, or log in");
	return 0;
}

static enum role role_needed(enum access access)
{
	switch (access) {
	case ACCESS_ADMIN:
		return ROLE_ADMIN;
	case ACCESS_OPERATOR:
	case ACCESS_ENGINE:
		return ROLE_OPERATOR;
	case ACCESS_VIEWER:
	case ACCESS_ENGINE_READ:
		return ROLE_VIEWER;
	default:
		return ROLE_NONE;
	}
}

static int check_role(struct exchange *x, struct err *e)
{
	enum access access = x->route->access;
	enum role needed = role_needed(access);

	if (x->q.who.role >= needed || (x->q.who.experiment_id != 0 && (access == ACCESS_ENGINE || access == ACCESS_ENGINE_READ)))
		return 0;
	return err_set(e, ERR_FORBIDDEN, "This needs the role %s; %s has %s", role_name(needed), x->q.who.subject,
		       x->q.who.experiment_id ? "a token for one experiment" : role_name(x->q.who.role));
}

/* A page of somebody else's must not act with our user's cookie, nor where no token is needed.  A token in the header was put there on purpose. */
static int check_origin(struct exchange *x, struct err *e)
{
	const struct wire *w = x->w;

	if (x->q.method == METHOD_GET || w->authorization)
		return 0;
	if (w->origin) {
		if (origin_same(w->origin, w->host, x->q.https) || origin_trusted(w->origin, x->q.app->conf->api_trusted_origins))
			return 0;
	} else if (!x->q.by_cookie || (w->sec_fetch_site && strcmp(w->sec_fetch_site, "same-origin") == 0)) {
		return 0;
	}
	return err_set(e, ERR_FORBIDDEN, "This came from a page of another origin, which is not among the trusted ones");
}

static int check_size(struct exchange *x, struct err *e)
{
	if (x->w->body_len == 0 || (x->w->body_len <= x->route->body_max && !x->w->body_too_big))
		return 0;
	if (x->route->body_max == 0)
		return err_set(e, ERR_INVALID, "This takes no body");
	return err_set(e, ERR_TOOLARGE, "The body may have %zu bytes at most", x->route->body_max);
}

static int check_media(struct exchange *x, struct err *e)
{
	const struct wire *w = x->w;

	if (w->body_len == 0)
		return 0;
	if (w->content_encoding)
		return err_set(e, ERR_MEDIATYPE, "The body must not be encoded (Content-Encoding)");
	if (!w->content_type || !media_is_json(w->content_type))
		return err_set(e, ERR_MEDIATYPE, "Send the header Content-Type: application/json, in UTF-8");
	return 0;
}

static int read_body(struct exchange *x, struct err *e)
{
	struct err why;

	if (x->w->body_len == 0)
		return 0;
	x->q.body_text = x->w->body;
	x->q.body_len = x->w->body_len;
	if (json_in_parse_object(x->w->body, x->w->body_len, &x->q.body, &why) == 0)
		return 0;
	err_set(e, why.code, "%s", why.msg);
	err_detail(e, "body", "%.*s", ERR_TEXT_MAX - 1, why.msg);
	return -1;
}

static int read_query(struct exchange *x, struct err *e)
{
	return uri_query(&x->q, x->w->uri, x->route->query, &query_text, e);
}

static int check_store(struct exchange *x, struct err *e)
{
	if (x->q.app->store || x->route->handler == h_health_get)
		return 0;
	return err_set(e, ERR_UNAVAILABLE, "The store cannot be opened; the log of flopynet-api says why");
}

static int look_in_cache(struct exchange *x, struct err *e)
{
	(void)e;
	if (x->route->cache_ms > 0 && x->q.method == METHOD_GET)
		x->done = cache_get(x->q.app->cache, x->route, &x->q, x->version, x->r);
	return 0;
}

static void make_etag(struct response *r)
{
	if (!r->etag[0])
		snprintf(r->etag, sizeof(r->etag), "\"%016" PRIx64 "-%zx\"", text_hash(r->body.data, r->body.len), r->body.len);
}

/* Before the first byte is sent, so that a file that has just gone is a 404 and not an empty answer. */
static int open_file(struct response *r, struct err *e)
{
	struct stat sb;
	int fd = open(r->file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	if (fd == -1 || fstat(fd, &sb) == -1 || !S_ISREG(sb.st_mode)) {
		if (fd != -1)
			close(fd);
		return err_set(e, ERR_NOTFOUND, "The file is not there any more");
	}
	r->fd = fd;
	r->file_size = sb.st_size;
	if (!r->etag[0])
		snprintf(r->etag, sizeof(r->etag), "\"%" PRIx64 ".%lx-%" PRIx64 "\"", (int64_t)sb.st_mtim.tv_sec, sb.st_mtim.tv_nsec, r->file_size);
	return 0;
}

static int call_handler(struct exchange *x, struct err *e)
{
	struct store *st = x->q.app->store;
	int rc = x->route->handler(&x->q, x->r, e);

	x->done = true;
	if (st && store_settle(st))
		log_error("%s left the store open", x->route->pattern);
	if (rc == -1 || (x->r->file && open_file(x->r, e) == -1))
		return -1;
	if (x->q.method == METHOD_GET && x->r->status == 200 && !x->r->file)
		make_etag(x->r);
	if (x->route->cache_ms > 0 && x->q.method == METHOD_GET)
		cache_put(x->q.app->cache, &x->q, x->version, x->r);
	return 0;
}

/* The order is part of the API: who is refused for two reasons hears of the first. */
static int (*const steps[])(struct exchange *x, struct err *e) = {
	check_rate, check_headers, check_line, check_token, check_role, check_origin, check_size, check_media,
	read_body,  read_query,    check_store, look_in_cache, call_handler,
};

static void response_start(struct response *r)
{
	r->status = 200;
	r->content_type = "application/json";
	r->etag[0] = '\0';
	r->file = NULL;
	r->fd = -1;
	buf_reset(&r->body);
	buf_reset(&r->headers);
	json_out_init(&r->json, &r->body);
}

/* A store that could not be opened is tried again; a worker that waits for it still answers. */
static void retry_store(struct app *app, int64_t now_ms)
{
	struct err e;

	if (now_ms - app->store_tried_ms < STORE_RETRY_MS && now_ms >= app->store_tried_ms)
		return;
	app->store_tried_ms = now_ms;
	if (store_open(&app->store, app->conf->store, STORE_USER, &e) == -1)
		log_error("%s", e.msg);
}

/* What every answer needs to know, whatever becomes of the request. */
static void begin(struct exchange *x, struct app *app)
{
	const struct wire *w = x->w;

	x->q.app = app;
	x->q.now_ms = clock_wall_ms();
	x->q.address = w->remote_addr ? w->remote_addr : "unknown";
	/* Some web servers leave an empty header out, others pass it on: it is none. */
	x->q.idempotency_key = w->idempotency_key && *w->idempotency_key ? w->idempotency_key : NULL;
	x->q.if_match = w->if_match;
	x->q.origin = w->origin;
	x->q.https = (w->https && (strcasecmp(w->https, "on") == 0 || strcasecmp(w->https, "https") == 0)) ||
		     (w->forwarded_proto && strcasecmp(w->forwarded_proto, "https") == 0);
	if (!app->store)
		retry_store(app, x->q.now_ms);
	x->version = app->store ? store_version(app->store) : 0;
	read_line(x);
	x->who_rc = identity_find(&x->q, w, x->version, &who_err);
	rate_count(&x->q, x->route ? x->route->rate : RATE_STANDARD, &x->rate);
}

/* The headers that stand on every answer. */
static void finish(struct exchange *x, const char *request_id)
{
	const char *trusted = x->q.app->conf->api_trusted_origins;
	struct response *r = x->r;
	char allow[METHODS_TEXT_MAX];
	bool read = x->q.method == METHOD_GET && r->status == 200;

	if (read && r->etag[0] && x->w->if_none_match && media_names_tag(x->w->if_none_match, r->etag, true))
		r->status = 304;
	if (r->etag[0])
		buf_addf(&r->headers, "ETag: %s\r\n", r->etag);
	rate_headers(&x->rate, r);
	buf_addf(&r->headers, "Cache-Control: %s\r\nX-Content-Type-Options: nosniff\r\nX-Request-Id: %s\r\n", read ? "private, no-cache" : "no-store", request_id);
	if (!trusted[0])
		return;
	buf_adds(&r->headers, "Vary: Origin\r\n");
	if (x->w->origin && origin_trusted(x->w->origin, trusted))
		cors_headers(x->w->origin, x->method == METHOD_OPTIONS ? methods_text(x->methods, allow) : NULL, &r->headers);
}

/* A line for what failed, what changed something, and (where the configuration says so) everything. */
static void log_exchange(const struct exchange *x)
{
	int status = x->r->status;
	bool read = x->method == METHOD_GET || x->method == METHOD_HEAD || x->method == METHOD_OPTIONS;
	const char *path = x->w->uri ? x->w->uri : "";
	size_t len = strcspn(path, "?"); /* a query may hold what is nobody's business */

	if (!x->q.app->conf->api_log_all && (status == 429 || (read && status < 500 && status != 401 && status != 403)))
		return;
	log_info("%.10s %.*s status=%d ms=%" PRId64 " subject=%s address=%s", x->w->method ? x->w->method : "?", (int)(len > 200 ? 200 : len), path, status,
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
	begin(&x, app);
	for (i = 0; i < ARRAY_LEN(steps) && !x.done; i++)
		if (steps[i](&x, &e) == -1) {
			problem_write(r, &e, id);
			break;
		}
	finish(&x, id);
	log_exchange(&x);
	json_object_put(x.q.body);
	log_request(NULL);
	return x.method == METHOD_HEAD;
}

void dispatch_done(struct response *r)
{
	free(r->file);
	r->file = NULL;
	if (r->fd != -1)
		close(r->fd);
	r->fd = -1;
	if (r->body.cap > (1u << 20))
		buf_clear(&r->body);
}

int dispatch_open(struct app *app, struct err *e)
{
	if (app->conf->auth_enabled && keys_open(&app->keys, app->conf, e) == -1)
		return -1;
	app->identities = identities_new();
	app->cache = cache_new();
	retry_store(app, clock_wall_ms());
	return 0;
}

void dispatch_close(struct app *app)
{
	cache_free(app->cache);
	identities_free(app->identities);
	keys_close(app->keys);
	store_close(app->store);
	app->store = NULL;
	uri_clear(&uri);
	buf_clear(&query_text);
}
