/* The funnel on a real store, without a web server: order of refusals, limits, cache, logins, tokens. */
#include "config.h"

#include "api/dispatch.h"
#include "api/identity.h"
#include "auth/keys.h"
#include "auth/password.h"
#include "lib/clock.h"
#include "lib/file.h"
#include "lib/mem.h"
#include "store/token.h"
#include "store/user.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECRET "0123456789abcdef0123456789abcdef"

static char dir[64];
static struct conf conf;
static struct app app;
static struct response r;
static char *admin, *viewer, *engine; /* "Bearer …" */

static char *path_in(const char *name)
{
	struct buf b = {0};

	buf_addf(&b, "%s/%s", dir, name);
	return buf_take(&b);
}

static void put(const char *name, const char *text)
{
	char *path = path_in(name);

	ck_assert_int_eq(file_replace(path, text, strlen(text), 0600, NULL), 0);
	free(path);
}

static char *make_token(enum role role, int64_t experiment_id, int64_t life_ms)
{
	int64_t now = clock_wall_ms();
	struct token t = {.kind = experiment_id ? TOKEN_KIND_ENGINE : TOKEN_KIND_API, .name = role_name(role), .subject = role_name(role), .role = role,
			  .experiment_id = experiment_id, .created_at_ms = now, .expires_at_ms = now + life_ms, .created_by = "test"};
	char jti[TOKEN_JTI_MAX + 1];
	struct buf b = {0};

	buf_adds(&b, "Bearer ");
	ck_assert_int_eq(store_begin(app.store, NULL), 0);
	ck_assert_int_eq(token_issue(app.store, app.keys, &t, jti, &b, NULL), 0);
	ck_assert_int_eq(store_commit(app.store, NULL), 0);
	return buf_take(&b);
}

static void add_user(void)
{
	char hash[PASSWORD_HASH_MAX];
	struct user u = {"alice", hash, ROLE_OPERATOR, false, 1, 0};

	ck_assert_int_eq(password_hash("a long pass phrase", hash, NULL), 0);
	store_begin(app.store, NULL);
	ck_assert_int_eq(user_add(app.store, &u, NULL), 0);
	store_commit(app.store, NULL);
}

static void setup(void)
{
	char text[256], *path;

	snprintf(dir, sizeof(dir), "/tmp/test_dispatch.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(text, sizeof(text), "[paths]\nstate = %s\n[api]\ntrusted_origins = https://lab.example\n[rate]\nstandard_per_hour = 50\n", dir);
	put("flopynet.conf", text);
	put("secret", SECRET);
	path = path_in("flopynet.conf");
	ck_assert_int_eq(conf_load(&conf, path, NULL), 0);
	free(path);
	path = path_in("shared.bin");
	memset(&app, 0, sizeof(app));
	app.conf = &conf;
	ck_assert_int_eq(shared_open(&app.shared, path, NULL), 0);
	free(path);
	ck_assert_int_eq(dispatch_open(&app, NULL), 0);
	admin = make_token(ROLE_ADMIN, 0, MS_PER_DAY);
	viewer = make_token(ROLE_VIEWER, 0, MS_PER_DAY);
	engine = make_token(ROLE_NONE, 7, MS_PER_DAY);
	add_user();
}

static void teardown(void)
{
	static const char *const names[] = {"flopynet.conf", "secret", "flopynet.db", "flopynet.db-wal", "flopynet.db-shm", "flopynet.db.lock", "shared.bin"};
	size_t i;

	dispatch_close(&app);
	shared_close(app.shared);
	free(admin);
	free(viewer);
	free(engine);
	buf_clear(&r.body);
	buf_clear(&r.headers);
	conf_clear(&conf);
	for (i = 0; i < ARRAY_LEN(names); i++) {
		char *path = path_in(names[i]);

		unlink(path);
		free(path);
	}
	rmdir(dir);
}

static void call(struct wire w)
{
	w.script_name = "/api/v1";
	if (!w.remote_addr)
		w.remote_addr = "192.0.2.1";
	if (!w.body)
		w.body = "";
	w.body_len = strlen(w.body);
	dispatch(&app, &w, &r);
	ck_assert(!app.store || !store_settle(app.store));
}

static const char *header(const char *name)
{
	static char value[512];
	const char *p = buf_str(&r.headers);
	size_t len = strlen(name);

	while (p && (strncmp(p, name, len) != 0 || p[len] != ':')) {
		p = strstr(p, "\r\n");
		p = p ? p + 2 : NULL;
	}
	if (!p)
		return NULL;
	p += len + 2;
	snprintf(value, sizeof(value), "%.*s", (int)strcspn(p, "\r"), p);
	return value;
}

#define JSON .content_type = "application/json"
#define LOGIN .method = "POST", .uri = "/api/v1/auth/login", JSON

/* Each row has two things wrong, or one: the status says which is heard of first. */
static const struct {
	const char *name;
	struct wire w;
	char token; /* a, v, e: which is put in; x: a bad one; 0: none */
	int status;
} orders[] = {
	{"all well", {.method = "GET", .uri = "/api/v1/experiments"}, 'v', 200},
	{"open", {.method = "GET", .uri = "/api/v1/health"}, 0, 200},
	{"open with a bad token", {.method = "GET", .uri = "/api/v1/health"}, 'x', 200},
	{"doubled header before all", {.method = "GET", .uri = "/api/v1/none", .duplicated = "HTTP_X=1"}, 0, 400},
	{"short body before path", {.method = "POST", .uri = "/api/v1/none", .body_short = true}, 0, 400},
	{"unknown path before token", {.method = "GET", .uri = "/api/v1/none"}, 0, 404},
	{"bad escape", {.method = "GET", .uri = "/api/v1/%zz"}, 0, 400},
	{"outside the base", {.method = "GET", .uri = "/api/v1x/health"}, 0, 404},
	{"unknown method before token", {.method = "DELETE", .uri = "/api/v1/experiments"}, 0, 405},
	{"a method nobody knows", {.method = "BREW", .uri = "/api/v1/experiments"}, 0, 405},
	{"options without a token", {.method = "OPTIONS", .uri = "/api/v1/experiments"}, 0, 204},
	{"token before role and body", {.method = "POST", .uri = "/api/v1/experiments", .body = "{"}, 0, 401},
	{"bad token", {.method = "GET", .uri = "/api/v1/experiments"}, 'x', 401},
	{"role before body", {.method = "POST", .uri = "/api/v1/experiments", .body = "{"}, 'v', 403},
	{"an engine on lists", {.method = "GET", .uri = "/api/v1/experiments"}, 'e', 403},
	{"an engine on itself", {.method = "GET", .uri = "/api/v1/experiments/exp_007"}, 'e', 404},
	{"an engine on another", {.method = "GET", .uri = "/api/v1/experiments/exp_008"}, 'e', 403},
	{"an engine that changes", {.method = "DELETE", .uri = "/api/v1/experiments/exp_007"}, 'e', 403},
	{"an engine asks who it is", {.method = "GET", .uri = "/api/v1/auth/me"}, 'e', 200},
	{"media type before json", {.method = "POST", .uri = "/api/v1/experiments", .body = "{"}, 'a', 415},
	{"encoded", {.method = "POST", .uri = "/api/v1/experiments", .body = "{}", JSON, .content_encoding = "gzip"}, 'a', 415},
	{"bad json before query", {.method = "POST", .uri = "/api/v1/experiments?x=1", .body = "{", JSON}, 'a', 400},
	{"unknown parameter", {.method = "GET", .uri = "/api/v1/experiments?x=1"}, 'a', 400},
	{"no body where none is taken", {.method = "DELETE", .uri = "/api/v1/experiments/exp_007", .body = "{}", JSON}, 'a', 400},
	{"bad idempotency key", {.method = "POST", .uri = "/api/v1/experiments", .body = "{}", JSON, .idempotency_key = "a b"}, 'a', 400},
	{"foreign page, header token", {.method = "POST", .uri = "/api/v1/experiments", .body = "[]", JSON, .origin = "http://evil.example", .host = "h"}, 'a', 400},
	{"foreign page at login", {LOGIN, .body = "{}", .origin = "http://evil.example", .host = "h"}, 0, 403},
	{"own page at login", {LOGIN, .body = "{}", .origin = "http://h", .host = "h"}, 0, 400},
	{"trusted page at login", {LOGIN, .body = "{}", .origin = "https://lab.example", .host = "h"}, 0, 400},
};

START_TEST(order)
{
	struct wire w = orders[_i].w;

	w.authorization = orders[_i].token == 'a' ? admin : orders[_i].token == 'v' ? viewer : orders[_i].token == 'e' ? engine : orders[_i].token ? "Bearer x.y.z" : NULL;
	call(w);
	ck_assert_msg(r.status == orders[_i].status, "%s: %d %s", orders[_i].name, r.status, buf_str(&r.body));
	ck_assert_ptr_nonnull(header("X-RateLimit-Limit"));
	ck_assert_ptr_nonnull(header("X-Request-Id"));
	ck_assert_int_eq(header("WWW-Authenticate") != NULL, r.status == 401);
	ck_assert_int_eq(header("Allow") != NULL, r.status == 405 || r.status == 204);
}
END_TEST

START_TEST(size)
{
	char *big = mem_alloc(70000);
	struct wire w = {.method = "POST", .uri = "/api/v1/experiments", JSON, .authorization = admin, .body = big};

	memset(big, ' ', 69999);
	call(w);
	ck_assert_int_eq(r.status, 413);
	free(big);
}
END_TEST

static const struct {
	const char *value;
	bool good;
} schemes[] = {{"Bearer %s", true}, {"bearer %s", true}, {"BEARER  %s", true}, {"Bearer", false}, {"Bearer ", false}, {"Basic %s", false},
	       {"Bearer %s, Bearer x", false}, {"%s", false}};

START_TEST(scheme)
{
	struct buf b = {0};
	const char *at = strstr(schemes[_i].value, "%s");

	buf_add(&b, schemes[_i].value, at ? (size_t)(at - schemes[_i].value) : strlen(schemes[_i].value));
	if (at) {
		buf_adds(&b, admin + 7);
		buf_adds(&b, at + 2);
	}
	call((struct wire){.method = "GET", .uri = "/api/v1/auth/me", .authorization = b.data});
	ck_assert_msg((r.status == 200) == schemes[_i].good, "%s", schemes[_i].value);
	buf_clear(&b);
}
END_TEST

START_TEST(limit)
{
	struct wire none = {.method = "GET", .uri = "/api/v1/none"}, known = {.method = "GET", .uri = "/api/v1/auth/me", .authorization = admin};
	int i;

	/* 404, 401 and 200 count alike. */
	for (i = 1; i <= 50; i++) {
		none.uri = i % 2 ? "/api/v1/none" : "/api/v1/experiments";
		call(none);
		ck_assert_int_eq(r.status, i % 2 ? 404 : 401);
		ck_assert_int_eq(atoi(header("X-RateLimit-Remaining")), 50 - i);
	}
	call(none);
	ck_assert_int_eq(r.status, 429);
	ck_assert_int_eq(atoi(header("X-RateLimit-Remaining")), 0);
	ck_assert_int_ge(atoi(header("Retry-After")), 1);
	ck_assert_int_gt(strtol(header("X-RateLimit-Reset"), NULL, 10), clock_wall_ms() / 1000);
	/* Somebody else's budget is another. */
	call(known);
	ck_assert_int_eq(r.status, 200);
	none.remote_addr = "192.0.2.2";
	call(none);
	ck_assert_int_eq(r.status, 401);
}
END_TEST

START_TEST(cache)
{
	struct wire w = {.method = "GET", .uri = "/api/v1/users?limit=2&offset=0", .authorization = admin};
	struct wire other = {.method = "GET", .uri = "/api/v1/users?offset=0&limit=2", .authorization = admin};
	char etag[ETAG_MAX], *other_admin;

	call(w);
	ck_assert_int_eq(r.status, 200);
	snprintf(etag, sizeof(etag), "%s", header("ETag"));
	call(other);
	ck_assert_str_eq(header("ETag"), etag);
	w.if_none_match = etag;
	call(w);
	ck_assert_int_eq(r.status, 304);
	/* A commit, ours or anyone's, ends what was kept. */
	other_admin = make_token(ROLE_ADMIN, 0, MS_PER_DAY);
	store_begin(app.store, NULL);
	user_edit(app.store, "alice", NULL, ROLE_VIEWER, -1, 1, NULL);
	store_commit(app.store, NULL);
	call(w);
	ck_assert_int_eq(r.status, 200);
	ck_assert_ptr_nonnull(strstr(r.body.data, "viewer"));
	/* Who may not see it does not get it from there either. */
	w.authorization = viewer;
	call(w);
	ck_assert_int_eq(r.status, 403);
	free(other_admin);
}
END_TEST

START_TEST(revoked_at_once)
{
	struct wire w = {.method = "GET", .uri = "/api/v1/auth/me", .authorization = viewer};
	const struct claims *c;
	struct store *other;

	call(w);
	ck_assert_int_eq(r.status, 200);
	/* By another process: a second handle. */
	ck_assert_int_eq(store_open(&other, conf.store, STORE_USER, NULL), 0);
	store_begin(other, NULL);
	ck_assert_int_eq(identity_check(&app, viewer + 7, store_version(app.store), clock_wall_ms(), &c, NULL), 0);
	ck_assert_int_eq(token_revoke(other, c->jti, 1, NULL), 0);
	store_commit(other, NULL);
	store_close(other);
	call(w);
	ck_assert_int_eq(r.status, 401);
	ck_assert_ptr_nonnull(strstr(r.body.data, "revoked"));
}
END_TEST

START_TEST(login)
{
	struct wire w = {LOGIN, .body = "{\"username\":\"alice\",\"password\":\"a long pass phrase\"}"};
	struct wire me = {.method = "GET", .uri = "/api/v1/auth/me"}, out = {.method = "POST", .uri = "/api/v1/auth/logout", .host = "h"};
	char cookie[512];

	call(w);
	ck_assert_msg(r.status == 200, "%s", r.body.data);
	ck_assert_ptr_nonnull(strstr(header("Set-Cookie"), "; HttpOnly; SameSite=Strict"));
	ck_assert_ptr_nonnull(strstr(header("Set-Cookie"), "; Path=/;"));
	snprintf(cookie, sizeof(cookie), "other=1; %.*s", (int)strcspn(header("Set-Cookie"), ";"), header("Set-Cookie"));
	me.cookie = out.cookie = cookie;
	call(me);
	ck_assert_int_eq(r.status, 200);
	ck_assert_ptr_nonnull(strstr(r.body.data, "\"auth\":\"cookie\""));
	/* With the cookie alone nothing is changed unless the page is ours. */
	call(out);
	ck_assert_int_eq(r.status, 403);
	out.sec_fetch_site = "cross-site";
	call(out);
	ck_assert_int_eq(r.status, 403);
	out.origin = "http://evil.example";
	call(out);
	ck_assert_int_eq(r.status, 403);
	out.origin = "http://h";
	call(out);
	ck_assert_int_eq(r.status, 204);
	call(me);
	ck_assert_int_eq(r.status, 401);
}
END_TEST

START_TEST(login_guessing)
{
	struct wire wrong = {LOGIN, .body = "{\"username\":\"alice\",\"password\":\"not the pass phrase\"}"};
	struct wire nobody = {LOGIN, .body = "{\"username\":\"nobody\",\"password\":\"not the pass phrase\"}"};
	struct wire right = {LOGIN, .body = "{\"username\":\"alice\",\"password\":\"a long pass phrase\"}", .remote_addr = "192.0.2.9"};
	char first[300];
	int i;

	call(nobody);
	snprintf(first, sizeof(first), "%.60s", r.body.data);
	for (i = 0; i < 5; i++) {
		call(wrong);
		ck_assert_int_eq(r.status, 401);
		ck_assert(strncmp(first, r.body.data, 60) == 0);
	}
	call(wrong);
	ck_assert_int_eq(r.status, 429);
	ck_assert_int_ge(atoi(header("Retry-After")), 1);
	call(right);
	ck_assert_int_eq(r.status, 429);
}
END_TEST

START_TEST(switched_off)
{
	struct wire w = {.method = "GET", .uri = "/api/v1/auth/me", .remote_addr = "127.0.0.1", .host = "localhost:3001"};

	conf.auth_enabled = false;
	call(w);
	ck_assert_int_eq(r.status, 200);
	w.host = "evil.example";
	call(w);
	ck_assert_int_eq(r.status, 403);
	w.host = "127.0.0.1:3001";
	w.forwarded = "10.0.0.1";
	call(w);
	ck_assert_int_eq(r.status, 403);
	w.forwarded = NULL;
	w.remote_addr = "10.0.0.1";
	call(w);
	ck_assert_int_eq(r.status, 403);
	w.remote_addr = "::1";
	w.host = "[::1]:3001";
	call(w);
	ck_assert_int_eq(r.status, 200);
}
END_TEST

START_TEST(cross_origin)
{
	struct wire w = {.method = "OPTIONS", .uri = "/api/v1/experiments", .origin = "https://lab.example"};

	call(w);
	ck_assert_str_eq(header("Access-Control-Allow-Origin"), "https://lab.example");
	ck_assert_str_eq(header("Access-Control-Allow-Methods"), "GET, HEAD, POST, OPTIONS");
	w.origin = "https://evil.example";
	call(w);
	ck_assert_ptr_null(header("Access-Control-Allow-Origin"));
	ck_assert_ptr_nonnull(strstr(r.headers.data, "Vary: Origin"));
}
END_TEST

START_TEST(without_store)
{
	struct store *st = app.store;

	app.store = NULL;
	app.store_tried_ms = clock_wall_ms(); /* it is not yet time to try again */
	call((struct wire){.method = "GET", .uri = "/api/v1/experiments", .authorization = admin});
	ck_assert_int_eq(r.status, 503);
	ck_assert_ptr_nonnull(header("Retry-After"));
	call((struct wire){.method = "GET", .uri = "/api/v1/health"});
	ck_assert_int_eq(r.status, 503);
	ck_assert_ptr_nonnull(strstr(r.body.data, "\"status\":\"unhealthy\""));
	app.store = st;
}
END_TEST

int main(void)
{
	Suite *s = suite_create("dispatch");
	TCase *t = tcase_create("dispatch");
	SRunner *sr;
	int failed;

	setenv("LOG_LEVEL", "error", 1);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, order, 0, (int)ARRAY_LEN(orders));
	tcase_add_test(t, size);
	tcase_add_loop_test(t, scheme, 0, (int)ARRAY_LEN(schemes));
	tcase_add_test(t, limit);
	tcase_add_test(t, cache);
	tcase_add_test(t, revoked_at_once);
	tcase_add_test(t, login);
	tcase_add_test(t, login_guessing);
	tcase_add_test(t, switched_off);
	tcase_add_test(t, cross_origin);
	tcase_add_test(t, without_store);
	suite_add_tcase(s, t);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed != 0;
}
