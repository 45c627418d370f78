/* Which row of the table a path is: pure. */
#ifndef API_ROUTER_H
#define API_ROUTER_H

#include "api/routes.h"

#include <stddef.h>

/* The row of method and path, with params filled; NULL when there is none.  *methods is then (and always) the set of methods that the path has, one bit each. */
const struct route *router_match(enum method method, const char *const *segments, size_t n, const char *params[REQUEST_PARAMS_MAX], unsigned *methods);

/* From the request line; METHOD_MAX for one that is not known. */
enum method method_from_name(const char *name);
const char *method_name(enum method m);
/* "GET, HEAD, POST, OPTIONS": the value of Allow for a set of methods.  Returns out. */
#define METHODS_TEXT_MAX 64
const char *methods_text(unsigned methods, char out[METHODS_TEXT_MAX]);

#endif
