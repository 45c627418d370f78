/* What a browser is told about pages of other origins. */
#ifndef API_CORS_H
#define API_CORS_H

#include "lib/buf.h"

/* The headers of an answer to a page of a trusted origin; methods (a comma-separated list, NULL: none) are added for an OPTIONS request. */
void cors_headers(const char *origin, const char *methods, struct buf *headers);

#endif
