/*
 * What a handler gets and what it fills: one request, one answer.  Handlers read their input from struct request, make their store calls, and write JSON
 * into struct response; they never see FastCGI, never choose a failure's status (api/problem.c does, from the err they return) and never send.
 * By the time a handler runs, the dispatcher has checked route, method, size, content type, token, role, rate, query parameter names, and has parsed the body.
 */
#ifndef API_REQUEST_H
#define API_REQUEST_H

#include "auth/role.h"
#include "experiment/scenario.h"
#include "lib/buf.h"
#include "lib/conf.h"
#include "lib/err.h"
#include "lib/json_out.h"
#include "lib/shared.h"
#include "store/store.h"

#include <json-c/json_object.h>
#include <stdbool.h>
#include <stdint.h>

struct cache;
struct identities;
struct keys;

#define REQUEST_PARAMS_MAX 3 /* :name parts of a pattern */
#define REQUEST_QUERY_MAX 24 /* query parameters */
#define ETAG_MAX 48

enum method { METHOD_GET, METHOD_POST, METHOD_PUT, METHOD_PATCH, METHOD_DELETE, METHOD_OPTIONS, METHOD_HEAD, METHOD_MAX }; /* handlers see HEAD as GET */

/* Who asks.  Borrowed from the verified token; subject is "anonymous" where the route needs nobody, "local" where authentication is off. */
struct identity {
	const char *subject;
	const char *jti;
	enum role role;
	int64_t experiment_id; /* an engine's token: good for this one only; else 0 */
	int64_t expires_at_ms;
};

/* What lives as long as the worker. */
struct app {
	const struct conf *conf;
	struct store *store; /* NULL while it cannot be opened; only h_health_get sees that */
	struct shared *shared;
	struct catalog catalog;
	struct keys *keys;            /* what tokens are verified and signed with; NULL: authentication is off */
	struct identities *identities; /* tokens that were verified lately */
	struct cache *cache;
	int64_t started_at_ms;        /* of the pool, not of this worker */
	int64_t store_tried_ms;       /* when it was last tried to open the store */
};

struct query_param {
	const char *name, *value; /* decoded, valid UTF-8 */
};

struct request {
	struct app *app;
	enum method method;
	const char *params[REQUEST_PARAMS_MAX]; /* path parts that matched :name, decoded, in order */
	struct query_param query[REQUEST_QUERY_MAX];
	size_t query_n;
	struct json_object *body; /* parsed object; NULL when the request has none */
	const char *body_text;    /* its bytes */
	size_t body_len;
	struct identity who;
	bool by_cookie;              /* who was told by the cookie of a login */
	const char *base;            /* where this API is mounted: "/api/v1", "/flopy/api/v1" */
	const char *address;         /* REMOTE_ADDR */
	const char *idempotency_key; /* headers; NULL when absent */
	const char *if_match;
	const char *origin;
	bool https;
	int64_t now_ms; /* the one clock reading of this request */
};

struct response {
	int status;               /* 200 unless the handler sets another success */
	const char *content_type; /* static text; "application/json" by default */
	struct buf body;
	struct json_out json;     /* writes into body */
	struct buf headers;       /* further "Name: value\r\n" lines */
	char etag[ETAG_MAX];      /* with its quotes; left empty: the dispatcher takes a hash of the body */
	char *file;               /* send this file as the body (owned, freed by the dispatcher); NULL: send body */
	int fd;                   /* of file, opened by the dispatcher, which closes it after sending; -1: none */
	int64_t file_size;
};

/* A query parameter's value, NULL when absent. */
const char *request_query(const struct request *q, const char *name);
/* A whole number parameter within a range; absent: fallback.  What is wrong is added to e as a detail. */
int64_t request_query_i64(const struct request *q, const char *name, int64_t min, int64_t max, int64_t fallback, struct err *e);
/* An RFC 3339 parameter in Unix ms; absent: fallback. */
int64_t request_query_time(const struct request *q, const char *name, int64_t fallback, struct err *e);
/* true or false. */
bool request_query_bool(const struct request *q, const char *name, bool fallback, struct err *e);
/*
 * The parameter sort, "FIELD", "FIELD:asc" or "FIELD:desc" with a field of names (NULL-terminated): the field's index.  Absent: index 0 with *descending as it was.
 */
size_t request_query_sort(const struct request *q, const char *const *names, bool *descending, struct err *e);
/* limit (1 to max, default 10) and offset. */
void request_page(const struct request *q, int64_t max, int64_t *limit, int64_t *offset, struct err *e);
/* params[0] as an experiment's number; ERR_NOTFOUND for anything else, ERR_FORBIDDEN for an experiment that an engine's token is not for. */
int request_experiment_id(const struct request *q, int64_t *id, struct err *e);

/* A header line of the answer; a value with control characters is a bug here and aborts. */
void response_header(struct response *r, const char *name, const char *value);
/* "total", "limit", "offset": the end of a list's object. */
void response_page(struct response *r, int64_t total, int64_t limit, int64_t offset);

#endif
