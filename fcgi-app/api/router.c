/* Path to row; see router.h. */
#include "config.h"

#include "api/router.h"

#include "lib/mem.h"

#include <string.h>

static const char *const method_names[METHOD_MAX] = {
	[METHOD_GET] = "GET",       [METHOD_POST] = "POST",       [METHOD_PUT] = "PUT",   [METHOD_PATCH] = "PATCH",
	[METHOD_DELETE] = "DELETE", [METHOD_OPTIONS] = "OPTIONS", [METHOD_HEAD] = "HEAD",
};

enum method method_from_name(const char *name)
{
	int m;

	for (m = 0; m < METHOD_MAX; m++)
		if (strcmp(method_names[m], name) == 0)
			break;
	return (enum method)m;
}

const char *method_name(enum method m)
{
	return m < METHOD_MAX ? method_names[m] : "?";
}

const char *methods_text(unsigned methods, char out[METHODS_TEXT_MAX])
{
	static const enum method order[] = {METHOD_GET, METHOD_HEAD, METHOD_POST, METHOD_PUT, METHOD_PATCH, METHOD_DELETE, METHOD_OPTIONS};
	size_t i, len = 0;

	if (methods & 1u << METHOD_GET)
		methods |= 1u << METHOD_HEAD;
	methods |= 1u << METHOD_OPTIONS;
	for (i = 0; i < ARRAY_LEN(order); i++) {
		const char *name = method_names[order[i]];

		if (!(methods & 1u << order[i]))
			continue;
		if (len) {
			memcpy(out + len, ", ", 2);
			len += 2;
		}
		memcpy(out + len, name, strlen(name));
		len += strlen(name);
	}
	out[len] = '\0';
	return out;
}

/* A part of a path that a :name may stand for: no slash that was encoded, no control character. */
static bool is_param(const char *s)
{
	for (; *s; s++)
		if (*s == '/' || (unsigned char)*s < 0x20 || *s == 0x7f)
			return false;
	return true;
}

static bool matches(const char *pattern, const char *const *segments, size_t n, const char *params[REQUEST_PARAMS_MAX])
{
	size_t i, params_n = 0;

	for (i = 0; i < n; i++) {
		size_t len;

		if (*pattern++ != '/')
			return false;
		len = strcspn(pattern, "/");
		if (*pattern == ':') {
			if (!segments[i][0] || !is_param(segments[i]))
				return false;
			params[params_n++] = segments[i];
		} else if (strncmp(pattern, segments[i], len) != 0 || segments[i][len] != '\0') {
			return false;
		}
		pattern += len;
	}
	return *pattern == '\0';
}

const struct route *router_match(enum method method, const char *const *segments, size_t n, const char *params[REQUEST_PARAMS_MAX], unsigned *methods)
{
	const struct route *found = NULL;
	const char *tried[REQUEST_PARAMS_MAX] = {NULL};
	size_t i;

	if (method == METHOD_HEAD)
		method = METHOD_GET;
	*methods = 0;
	for (i = 0; i < routes_n; i++) {
		if (!matches(routes[i].pattern, segments, n, tried))
			continue;
		*methods |= 1u << routes[i].method;
		if (routes[i].method == method && !found) {
			found = &routes[i];
			memcpy(params, tried, sizeof(tried));
		}
	}
	return found;
}
