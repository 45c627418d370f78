/* Small rules on header values: pure. */
#ifndef API_MEDIA_H
#define API_MEDIA_H

#include <stdbool.h>

/* application/json, alone or with charset=utf-8 (and other parameters). */
bool media_is_json(const char *content_type);
/* 1 to 255 visible ASCII characters. */
bool media_is_key(const char *idempotency_key);
/* Does an If-None-Match (weak comparison) or If-Match (strong) header name the tag, which is in quotes, or all ("*")?  As a compressing web server marks it, too. */
bool media_names_tag(const char *list, const char *etag, bool weak);

#endif
