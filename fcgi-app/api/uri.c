/* Paths and queries; see uri.h. */
#include "config.h"

#include "api/uri.h"

#include "lib/text.h"

#include <string.h>

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool uri_decode(const char *s, size_t len, bool plus, struct buf *out)
{
	size_t start = out->len, i;
	char *to = buf_reserve(out, len + 1);

	for (i = 0; i < len; i++) {
		if (s[i] == '%') {
			int high = i + 2 < len ? hex(s[i + 1]) : -1, low = high >= 0 ? hex(s[i + 2]) : -1;

			if (low < 0)
				return false;
			*to++ = (char)(high << 4 | low);
			i += 2;
		} else {
			*to++ = plus && s[i] == '+' ? ' ' : s[i];
		}
	}
	*to = '\0';
	out->len = (size_t)(to - out->data) + 1;
	return text_utf8_valid(out->data + start, out->len - start - 1);
}

/* The path of a request line: what stands before '?', without the scheme and host of an absolute form. */
static const char *path_of(const char *uri, size_t *len)
{
	const char *authority = strncmp(uri, "http://", 7) == 0 ? uri + 7 : strncmp(uri, "https://", 8) == 0 ? uri + 8 : NULL;

	if (authority)
		uri = authority + strcspn(authority, "/?");
	*len = strcspn(uri, "?#");
	return uri;
}

/* Room for every segment is taken at once, so that pointers into the text stay good. */
static int decode_segments(struct uri *u, const char *path, size_t len, const char *all[], size_t max, size_t *n, struct err *e)
{
	const char *end = path + len;

	buf_reserve(&u->text, 2 * len + 2);
	*n = 0;
	while (path < end) {
		size_t seg, at = u->text.len;

		path++; /* the slash */
		seg = (size_t)(end - path) < strcspn(path, "/") ? (size_t)(end - path) : strcspn(path, "/");
		if (path == end && *n > 0)
			break; /* a trailing slash */
		if (*n == max)
			return err_set(e, ERR_NOTFOUND, "There is nothing at this path");
		if (!uri_decode(path, seg, false, &u->text))
			return err_set(e, ERR_INVALID, "The path holds a percent escape that is not one, or text that is not UTF-8");
		all[(*n)++] = u->text.data + at;
		path += seg;
	}
	return 0;
}

/* How many leading segments the base takes; -1 when the path is not under it. */
static int match_base(const char *const *all, size_t n, const char *base)
{
	size_t i = 0;

	while (*base) {
		size_t len;

		base++; /* the slash */
		len = strcspn(base, "/");
		if (i == n || strlen(all[i]) != len || memcmp(all[i], base, len) != 0)
			return -1;
		i++;
		base += len;
	}
	return (int)i;
}

static bool ends_in_base(const char *script_name)
{
	size_t len = strlen(script_name), base = sizeof(URI_BASE) - 1;

	return script_name[0] == '/' && len >= base && strcmp(script_name + len - base, URI_BASE) == 0;
}

int uri_split(struct uri *u, const char *request_uri, const char *script_name, struct err *e)
{
	const char *all[2 * URI_SEGMENTS_MAX];
	size_t n, i, len;
	const char *path = path_of(request_uri, &len);
	int base;

	u->segments_n = 0;
	u->text.len = 0;
	if (!script_name || !script_name[0])
		script_name = URI_BASE;
	if (len == 0 || path[0] != '/' || !ends_in_base(script_name))
		return err_set(e, ERR_NOTFOUND, "There is nothing at this path; the API is under " URI_BASE);
	if (decode_segments(u, path, len, all, 2 * URI_SEGMENTS_MAX, &n, e) == -1)
		return -1;
	base = match_base(all, n, script_name);
	if (base == -1 || n - (size_t)base > URI_SEGMENTS_MAX)
		return err_set(e, ERR_NOTFOUND, "There is nothing at this path; the API is under " URI_BASE);
	for (i = (size_t)base; i < n; i++)
		u->segments[u->segments_n++] = all[i];
	return 0;
}

void uri_clear(struct uri *u)
{
	buf_clear(&u->text);
}

static bool listed(const char *names, const char *name)
{
	size_t len = strlen(name);

	while (*names) {
		size_t n = strcspn(names, " ");

		if (n == len && memcmp(names, name, len) == 0)
			return true;
		names += n;
		names += strspn(names, " ");
	}
	return false;
}

/* One name=value.  The name as an error shows it is cut by err_detail(). */
static void add_param(struct request *q, const char *part, size_t len, const char *allowed, struct buf *text, struct err *e)
{
	const char *eq = memchr(part, '=', len);
	size_t name_len = eq ? (size_t)(eq - part) : len, name_at = text->len, value_at, i;
	const char *name;

	if (!uri_decode(part, name_len, true, text)) {
		err_detail(e, "query", "Holds a percent escape that is not one, or text that is not UTF-8");
		return;
	}
	value_at = text->len;
	name = text->data + name_at;
	if (!uri_decode(eq ? eq + 1 : "", eq ? len - name_len - 1 : 0, true, text)) {
		err_detail(e, name, "Holds a percent escape that is not one, or text that is not UTF-8");
		return;
	}
	if (!listed(allowed, name)) {
		if (allowed[0])
			err_detail(e, name, "Unknown parameter; known are: %s", allowed);
		else
			err_detail(e, name, "Unknown parameter; none are known here");
		return;
	}
	for (i = 0; i < q->query_n; i++)
		if (strcmp(q->query[i].name, name) == 0) {
			err_detail(e, name, "Must be given once only");
			return;
		}
	if (q->query_n == REQUEST_QUERY_MAX) {
		err_detail(e, "query", "Must have at most %d parameters", REQUEST_QUERY_MAX);
		return;
	}
	q->query[q->query_n].name = name;
	q->query[q->query_n++].value = text->data + value_at;
}

int uri_query(struct request *q, const char *request_uri, const char *allowed, struct buf *text, struct err *e)
{
	const char *p = strchr(request_uri, '?');

	q->query_n = 0;
	text->len = 0;
	if (!p)
		return 0;
	buf_reserve(text, 3 * strlen(p) + 2);
	err_clear(e);
	for (p++; *p && *p != '#'; p += *p == '&') {
		size_t len = strcspn(p, "&#");

		if (len > 0)
			add_param(q, p, len, allowed, text, e);
		p += len;
	}
	return err_collected(e, "Invalid query parameters");
}
