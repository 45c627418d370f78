/* Strict JSON on top of json-c; see json_in.h. */
#include "config.h"

#include "lib/json_in.h"

#include "lib/buf.h"
#include "lib/mem.h"
#include "lib/text.h"

#include <ctype.h>
#include <inttypes.h>
#include <json-c/json_tokener.h>
#include <json-c/linkhash.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * One pass over the bytes before json-c sees them.  It knows just enough of the grammar to tell strings, numbers and words
 * apart; structure stays json-c's business, except for duplicate members, which json-c cannot report: a set of names is
 * kept per open object.
 */
struct name_set {
	char **names;
	size_t n, cap;
};

struct scan {
	const char *text;
	size_t len, at;
	bool lenient;
	struct buf *repaired; /* lenient: the text with null in place of what no strict reader takes */
	struct name_set open[JSON_DEPTH_MAX + 1];
	bool is_object[JSON_DEPTH_MAX + 1];
	size_t depth;
	struct err *e;
};

static int bad(struct scan *s, const char *what)
{
	return err_set(s->e, ERR_INVALID, "The JSON is not valid: %s at byte %zu", what, s->at);
}

static void set_clear(struct name_set *set)
{
	while (set->n)
		free(set->names[--set->n]);
	free(set->names);
	memset(set, 0, sizeof(*set));
}

static int set_add(struct scan *s, struct name_set *set, const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < set->n; i++)
		if (strlen(set->names[i]) == len && memcmp(set->names[i], name, len) == 0)
			return bad(s, "a member stands twice");
	if (set->n == set->cap) {
		set->cap = set->cap ? set->cap * 2 : 8;
		set->names = mem_resize(set->names, set->cap * sizeof(*set->names));
	}
	set->names[set->n++] = mem_strndup(name, len);
	return 0;
}

/* \uXXXX at s->at (which points to 'u'): its value, or -1. */
static long hex4(const struct scan *s, size_t at)
{
	char digits[5] = "";
	size_t i;

	if (at + 5 > s->len)
		return -1;
	for (i = 0; i < 4; i++) {
		digits[i] = s->text[at + 1 + i];
		if (!isxdigit((unsigned char)digits[i]))
			return -1;
	}
	return strtol(digits, NULL, 16);
}

static int scan_escape(struct scan *s, struct buf *out)
{
	static const char plain[] = "\"\\/bfnrt";
	long v, low;

	s->at++;
	if (s->at >= s->len)
		return bad(s, "a string does not end");
	if (s->text[s->at] != 'u') {
		if (!strchr(plain, s->text[s->at]))
			return bad(s, "unknown escape");
		buf_add(out, s->text + s->at - 1, 2);
		s->at++;
		return 0;
	}
	v = hex4(s, s->at);
	if (v < 0)
		return bad(s, "\\u needs four hexadecimal digits");
	if (v == 0)
		return bad(s, "\\u0000 is not accepted");
	if (v >= 0xdc00 && v <= 0xdfff)
		return bad(s, "a lone surrogate");
	s->at += 5;
	if (v >= 0xd800 && v <= 0xdbff) {
		low = s->at + 1 < s->len && s->text[s->at] == '\\' && s->text[s->at + 1] == 'u' ? hex4(s, s->at + 1) : -1;
		if (low < 0xdc00 || low > 0xdfff)
			return bad(s, "a lone surrogate");
		s->at += 6;
		buf_addf(out, "\\u%04lx\\u%04lx", v, low);
		return 0;
	}
	/* Names are compared after this, so plain letters are written plainly: "\u0061" is "a". */
	if (v < 0x80 && isalnum((int)v))
		buf_addc(out, (char)v);
	else
		buf_addf(out, "\\u%04lx", v);
	return 0;
}

/* A string from its opening quote; its text, escapes kept, goes to out. */
static int scan_string(struct scan *s, struct buf *out)
{
	size_t start = ++s->at;

	while (s->at < s->len && s->text[s->at] != '"') {
		unsigned char c = (unsigned char)s->text[s->at];

		if (c < 0x20)
			return bad(s, "a control character inside a string");
		if (c == '\\') {
			if (scan_escape(s, out) == -1)
				return -1;
			continue;
		}
		buf_addc(out, (char)c);
		s->at++;
	}
	if (s->at >= s->len)
		return bad(s, "a string does not end");
	if (!text_utf8_valid(s->text + start, s->at - start))
		return bad(s, "a string is not UTF-8");
	s->at++;
	return 0;
}

/* A number by RFC 8259's grammar, within int64 or double. */
static int scan_number(struct scan *s)
{
	size_t start = s->at, digits;
	bool integral = true, fits;
	char *copy;
	int64_t i;
	double d;

	if (s->text[s->at] == '-')
		s->at++;
	if (s->lenient && s->len - s->at >= 8 && memcmp(s->text + s->at, "Infinity", 8) == 0) {
		s->at += 8;
		buf_adds(s->repaired, "null");
		return 0;
	}
	digits = s->at;
	while (s->at < s->len && isdigit((unsigned char)s->text[s->at]))
		s->at++;
	if (s->at == digits || (s->text[digits] == '0' && s->at - digits > 1))
		return bad(s, "a number is malformed");
	if (s->at < s->len && s->text[s->at] == '.') {
		integral = false;
		digits = ++s->at;
		while (s->at < s->len && isdigit((unsigned char)s->text[s->at]))
			s->at++;
		if (s->at == digits)
			return bad(s, "a number is malformed");
	}
	if (s->at < s->len && (s->text[s->at] == 'e' || s->text[s->at] == 'E')) {
		integral = false;
		s->at++;
		if (s->at < s->len && (s->text[s->at] == '+' || s->text[s->at] == '-'))
			s->at++;
		digits = s->at;
		while (s->at < s->len && isdigit((unsigned char)s->text[s->at]))
			s->at++;
		if (s->at == digits)
			return bad(s, "a number is malformed");
	}
	copy = mem_strndup(s->text + start, s->at - start);
	fits = integral ? text_to_i64(copy, &i) : (d = strtod(copy, NULL), isfinite(d));
	if (fits || s->lenient)
		buf_adds(s->repaired, fits ? copy : "null");
	free(copy);
	return fits || s->lenient ? 0 : bad(s, "a number is out of range");
}

static int scan_word(struct scan *s)
{
	static const char *const words[] = {"true", "false", "null", "NaN", "Infinity"};
	size_t i, n;

	for (i = 0; i < ARRAY_LEN(words); i++) {
		n = strlen(words[i]);
		if (s->len - s->at < n || memcmp(s->text + s->at, words[i], n) != 0 || (i > 2 && !s->lenient))
			continue;
		s->at += n;
		buf_adds(s->repaired, i > 2 ? "null" : words[i]);
		return 0;
	}
	return bad(s, "an unexpected character");
}

static int scan_quoted(struct scan *s)
{
	struct buf text = {0};
	size_t start = s->at, next;
	int rc = scan_string(s, &text);

	if (rc == 0) {
		buf_add(s->repaired, s->text + start, s->at - start);
		for (next = s->at; next < s->len && strchr(" \t\r\n", s->text[next]) && s->text[next]; next++)
			;
		if (next < s->len && s->text[next] == ':' && s->depth > 0 && s->is_object[s->depth])
			rc = set_add(s, &s->open[s->depth], buf_str(&text), text.len);
	}
	buf_clear(&text);
	return rc;
}

static int scan_structure(struct scan *s, char c)
{
	if (c == '{' || c == '[') {
		if (s->depth == JSON_DEPTH_MAX)
			return bad(s, "nested too deeply");
		s->is_object[++s->depth] = c == '{';
	} else if ((c == '}' || c == ']') && s->depth > 0) {
		set_clear(&s->open[s->depth--]);
	}
	buf_addc(s->repaired, c);
	s->at++;
	return 0;
}

static int scan_all(struct scan *s)
{
	int rc = 0;

	while (rc == 0 && s->at < s->len) {
		char c = s->text[s->at];

		if (c == '"')
			rc = scan_quoted(s);
		else if (c == '-' || isdigit((unsigned char)c))
			rc = scan_number(s);
		else if (c && strchr("{}[]:, \t\r\n", c))
			rc = scan_structure(s, c);
		else
			rc = scan_word(s);
	}
	return rc;
}

static int parse(const char *text, size_t len, bool lenient, struct json_object **out, struct err *e)
{
	struct buf repaired = {0};
	struct scan s = {.text = text, .len = len, .lenient = lenient, .repaired = &repaired, .e = e};
	struct json_tokener *tok = NULL;
	enum json_tokener_error why;
	int rc = -1;

	*out = NULL;
	if (len > INT32_MAX / 2) {
		err_set(e, ERR_TOOLARGE, "The JSON is too large");
		goto out;
	}
	if (scan_all(&s) == -1)
		goto out;
	tok = json_tokener_new_ex(JSON_DEPTH_MAX + 1);
	if (!tok)
		abort();
	json_tokener_set_flags(tok, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	/* The NUL is part of what is parsed, so that an incomplete text is an error and not "continue". */
	buf_reserve(&repaired, 0)[0] = '\0';
	*out = json_tokener_parse_ex(tok, repaired.data, (int)repaired.len + 1);
	why = json_tokener_get_error(tok);
	if (why != json_tokener_success) {
		json_object_put(*out);
		*out = NULL;
		err_set(e, ERR_INVALID, repaired.len ? "The JSON is not valid: %s at byte %zu" : "The body is empty; a JSON object is needed",
			json_tokener_error_desc(why), json_tokener_get_parse_end(tok));
		goto out;
	}
	rc = 0;
out:
	if (tok)
		json_tokener_free(tok);
	while (s.depth > 0)
		set_clear(&s.open[s.depth--]);
	buf_clear(&repaired);
	return rc;
}

int json_in_parse(const char *text, size_t len, struct json_object **out, struct err *e)
{
	return parse(text, len, false, out, e);
}

int json_in_parse_lenient(const char *text, size_t len, struct json_object **out, struct err *e)
{
	return parse(text, len, true, out, e);
}

int json_in_parse_object(const char *text, size_t len, struct json_object **out, struct err *e)
{
	if (parse(text, len, false, out, e) == -1)
		return -1;
	if (json_object_is_type(*out, json_type_object))
		return 0;
	json_object_put(*out);
	*out = NULL;
	return err_set(e, ERR_INVALID, "A JSON object is needed");
}

bool json_in_double(const struct json_object *v, double *out)
{
	if (!json_object_is_type(v, json_type_double) && !json_object_is_type(v, json_type_int))
		return false;
	*out = json_object_get_double(v);
	return isfinite(*out);
}

bool json_in_i64(const struct json_object *v, int64_t *out)
{
	double d;

	if (json_object_is_type(v, json_type_int)) {
		*out = json_object_get_int64(v);
		return true;
	}
	/* 2^53: beyond it a double no longer tells neighbours apart. */
	if (!json_in_double(v, &d) || fabs(d) > 9007199254740992.0 || d != floor(d))
		return false;
	*out = (int64_t)d;
	return true;
}

struct json_object *json_get(const struct json_object *obj, const char *name, bool *present)
{
	struct json_object *v = NULL;
	bool there = json_object_is_type(obj, json_type_object) && json_object_object_get_ex(obj, name, &v);

	if (present)
		*present = there;
	return v;
}

bool json_get_i64(const struct json_object *obj, const char *name, int64_t *out)
{
	return json_in_i64(json_get(obj, name, NULL), out);
}

bool json_get_double(const struct json_object *obj, const char *name, double *out)
{
	return json_in_double(json_get(obj, name, NULL), out);
}

bool json_get_bool(const struct json_object *obj, const char *name, bool *out)
{
	struct json_object *v = json_get(obj, name, NULL);

	if (!json_object_is_type(v, json_type_boolean))
		return false;
	*out = json_object_get_boolean(v);
	return true;
}

bool json_get_string(const struct json_object *obj, const char *name, const char **out)
{
	struct json_object *v = json_get(obj, name, NULL);

	if (!json_object_is_type(v, json_type_string))
		return false;
	*out = json_object_get_string(v);
	return true;
}

void json_in_known(const struct json_object *obj, const char *const *names, const char *prefix, struct err *e)
{
	char path[ERR_FIELD_MAX];

	if (!obj)
		return;
	json_object_object_foreach(obj, key, value)
	{
		const char *const *n = names;

		(void)value;
		while (*n && strcmp(*n, key) != 0)
			n++;
		if (*n)
			continue;
		snprintf(path, sizeof(path), "%s%s", prefix, key);
		err_detail(e, path, "Unknown member");
	}
}
