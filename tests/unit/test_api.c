/* The pure parts of the API: request line, query, router, the route table itself, header values, the environment. */
#include "config.h"

#include "api/media.h"
#include "api/problem.h"
#include "api/router.h"
#include "api/uri.h"
#include "api/wire.h"
#include "lib/mem.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *uri, *script_name;
	const char *want; /* segments joined by '|'; NULL: refused */
	enum err_code code;
} lines[] = {
	{"/api/v1/health", "/api/v1", "health", 0},
	{"/api/v1/health", NULL, "health", 0},
	{"/api/v1/health", "", "health", 0},
	{"/api/v1/health/", "/api/v1", "health", 0},
	{"/api/v1/health?x=/y", "/api/v1", "health", 0},
	{"/api/v1", "/api/v1", "", 0},
	{"/api/v1/", "/api/v1", "", 0},
	{"/api/v1/experiments/exp_001/rounds", "/api/v1", "experiments|exp_001|rounds", 0},
	{"/api/v1/a%2Fb/c", "/api/v1", "a/b|c", 0},
	{"/api/v1/a%20b+c", "/api/v1", "a b+c", 0},
	{"/api/v1/%D1%82", "/api/v1", "т", 0},
	{"/flopy/api/v1/health", "/flopy/api/v1", "health", 0},
	{"/a%20b/api/v1/health", "/a b/api/v1", "health", 0},
	{"/api/v%31/health", "/api/v1", "health", 0},
	{"http://host:3001/api/v1/health?x", "/api/v1", "health", 0},
	{"/api/v1/..%2f..", "/api/v1", "../..", 0},
	{"/api/v1/../v1/health", "/api/v1", "..|v1|health", 0},
	{"/api/v1//health", "/api/v1", "|health", 0},
	{"/api/v1/health//", "/api/v1", "health|", 0},
	{"/api/v1extra/health", "/api/v1extra", NULL, ERR_NOTFOUND},
	{"/api/v1extra/health", "/api/v1", NULL, ERR_NOTFOUND},
	{"/xapi/v1/health", "/xapi/v1", NULL, ERR_NOTFOUND},
	{"/health", "/api/v1", NULL, ERR_NOTFOUND},
	{"/health", "", NULL, ERR_NOTFOUND},
	{"/api", "/api/v1", NULL, ERR_NOTFOUND},
	{"", "/api/v1", NULL, ERR_NOTFOUND},
	{"*", "/api/v1", NULL, ERR_NOTFOUND},
	{"api/v1/health", "/api/v1", NULL, ERR_NOTFOUND},
	{"//health", "/api/v1", NULL, ERR_NOTFOUND},
	{"/api/v1/%zz", "/api/v1", NULL, ERR_INVALID},
	{"/api/v1/%", "/api/v1", NULL, ERR_INVALID},
	{"/api/v1/%2", "/api/v1", NULL, ERR_INVALID},
	{"/api/v1/%2/2", "/api/v1", NULL, ERR_INVALID},
	{"/api/v1/%00", "/api/v1", NULL, ERR_INVALID},
	{"/api/v1/%ff", "/api/v1", NULL, ERR_INVALID},
	{"/api/v1/%ed%a0%80", "/api/v1", NULL, ERR_INVALID},
	{"/api/v1/1/2/3/4/5/6/7/8/9/10/11/12", "/api/v1", "1|2|3|4|5|6|7|8|9|10|11|12", 0},
	{"/api/v1/1/2/3/4/5/6/7/8/9/10/11/12/13", "/api/v1", NULL, ERR_NOTFOUND},
	{"/api/v1/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17/18/19/20/21/22/23/24/25", "/api/v1", NULL, ERR_NOTFOUND},
};

START_TEST(request_lines)
{
	struct uri u = {0};
	struct buf got = {0};
	struct err e;
	int rc = uri_split(&u, lines[_i].uri, lines[_i].script_name, &e);
	size_t i;

	ck_assert_msg((rc == 0) == (lines[_i].want != NULL), "%s", lines[_i].uri);
	if (rc == -1) {
		ck_assert_msg(e.code == lines[_i].code, "%s: %s", lines[_i].uri, e.msg);
	} else {
		for (i = 0; i < u.segments_n; i++)
			buf_addf(&got, "%s%s", i ? "|" : "", u.segments[i]);
		ck_assert_str_eq(buf_str(&got), lines[_i].want);
	}
	buf_clear(&got);
	uri_clear(&u);
}
END_TEST

static const struct {
	const char *uri, *want; /* name=value; …; or the details' fields when it begins with '!' */
} queries[] = {
	{"/x", ""},
	{"/x?", ""},
	{"/x?&&", ""},
	{"/x?limit=2", "limit=2;"},
	{"/x?limit=2&offset=3", "limit=2;offset=3;"},
	{"/x?limit=", "limit=;"},
	{"/x?limit", "limit=;"},
	{"/x?q=a+b%20c%2B", "q=a b c+;"},
	{"/x?q=a=b", "q=a=b;"},
	{"/x?%71=1", "q=1;"},
	{"/x?q=%D1%82", "q=т;"},
	{"/x?q=1#limit=2", "q=1;"},
	{"/x?limit=1&limit=1", "!limit"},
	{"/x?staus=running", "!staus"},
	{"/x?staus=1&lmit=2&limit=1&limit=2", "!staus!lmit!limit"},
	{"/x?lim=1", "!lim"},
	{"/x?limits=1", "!limits"},
	{"/x?limit offset=1", "!limit offset"},
	{"/x?=1", "!"},
	{"/x?q=%zz", "!q"},
	{"/x?q=%ff", "!q"},
	{"/x?q=%00", "!q"},
	{"/x?%zz=1", "!query"},
};

START_TEST(request_queries)
{
	struct request q = {0};
	struct buf text = {0}, got = {0};
	struct err e;
	size_t i;

	if (uri_query(&q, queries[_i].uri, "limit offset q", &text, &e) == 0)
		for (i = 0; i < q.query_n; i++)
			buf_addf(&got, "%s=%s;", q.query[i].name, q.query[i].value);
	else
		for (i = 0; i < e.details_n; i++)
			buf_addf(&got, "!%s", e.details[i].field);
	ck_assert_msg(strcmp(buf_str(&got), queries[_i].want) == 0, "%s: %s", queries[_i].uri, buf_str(&got));
	buf_clear(&text);
	buf_clear(&got);
}
END_TEST

START_TEST(query_many)
{
	struct request q = {0};
	struct buf uri = {0}, names = {0}, text = {0};
	struct err e;
	int i;

	buf_addc(&uri, '?');
	for (i = 0; i < REQUEST_QUERY_MAX + 1; i++) {
		buf_addf(&uri, "n%d=1&", i);
		buf_addf(&names, "n%d ", i);
	}
	ck_assert_int_eq(uri_query(&q, uri.data, names.data, &text, &e), -1);
	ck_assert_uint_eq(q.query_n, REQUEST_QUERY_MAX);
	buf_clear(&uri);
	buf_clear(&names);
	buf_clear(&text);
}
END_TEST

/* The table itself: what every row must have. */
START_TEST(table_rows)
{
	size_t i, k;

	for (i = 0; i < routes_n; i++) {
		const struct route *r = &routes[i];
		bool takes_body = r->method == METHOD_POST || r->method == METHOD_PUT || r->method == METHOD_PATCH;

		ck_assert_msg(r->pattern[0] == '/' && !strchr(r->pattern, '?') && r->pattern[strlen(r->pattern) - 1] != '/', "%s", r->pattern);
		ck_assert_msg(r->handler != NULL, "%s", r->pattern);
		ck_assert_msg(takes_body == (r->body_max > 0), "%s %s: a body and its limit go together", method_name(r->method), r->pattern);
		ck_assert_msg(r->body_max <= WIRE_BODY_MAX, "%s", r->pattern);
		ck_assert_msg(r->cache_ms == 0 || r->method == METHOD_GET, "%s %s: only reads are kept", method_name(r->method), r->pattern);
		ck_assert_msg(r->method != METHOD_HEAD && r->method != METHOD_OPTIONS, "%s: made by the dispatcher", r->pattern);
		ck_assert_msg(r->access != ACCESS_OPEN || strcmp(r->pattern, "/health") == 0 || strcmp(r->pattern, "/auth/login") == 0 ||
				      strncmp(r->pattern, "/openapi.", 9) == 0 || strcmp(r->pattern, "/asyncapi.yaml") == 0,
			      "%s needs no token?", r->pattern);
		ck_assert_msg(r->method == METHOD_GET || r->access != ACCESS_VIEWER, "%s %s: a viewer changes nothing", method_name(r->method), r->pattern);
		for (k = 0; k < i; k++)
			ck_assert_msg(routes[k].method != r->method || strcmp(routes[k].pattern, r->pattern) != 0, "%s twice", r->pattern);
	}
}
END_TEST

/* Each row is found by its own pattern: none stands in the way of another. */
START_TEST(table_reachable)
{
	size_t i;

	for (i = 0; i < routes_n; i++) {
		const char *params[REQUEST_PARAMS_MAX] = {0}, *segments[URI_SEGMENTS_MAX];
		char *copy = mem_strdup(routes[i].pattern), *p = copy;
		size_t n = 0;
		unsigned methods;

		while (*p) {
			*p++ = '\0';
			segments[n++] = *p == ':' ? p + 1 : p;
			p += strcspn(p, "/");
		}
		ck_assert_msg(router_match(routes[i].method, segments, n, params, &methods) == &routes[i], "%s %s", method_name(routes[i].method), routes[i].pattern);
		free(copy);
	}
}
END_TEST

static const struct {
	enum method method;
	const char *segments[4];
	const char *pattern; /* NULL: none */
	const char *allow;   /* of the path */
} matches[] = {
	{METHOD_GET, {"health"}, "/health", "GET, HEAD, OPTIONS"},
	{METHOD_HEAD, {"health"}, "/health", "GET, HEAD, OPTIONS"},
	{METHOD_POST, {"health"}, NULL, "GET, HEAD, OPTIONS"},
	{METHOD_OPTIONS, {"experiments"}, NULL, "GET, HEAD, POST, OPTIONS"},
	{METHOD_GET, {"experiments", "exp_001"}, "/experiments/:id", "GET, HEAD, PATCH, DELETE, OPTIONS"},
	{METHOD_GET, {"experiments", "a/b"}, NULL, "OPTIONS"},
	{METHOD_GET, {"experiments", "a\nb"}, NULL, "OPTIONS"},
	{METHOD_GET, {"experiments", ""}, NULL, "OPTIONS"},
	{METHOD_GET, {"Health"}, NULL, "OPTIONS"},
	{METHOD_GET, {"healthy"}, NULL, "OPTIONS"},
	{METHOD_GET, {"heal"}, NULL, "OPTIONS"},
	{METHOD_GET, {":id"}, NULL, "OPTIONS"},
	{METHOD_GET, {NULL}, NULL, "OPTIONS"},
	{METHOD_MAX, {"health"}, NULL, "GET, HEAD, OPTIONS"},
};

START_TEST(router_matches)
{
	const char *params[REQUEST_PARAMS_MAX] = {0};
	char allow[METHODS_TEXT_MAX];
	const struct route *r;
	unsigned methods;
	size_t n = 0;

	while (n < 4 && matches[_i].segments[n])
		n++;
	r = router_match(matches[_i].method, matches[_i].segments, n, params, &methods);
	ck_assert_int_eq(r != NULL, matches[_i].pattern != NULL);
	if (r)
		ck_assert_str_eq(r->pattern, matches[_i].pattern);
	ck_assert_str_eq(methods_text(methods, allow), matches[_i].allow);
}
END_TEST

static const struct {
	const char *text;
	bool json;
} types[] = {
	{"application/json", true},
	{"Application/JSON", true},
	{" application/json ", true},
	{"application/json; charset=utf-8", true},
	{"application/json;charset=UTF-8", true},
	{"application/json; charset=\"utf-8\"", true},
	{"application/json; profile=x; charset=utf-8", true},
	{"application/json;charset=latin1", false},
	{"application/json;charset=", false},
	{"application/json; profile=x; charset=utf-16", false},
	{"application/jsonx", false},
	{"application/json+x", false},
	{"application/json, text/plain", false},
	{"application/merge-patch+json", false},
	{"application/x-www-form-urlencoded", false},
	{"text/plain", false},
	{"", false},
};

START_TEST(media_types)
{
	ck_assert_msg(media_is_json(types[_i].text) == types[_i].json, "%s", types[_i].text);
}
END_TEST

START_TEST(media_values)
{
	char key[257];

	memset(key, 'k', sizeof(key));
	key[256] = '\0';
	ck_assert(!media_is_key(key));
	key[255] = '\0';
	ck_assert(media_is_key(key));
	ck_assert(!media_is_key(""));
	ck_assert(!media_is_key("a b"));
	ck_assert(!media_is_key("a\x7f"));
	ck_assert(!media_is_key("\xc3\xa4"));
	ck_assert(media_names_tag("\"a\"", "\"a\"", true));
	ck_assert(media_names_tag("\"b\", W/\"a\"", "\"a\"", true));
	ck_assert(media_names_tag("*", "\"a\"", true));
	ck_assert(!media_names_tag("\"ab\"", "\"a\"", true));
	ck_assert(!media_names_tag("", "\"a\"", true));
	/* Strongly: a weak tag is none of ours. */
	ck_assert(media_names_tag("\"b\", \"a\"", "\"a\"", false) && media_names_tag("*", "\"a\"", false));
	ck_assert(!media_names_tag("W/\"a\"", "\"a\"", false));
	/* As web servers mark what they have compressed. */
	ck_assert(media_names_tag("\"a-gzip\"", "\"a\"", false) && media_names_tag("\"x\", W/\"a-br\"", "\"a\"", true));
	ck_assert(!media_names_tag("\"a-other\"", "\"a\"", true) && !media_names_tag("\"-gzip\"", "\"a\"", true) && !media_names_tag("\"a-gzip", "\"a\"", true));
	ck_assert(!media_names_tag("\"", "\"a\"", true) && !media_names_tag("a", "\"a\"", true) && !media_names_tag("\"a", "\"a\"", true));
}
END_TEST

START_TEST(environment)
{
	static char *const env[] = {"REQUEST_METHOD=GET", "REQUEST_URI=/a=b", "nonsense", "HTTP_X=", "HTTP_ORIGIN=", "HTTP_HOST=h", "=", "HTTP_A=1", "HTTP_B=2", NULL};
	static char *const twice[] = {"HTTP_X_FORWARDED_FOR=6.6.6.6", "HTTP_A=1", "HTTP_X_FORWARDED_FOR=1.2.3.4", NULL};
	static char *const prefix[] = {"HTTP_AB=1", "HTTP_A=1", "HTTP_ABC=1", NULL};
	struct wire w;

	wire_from_env(&w, env);
	ck_assert_str_eq(w.method, "GET");
	ck_assert_str_eq(w.uri, "/a=b");
	ck_assert_str_eq(w.host, "h");
	ck_assert_ptr_null(w.origin); /* empty is absent */
	ck_assert_ptr_null(w.duplicated);
	wire_from_env(&w, twice);
	ck_assert_ptr_nonnull(w.duplicated);
	wire_from_env(&w, prefix);
	ck_assert_ptr_null(w.duplicated);
}
END_TEST

static const struct {
	enum err_code code;
	int status;
} statuses[] = {
	{ERR_INVALID, 400},   {ERR_UNAUTHORIZED, 401}, {ERR_FORBIDDEN, 403}, {ERR_NOTFOUND, 404},  {ERR_METHOD, 405},   {ERR_CONFLICT, 409},    {ERR_PRECONDITION, 412},
	{ERR_TOOLARGE, 413},  {ERR_MEDIATYPE, 415},    {ERR_RATE, 429},      {ERR_INTERNAL, 500},  {ERR_BUSY, 503},     {ERR_UNAVAILABLE, 503}, {ERR_FULL, 507},
	{ERR_NONE, 500},
};

START_TEST(problems)
{
	struct response r = {0};
	struct err e;

	err_set(&e, statuses[_i].code, "secret words: %s", "\xd1\x82\xd1");
	err_detail(&e, "a\"b", "x");
	problem_write(&r, &e, "id-1");
	ck_assert_int_eq(r.status, statuses[_i].status);
	ck_assert_ptr_nonnull(strstr(r.body.data, "\"request_id\":\"id-1\""));
	/* Our own fault is not explained to the client; a character that was cut is left out. */
	ck_assert_int_eq(strstr(r.body.data, "secret words: \xd1\x82\"") != NULL, r.status != 500);
	ck_assert_int_eq(strstr(r.body.data, "\"a\\\"b\":\"x\"") != NULL, r.status != 500);
	ck_assert_int_eq(strstr(buf_str(&r.headers), "Retry-After: ") != NULL, r.status == 429 || r.status == 503);
	ck_assert_int_eq(strstr(buf_str(&r.headers), "WWW-Authenticate: Bearer") != NULL, r.status == 401);
	buf_clear(&r.body);
	buf_clear(&r.headers);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("api");
	TCase *t = tcase_create("api");
	SRunner *r;
	int failed;

	tcase_add_loop_test(t, request_lines, 0, (int)ARRAY_LEN(lines));
	tcase_add_loop_test(t, request_queries, 0, (int)ARRAY_LEN(queries));
	tcase_add_test(t, query_many);
	tcase_add_test(t, table_rows);
	tcase_add_test(t, table_reachable);
	tcase_add_loop_test(t, router_matches, 0, (int)ARRAY_LEN(matches));
	tcase_add_loop_test(t, media_types, 0, (int)ARRAY_LEN(types));
	tcase_add_test(t, media_values);
	tcase_add_test(t, environment);
	tcase_add_loop_test(t, problems, 0, (int)ARRAY_LEN(statuses));
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
