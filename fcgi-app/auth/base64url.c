/* See base64url.h. */
#include "config.h"

#include "auth/base64url.h"

#include <stdint.h>

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void base64url_encode(const unsigned char *data, size_t len, struct buf *out)
{
	size_t i;

	for (i = 0; i < len; i += 3) {
		size_t n = len - i < 3 ? len - i : 3;
		uint32_t v = (uint32_t)data[i] << 16 | (uint32_t)(n > 1 ? data[i + 1] : 0) << 8 | (n > 2 ? data[i + 2] : 0);

		buf_addc(out, letters[v >> 18]);
		buf_addc(out, letters[v >> 12 & 63]);
		if (n > 1)
			buf_addc(out, letters[v >> 6 & 63]);
		if (n > 2)
			buf_addc(out, letters[v & 63]);
	}
}

static int value_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '-' ? 62 : c == '_' ? 63 : -1;
}

bool base64url_decode(const char *text, size_t len, struct buf *out)
{
	uint32_t bits = 0;
	unsigned n = 0; /* bits that wait */
	size_t i;

	if (len % 4 == 1)
		return false;
	buf_reserve(out, len);
	for (i = 0; i < len; i++) {
		int v = value_of(text[i]);

		if (v < 0)
			return false;
		bits = bits << 6 | (uint32_t)v;
		n += 6;
		if (n >= 8) {
			n -= 8;
			buf_addc(out, (char)(bits >> n & 255));
		}
	}
	return (bits & ((1u << n) - 1)) == 0;
}
