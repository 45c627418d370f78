/* Which pages may call: pure rules on the Origin header. */
#ifndef API_ORIGIN_H
#define API_ORIGIN_H

#include "lib/buf.h"

#include <stdbool.h>

/* Is origin in the space-separated list? */
bool origin_trusted(const char *origin, const char *trusted);
/*
 * Is origin the page's own: the host that the request was sent to?  Over TLS it must be an https origin; without, a proxy in front may have taken the TLS off.
 */
bool origin_same(const char *origin, const char *host, bool https);
/* The CORS headers of an answer to a trusted origin; preflight: those of an OPTIONS request too. */
void origin_headers(const char *origin, const char *methods, struct buf *headers);

#endif
