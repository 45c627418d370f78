/* base64url without padding (RFC 4648 section 5), strictly: each byte string has one spelling. */
#ifndef AUTH_BASE64URL_H
#define AUTH_BASE64URL_H

#include "lib/buf.h"

#include <stdbool.h>
#include <stddef.h>

/* Both add to out. */
void base64url_encode(const unsigned char *data, size_t len, struct buf *out);
/* False for anything but the one spelling: padding, other letters, bits behind the end that are not zero. */
bool base64url_decode(const char *text, size_t len, struct buf *out);

#endif
