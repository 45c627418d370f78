/* Rules for text from outside; see text.h. */
#include "config.h"

#include "lib/text.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Length of the well-formed sequence at s (at most left bytes), 0 when it is not one.  Table 3-7 of the Unicode standard. */
static size_t utf8_step(const unsigned char *s, size_t left)
{
	unsigned char low = 0x80, high = 0xbf;
	size_t n, i;

	if (s[0] == 0)
		return 0;
	if (s[0] < 0x80)
		return 1;
	if (s[0] < 0xc2 || s[0] > 0xf4)
		return 0;
	n = s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
	if (s[0] == 0xe0)
		low = 0xa0;
	if (s[0] == 0xed)
		high = 0x9f;
	if (s[0] == 0xf0)
		low = 0x90;
	if (s[0] == 0xf4)
		high = 0x8f;
	if (left < n || s[1] < low || s[1] > high)
		return 0;
	for (i = 2; i < n; i++)
		if (s[i] < 0x80 || s[i] > 0xbf)
			return 0;
	return n;
}

bool text_utf8_valid(const char *s, size_t len)
{
	size_t i = 0, n;

	for (; i < len; i += n) {
		n = utf8_step((const unsigned char *)s + i, len - i);
		if (n == 0)
			return false;
	}
	return true;
}

size_t text_utf8_count(const char *s, size_t len)
{
	size_t i, n = 0;

	for (i = 0; i < len; i++)
		if (((unsigned char)s[i] & 0xc0) != 0x80)
			n++;
	return n;
}

bool text_to_i64(const char *s, int64_t *v)
{
	const char *p = *s == '-' ? s + 1 : s;
	char *end;

	if (!isdigit((unsigned char)*p))
		return false;
	errno = 0;
	*v = strtoll(s, &end, 10);
	return *end == '\0' && errno == 0;
}

bool text_to_double(const char *s, double *v)
{
	const char *p = *s == '-' ? s + 1 : s;
	char *end;

	if (!isdigit((unsigned char)*p) || strpbrk(s, "xXpP"))
		return false;
	*v = strtod(s, &end);
	return *end == '\0' && isfinite(*v);
}

bool text_is_name(const char *s, size_t max)
{
	size_t n = 0;

	for (; s[n]; n++)
		if (n == max || !(isalnum((unsigned char)s[n]) || s[n] == '_' || s[n] == '-'))
			return false;
	return n > 0;
}

bool text_is_word(const char *s, size_t max)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789_");

	return n >= 1 && n <= max && s[n] == '\0' && s[0] >= 'a' && s[0] <= 'z';
}

bool text_to_id(const char *s, const char *prefix, int64_t *id)
{
	char canonical[TEXT_ID_MAX];
	size_t n = strlen(prefix);

	if (strncmp(s, prefix, n) != 0 || s[n] == '-' || !text_to_i64(s + n, id) || *id < 1)
		return false;
	return strcmp(text_from_id(prefix, *id, canonical), s) == 0;
}

const char *text_from_id(const char *prefix, int64_t id, char out[TEXT_ID_MAX])
{
	snprintf(out, TEXT_ID_MAX, "%s%03" PRId64, prefix, id);
	return out;
}

const char *text_from_bytes(int64_t bytes, char *out, size_t size)
{
	static const char *const units[] = {"B", "KB", "MB", "GB", "TB"};
	double v = (double)bytes;
	size_t u = 0;

	while (v >= 999.5 && u + 1 < sizeof(units) / sizeof(units[0])) {
		v /= 1000;
		u++;
	}
	if (u == 0 || v >= 9.95 || fabs(v - round(v)) < 0.05)
		snprintf(out, size, "%.0f%s", v, units[u]);
	else
		snprintf(out, size, "%.1f%s", v, units[u]);
	return out;
}

bool text_equal_secret(const void *a, const void *b, size_t len)
{
	const unsigned char *x = a, *y = b;
	unsigned char diff = 0;
	size_t i;

	for (i = 0; i < len; i++)
		diff |= (unsigned char)(x[i] ^ y[i]);
	return diff == 0;
}

uint64_t text_hash(const void *data, size_t len)
{
	const unsigned char *p = data;
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	while (len--) {
		h ^= *p++;
		h *= UINT64_C(0x100000001b3);
	}
	return h;
}
