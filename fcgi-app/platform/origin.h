/* Which pages may call: pure rules on the Origin header, the same for the API and for live connections. */
#ifndef PLATFORM_ORIGIN_H
#define PLATFORM_ORIGIN_H

#include <stdbool.h>

/*
 * Is origin the page's own: the host that the request was sent to (NULL: unknown, then none is)?  https: the request came over TLS, so must the page;
 * without, a proxy in front may have taken the TLS off, and the scheme says nothing.  Names compare case-blind, a scheme's default port is the same as none.
 */
bool origin_same(const char *origin, const char *host, bool https);
/* Is origin, with its scheme, in the list of origins separated by blanks? */
bool origin_trusted(const char *origin, const char *trusted);

#endif
