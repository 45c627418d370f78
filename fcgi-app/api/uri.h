/*
 * From the request line to a path and its query: pure, and the first thing that touches bytes from outside (fuzzed).
 *
 * The path is taken from REQUEST_URI, cut at '?', split at '/', and decoded segment by segment, so that an encoded slash stays inside its segment.
 * (PATH_INFO was decoded before anyone could split it.)
 */
#ifndef API_URI_H
#define API_URI_H

#include "api/request.h"
#include "lib/buf.h"
#include "lib/err.h"

#include <stdbool.h>

#define URI_SEGMENTS_MAX 12 /* the longest pattern has five; the rest is for the prefix it is mounted under */
#define URI_BASE "/api/v1"

struct uri {
	const char *segments[URI_SEGMENTS_MAX]; /* behind the base, decoded; borrowed from text */
	size_t segments_n;
	struct buf text;
};

/*
 * Decode %XX in s (len bytes) into out, with a NUL behind it; '+' becomes a space when plus.  False for an escape that is none, NUL and bad UTF-8.
 */
bool uri_decode(const char *s, size_t len, bool plus, struct buf *out);

/*
 * The segments behind the base.  The base is script_name, which must end in URI_BASE (NULL or "": it is URI_BASE itself); a trailing slash is ignored, an empty
 * segment elsewhere is no route.  ERR_NOTFOUND: not under the base, or nothing that a route could match; ERR_INVALID: a bad escape.
 */
int uri_split(struct uri *u, const char *request_uri, const char *script_name, struct err *e);
void uri_clear(struct uri *u);

/*
 * The parameters behind '?' into q->query, values decoded into text (which must live as long); empty values are kept.  What is repeated, malformed or not in `allowed`
 * (names separated by spaces) is added to e as details and the result is -1, ERR_INVALID.
 */
int uri_query(struct request *q, const char *request_uri, const char *allowed, struct buf *text, struct err *e);

#endif
