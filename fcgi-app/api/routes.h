/* The API as one table; a row carries everything that the dispatcher checks before the handler runs. */
#ifndef API_ROUTES_H
#define API_ROUTES_H

#include "api/request.h"

enum access {
	ACCESS_OPEN,        /* nobody needs to be known */
	ACCESS_KNOWN,       /* any good token */
	ACCESS_ENGINE_READ, /* an engine's token for the experiment :id, or a viewer */
	ACCESS_VIEWER,
	ACCESS_ENGINE,      /* an engine's token for the experiment :id, or an operator */
	ACCESS_OPERATOR,
	ACCESS_ADMIN
};

enum rate_class { RATE_STANDARD, RATE_LIVE };

struct route {
	enum method method;
	const char *pattern; /* "/experiments/:id/rounds"; a :part matches one path segment */
	enum access access;
	enum rate_class rate;
	size_t body_max;   /* bytes; 0: no body is taken */
	int64_t cache_ms;  /* GET: serve the same answer again this long while the store does not change; 0: never; CACHE_TILL_CHANGE: until it changes */
	const char *query; /* names of its query parameters, space separated; "" for none */
	int (*handler)(struct request *q, struct response *r, struct err *e);
};

#define CACHE_TILL_CHANGE INT64_MAX
#define KIB 1024u

extern const struct route routes[];
extern const size_t routes_n;

#endif
