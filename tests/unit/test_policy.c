/* Names of policies against a list: reading it, finding them, suggesting, judging. */
#include "config.h"

#include "experiment/policy.h"
#include "lib/json_in.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static struct json_object *json(const char *text)
{
	struct json_object *o = NULL;
	struct err e;

	ck_assert_int_eq(json_in_parse(text, strlen(text), &o, &e), 0);
	return o;
}

static const char *list_text = "[{\"id\":\"default-net-sec-001\",\"name\":\"Default network security\"},{\"id\":\"adaptive_qos\",\"name\":\"Adaptive QoS\"},"
			       "{\"id\":\"priority_fl_traffic\",\"name\":null},{\"id\":null,\"name\":\"night_hours\"}]";

START_TEST(the_answer_of_the_policy_engine)
{
	static const struct {
		const char *text, *compact; /* NULL: refused */
	} answers[] = {
		{"[{\"id\":\"a\",\"name\":\"A a\",\"rules\":[{\"limit\":Infinity}],\"priority\":18446744073709551615},{\"id\":\"b\"},{\"name\":\"c\"},{\"id\":7},{}]",
		 "[{\"id\":\"a\",\"name\":\"A a\"},{\"id\":\"b\",\"name\":null},{\"id\":null,\"name\":\"c\"}]"},
		{"{\"policies\":[{\"id\":\"a\"}]}", "[{\"id\":\"a\",\"name\":null}]"},
		{"[]", "[]"},
		{"[\"healthy\"]", NULL},
		{"{}", NULL},
		{"null", NULL},
		{"", NULL},
		{"[{\"id\":\"a\"}", NULL},
	};
	struct buf out = {0};
	struct err e;
	size_t i;

	for (i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		int rc = policy_list_compact(answers[i].text, strlen(answers[i].text), &out, &e);

		ck_assert_msg((rc == 0) == (answers[i].compact != NULL), "%s", answers[i].text);
		if (rc == 0)
			ck_assert_str_eq(buf_str(&out), answers[i].compact);
		buf_clear(&out);
	}
}
END_TEST

START_TEST(names_and_those_that_are_like_them)
{
	static const struct {
		const char *name, *near;
		bool listed;
	} names[] = {
		{"adaptive_qos", "adaptive_qos", true}, {"night_hours", "night_hours", true}, {"Default network security", "", true},
		{"adaptive_qso", "adaptive_qos", false}, {"ADAPTIVE_QOS", "adaptive_qos", false}, {"qos", "adaptive_qos", false}, {"fl_traffic", "priority_fl_traffic", false},
		{"default-net-sec-002", "default-net-sec-001", false}, {"nihgt_huors", "", false}, {"x", "", false}, {"completely_other", "", false},
	};
	struct json_object *list = json(list_text);
	struct buf near = {0};
	char longest[300];
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		ck_assert_msg(policy_is_listed(list, names[i].name) == names[i].listed, "%s", names[i].name);
		policy_near(list, names[i].name, &near);
		if (!names[i].listed)
			ck_assert_msg(strcmp(buf_str(&near), names[i].near) == 0, "%s: %s", names[i].name, buf_str(&near));
		buf_clear(&near);
	}
	memset(longest, 'a', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	policy_near(list, longest, &near);
	ck_assert_uint_eq(near.len, 0);
	json_object_put(list);
}
END_TEST

START_TEST(at_most_three_are_suggested_the_best_first)
{
	struct json_object *list = json("[{\"id\":\"abcde1\"},{\"id\":\"abcdef\"},{\"id\":\"abcdeg\"},{\"id\":\"abcd12\"},{\"id\":\"abcdef\"},{\"id\":\"abcdefgh_long\"}]");
	struct buf near = {0};

	policy_near(list, "abcdex", &near);
	ck_assert_str_eq(buf_str(&near), "abcde1, abcdef, abcdeg");
	buf_clear(&near);
	json_object_put(list);
}
END_TEST

START_TEST(each_name_is_judged)
{
	struct json_object *list = json(list_text), *status = json("{\"adaptive_qos\":\"unverified\",\"gone\":\"unverified\",\"old\":\"verified\",\"night_hours\":\"unknown\",\"odd\":7}");
	struct buf out = {0}, unknown = {0};

	policy_judge(list, status, &out, &unknown);
	ck_assert_str_eq(buf_str(&out), "{\"adaptive_qos\":\"verified\",\"gone\":\"unknown\",\"old\":\"verified\",\"night_hours\":\"verified\",\"odd\":\"unknown\"}");
	ck_assert_str_eq(buf_str(&unknown), "gone, odd");
	buf_clear(&out);
	buf_clear(&unknown);
	json_object_put(list);
	json_object_put(status);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("policy");
	TCase *t = tcase_create("names");
	SRunner *runner;
	int failed;

	tcase_add_test(t, the_answer_of_the_policy_engine);
	tcase_add_test(t, names_and_those_that_are_like_them);
	tcase_add_test(t, at_most_three_are_suggested_the_best_first);
	tcase_add_test(t, each_name_is_judged);
	suite_add_tcase(suite, t);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
