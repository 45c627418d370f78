/* What the store knows of those who may come in: tokens with their end and revocation, users and the sessions that go with them. */
#include "config.h"

#include "store_fixture.h"

#include "lib/buf.h"
#include "lib/mem.h"
#include "store/token.h"
#include "store/user.h"

#include <check.h>
#include <string.h>

START_TEST(token_revocation)
{
	struct token t = {"jti-1", TOKEN_KIND_API, "ci", "ci", ROLE_VIEWER, 0, 1000, 9000, 0, "alice"};
	struct claims c = {.jti = "jti-1"}, unknown = {.jti = "jti-2"}, outside = {.jti = "jti-2", .outside = true};

	ck_assert_int_eq(token_check(st, &c, &e), -1);
	store_begin(st, NULL);
	ck_assert_int_eq(token_add(st, &t, &e), 0);
	store_commit(st, NULL);
	ck_assert_int_eq(token_check(st, &c, &e), 0);
	ck_assert_int_eq(token_check(st, &unknown, &e), -1);
	ck_assert_int_eq(e.code, ERR_UNAUTHORIZED);
	ck_assert_int_eq(token_check(st, &outside, &e), 0);
	store_begin(st, NULL);
	ck_assert_int_eq(token_revoke(st, "jti-1", 5000, &e), 0);
	ck_assert_int_eq(token_revoke(st, "jti-1", 6000, &e), 0);
	ck_assert_int_eq(token_revoke(st, "jti-2", 6000, &e), -1);
	ck_assert_int_eq(e.code, ERR_NOTFOUND);
	store_commit(st, NULL);
	ck_assert_int_eq(token_check(st, &c, &e), -1);
}
END_TEST

static void note_name(void *arg, const struct token *t)
{
	buf_adds(arg, t->name);
}

START_TEST(token_lists)
{
	static const struct {
		struct token_query q;
		const char *want;
		int64_t total;
	} cases[] = {
		{{NULL, NULL, "name:asc", 10, 0}, "abc", 3},
		{{NULL, NULL, "name:desc", 10, 0}, "cba", 3},
		{{NULL, NULL, "created_at:asc", 10, 0}, "cab", 3},
		{{NULL, NULL, "expires_at:desc", 2, 0}, "bc", 3},
		{{"session", NULL, "name:asc", 10, 0}, "b", 1},
		{{NULL, "expired", "name:asc", 10, 0}, "a", 1},
		{{NULL, "active", "name:asc", 10, 0}, "bc", 2},
		{{NULL, "revoked", "name:asc", 10, 0}, "", 0},
		{{NULL, NULL, "name:asc", 1, 1}, "b", 3},
	};
	static const struct token all[] = {
		{"j1", TOKEN_KIND_API, "a", "a", ROLE_VIEWER, 0, 20, 100, 0, "x"},
		{"j2", TOKEN_KIND_SESSION, "b", "b", ROLE_VIEWER, 0, 30, 900, 0, "x"},
		{"j3", TOKEN_KIND_ENGINE, "c", "c", ROLE_NONE, 7, 10, 800, 0, "x"},
	};
	size_t i;

	store_begin(st, NULL);
	for (i = 0; i < ARRAY_LEN(all); i++)
		ck_assert_int_eq(token_add(st, &all[i], NULL), 0);
	store_commit(st, NULL);
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		struct buf got = {0};
		int64_t total;

		ck_assert_int_eq(token_each(st, &cases[i].q, 500, note_name, &got, &total, NULL), 0);
		ck_assert_msg(strcmp(buf_str(&got), cases[i].want) == 0, "case %zu: %s, not %s", i, buf_str(&got), cases[i].want);
		ck_assert_int_eq(total, cases[i].total);
		buf_clear(&got);
	}
}
END_TEST

START_TEST(users)
{
	struct user u = {"alice", "$y$x", ROLE_OPERATOR, false, 1000, 0}, got;
	struct token t = {"s1", TOKEN_KIND_SESSION, "login", "alice", ROLE_OPERATOR, 0, 1000, 9000, 0, "alice"};
	struct claims c = {.jti = "s1"};

	store_begin(st, NULL);
	ck_assert_int_eq(user_add(st, &u, &e), 0);
	ck_assert_int_eq(user_add(st, &u, &e), -1);
	ck_assert_int_eq(e.code, ERR_CONFLICT);
	token_add(st, &t, NULL);
	store_commit(st, NULL);
	ck_assert_int_eq(token_check(st, &c, &e), 0);
	store_begin(st, NULL);
	ck_assert_int_eq(user_edit(st, "alice", NULL, ROLE_VIEWER, -1, 2000, &e), 0);
	ck_assert_int_eq(user_edit(st, "bob", NULL, ROLE_VIEWER, -1, 2000, &e), -1);
	ck_assert_int_eq(e.code, ERR_NOTFOUND);
	store_commit(st, NULL);
	ck_assert_int_eq(token_check(st, &c, &e), -1); /* the session went with the change */
	ck_assert_int_eq(user_get(st, "alice", &got, &e), 0);
	ck_assert_int_eq(got.role, ROLE_VIEWER);
	ck_assert_str_eq(got.password, "$y$x");
	ck_assert(user_name_valid("a.b-c_1"));
	ck_assert(!user_name_valid("Alice"));
	ck_assert(!user_name_valid("1a") && !user_name_valid(""));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("access");
	TCase *t = tcase_create("access");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, store_setup, store_teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, token_revocation);
	tcase_add_test(t, token_lists);
	tcase_add_test(t, users);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
