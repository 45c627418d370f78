/* Headers for pages of other origins; see cors.h. */
#include "config.h"

#include "api/cors.h"

void cors_headers(const char *origin, const char *methods, struct buf *headers)
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
