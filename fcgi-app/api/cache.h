/*
 * Answers to reads, kept in a worker and given again while nothing has changed.
 *
 * - Key: the route, its path parts, the query in canonical order, and what the caller may see (role, experiment).  An answer that depends on anything else (the caller's name,
 *   a header, the clock beyond the route's cache_ms) must have cache_ms 0.
 * - An answer is good while store_version() is the number that was read before its handler ran, and while it is younger than the route's cache_ms.  Any commit by anyone moves the number.
 * - Only 200 with a body in memory is kept, with its ETag; 304 is made from the same entry.
 * - At most CACHE_SLOTS answers of CACHE_BODY_MAX bytes, and CACHE_TOTAL_MAX in all; a newer one takes the place of an older one with the same slot.
 */
#ifndef API_CACHE_H
#define API_CACHE_H

#include "api/routes.h"

#include <stdbool.h>

#define CACHE_SLOTS 128
#define CACHE_BODY_MAX ((size_t)64 * 1024)
#define CACHE_TOTAL_MAX ((size_t)1024 * 1024) /* a worker; beyond it all are forgotten, which a few hundred requests make good */

struct cache *cache_new(void);
void cache_free(struct cache *c);
/* The answer to q, copied into r.  False: there is none that is good; the slot is then remembered for cache_put(). */
bool cache_get(struct cache *c, const struct route *route, const struct request *q, int64_t version, struct response *r);
/* Keep r as the answer to the request that the last cache_get() was about. */
void cache_put(struct cache *c, const struct request *q, int64_t version, const struct response *r);

#endif
