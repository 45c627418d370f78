/* The whole REST surface.  A literal part is listed before a :part that would match it too; the first row that fits is taken. */
#include "config.h"

#include "api/routes.h"

#include "api/handlers.h"
#include "lib/mem.h"

const struct route routes[] = {
	/* method, pattern, who, rate, largest body, cached for, query parameters, handler */
	{METHOD_GET, "/health", ACCESS_OPEN, RATE_STANDARD, 0, 250, "", h_health_get},
};
const size_t routes_n = ARRAY_LEN(routes);
