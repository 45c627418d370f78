/* Small rules on header values: pure. */
#ifndef API_MEDIA_H
#define API_MEDIA_H

#include <stdbool.h>

/* application/json, alone or with charset=utf-8 (and other parameters). */
bool media_is_json(const char *content_type);
/* 1 to 255 visible ASCII characters. */
bool media_is_key(const char *idempotency_key);
/* Does an If-None-Match header name the tag (weak comparison), or all ("*")? */
bool media_names_tag(const char *if_none_match, const char *etag);

#endif
