/* The JSON writer; see json_out.h. */
#include "config.h"

#include "lib/json_out.h"

#include "lib/clock.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void json_out_init(struct json_out *j, struct buf *buf)
{
	j->buf = buf;
	j->comma = false;
}

static void before(struct json_out *j, const char *name)
{
	if (j->comma)
		buf_addc(j->buf, ',');
	j->comma = true;
	if (name) {
		buf_addc(j->buf, '"');
		buf_adds(j->buf, name);
		buf_add(j->buf, "\":", 2);
	}
}

static void open_with(struct json_out *j, const char *name, char c)
{
	before(j, name);
	buf_addc(j->buf, c);
	j->comma = false;
}

static void close_with(struct json_out *j, char c)
{
	buf_addc(j->buf, c);
	j->comma = true;
}

void json_object_begin(struct json_out *j, const char *name)
{
	open_with(j, name, '{');
}

void json_object_end(struct json_out *j)
{
	close_with(j, '}');
}

void json_array_begin(struct json_out *j, const char *name)
{
	open_with(j, name, '[');
}

void json_array_end(struct json_out *j)
{
	close_with(j, ']');
}

/* RFC 8259 section 7: quotation mark, backslash and control characters are escaped, all else stands as it is. */
static void escaped(struct buf *b, const char *s, size_t len)
{
	size_t i, from = 0;

	buf_addc(b, '"');
	for (i = 0; i < len; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c >= 0x20 && c != '"' && c != '\\' && c != 0x7f)
			continue;
		buf_add(b, s + from, i - from);
		from = i + 1;
		if (c == '"' || c == '\\') {
			buf_addc(b, '\\');
			buf_addc(b, (char)c);
		} else if (c == '\n') {
			buf_add(b, "\\n", 2);
		} else if (c == '\t') {
			buf_add(b, "\\t", 2);
		} else {
			buf_addf(b, "\\u%04x", c);
		}
	}
	buf_add(b, s + from, len - from);
	buf_addc(b, '"');
}

void json_put_string_len(struct json_out *j, const char *name, const char *value, size_t len)
{
	before(j, name);
	escaped(j->buf, value, len);
}

void json_put_string(struct json_out *j, const char *name, const char *value)
{
	if (!value)
		json_put_null(j, name);
	else
		json_put_string_len(j, name, value, strlen(value));
}

void json_put_i64(struct json_out *j, const char *name, int64_t value)
{
	char text[24], *p = text + sizeof(text);
	uint64_t v = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;

	before(j, name);
	do {
		*--p = (char)('0' + v % 10);
		v /= 10;
	} while (v);
	if (value < 0)
		*--p = '-';
	buf_add(j->buf, p, (size_t)(text + sizeof(text) - p));
}

void json_put_count(struct json_out *j, const char *name, int64_t value)
{
	if (value < 0)
		json_put_null(j, name);
	else
		json_put_i64(j, name, value);
}

void json_put_double(struct json_out *j, const char *name, double value)
{
	char text[40];
	int digits;

	if (!isfinite(value)) {
		json_put_null(j, name);
		return;
	}
	if (value == floor(value) && fabs(value) < 1e15) {
		json_put_i64(j, name, (int64_t)value);
		return;
	}
	/* 15 digits are always right, 17 always enough (IEEE 754 binary64). */
	for (digits = 15; digits <= 17; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, value);
		if (strtod(text, NULL) == value)
			break;
	}
	before(j, name);
	buf_adds(j->buf, text);
}

void json_put_bool(struct json_out *j, const char *name, bool value)
{
	before(j, name);
	buf_adds(j->buf, value ? "true" : "false");
}

void json_put_null(struct json_out *j, const char *name)
{
	before(j, name);
	buf_add(j->buf, "null", 4);
}

void json_put_time(struct json_out *j, const char *name, int64_t ms)
{
	char text[CLOCK_TEXT_MAX];

	if (ms <= 0)
		json_put_null(j, name);
	else
		json_put_string(j, name, clock_format(ms, text));
}

void json_put_raw(struct json_out *j, const char *name, const char *json)
{
	before(j, name);
	buf_adds(j->buf, json && *json ? json : "null");
}

void json_put_name(struct json_out *j, const char *name)
{
	before(j, NULL);
	escaped(j->buf, name, strlen(name));
	buf_addc(j->buf, ':');
	j->comma = false;
}
