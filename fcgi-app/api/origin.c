/* Pages and what they may; see origin.h. */
#include "config.h"

#include "api/origin.h"

#include <string.h>
#include <strings.h>

bool origin_trusted(const char *origin, const char *trusted)
{
	size_t len = strlen(origin);

	while (*trusted) {
		size_t n;

		trusted += strspn(trusted, " \t");
		n = strcspn(trusted, " \t");
		if (n == len && n > 0 && strncasecmp(trusted, origin, n) == 0)
			return true;
		trusted += n;
	}
	return false;
}

bool origin_same(const char *origin, const char *host, bool https)
{
	const char *rest;

	if (strncasecmp(origin, "https://", 8) == 0)
		rest = origin + 8;
	else if (strncasecmp(origin, "http://", 7) == 0 && !https)
		rest = origin + 7;
	else
		return false;
	return host && strcasecmp(rest, host) == 0;
}

void origin_headers(const char *origin, const char *methods, struct buf *headers)
{
	buf_addf(headers,
		 "Access-Control-Allow-Origin: %s\r\nAccess-Control-Allow-Credentials: true\r\n"
		 "Access-Control-Expose-Headers: ETag, Location, Retry-After, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, X-Request-Id, "
		 "Idempotency-Replayed\r\n",
		 origin);
	if (methods)
		buf_addf(headers,
			 "Access-Control-Allow-Methods: %s\r\n"
			 "Access-Control-Allow-Headers: Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, Last-Event-ID\r\n"
			 "Access-Control-Max-Age: 600\r\n",
			 methods);
}
