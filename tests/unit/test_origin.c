/* platform/origin: which pages may call, as tables. */
#include "config.h"

#include "lib/mem.h"
#include "platform/origin.h"

#include <check.h>

static const struct {
	const char *origin, *host;
	bool https, same;
} pages[] = {
	{"http://localhost:3001", "localhost:3001", false, true},
	{"http://LOCALHOST:3001", "localhost:3001", false, true},
	{"http://lab", "lab", false, true},
	{"http://lab:80", "lab", false, true},
	{"https://lab", "lab:443", true, true},
	{"https://lab.example", "lab.example", true, true},
	{"https://lab.example", "lab.example", false, true}, /* TLS taken off in front */
	{"http://[::1]:3001", "[::1]:3001", false, true},
	{"http://lab.example", "lab.example", true, false},
	{"https://lab", "lab:80", false, false},
	{"http://localhost:3002", "localhost:3001", false, false},
	{"http://localhost", "localhost:3001", false, false},
	{"http://localhost:3001.evil.example", "localhost:3001", false, false},
	{"http://evil.example", "localhost:3001", false, false},
	{"file://localhost:3001", "localhost:3001", false, false},
	{"null", "localhost:3001", false, false},
	{"", "localhost:3001", false, false},
	{"http://", "", false, false},
	{"http://localhost:3001", NULL, false, false},
};

START_TEST(same)
{
	ck_assert_msg(origin_same(pages[_i].origin, pages[_i].host, pages[_i].https) == pages[_i].same, "%s at %s", pages[_i].origin, pages[_i].host);
}
END_TEST

static const struct {
	const char *origin, *list;
	bool trusted;
} lists[] = {
	{"https://a.example", "https://b.example  https://a.example", true},
	{"https://A.example", "\thttps://a.example ", true},
	{"https://a.example:443", "https://a.example", true},
	{"http://a.example", "https://a.example", false},
	{"https://a.example.evil", "https://a.example", false},
	{"https://a", "https://a.example", false},
	{"https://a.example", "https://a.example.com", false},
	{"https://a.example", "", false},
	{"https://a.example", "a.example null https://", false},
	{"null", "null", false},
	{"", "https://a.example", false},
};

START_TEST(trusted)
{
	ck_assert_msg(origin_trusted(lists[_i].origin, lists[_i].list) == lists[_i].trusted, "%s in %s", lists[_i].origin, lists[_i].list);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("origin");
	TCase *t = tcase_create("origin");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(t, same, 0, (int)ARRAY_LEN(pages));
	tcase_add_loop_test(t, trusted, 0, (int)ARRAY_LEN(lists));
	suite_add_tcase(suite, t);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
