/* lib/: time, text, JSON rules, the configuration file, shared counters.  Tables with names; a failure prints the row. */
#include "config.h"

#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/conf.h"
#include "lib/file.h"
#include "lib/json_in.h"
#include "lib/json_out.h"
#include "lib/mem.h"
#include "lib/shared.h"
#include "lib/text.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct {
	const char *in;
	const char *want; /* NULL: refused */
} times[] = {
	{"2024-01-15T10:00:00Z", "2024-01-15T10:00:00Z"},
	{"2024-01-15t10:00:00z", "2024-01-15T10:00:00Z"},
	{"2024-01-15 10:00:00", "2024-01-15T10:00:00Z"},
	{"2024-01-15T10:00:00.5Z", "2024-01-15T10:00:00.500Z"},
	{"2024-01-15T10:00:00.123456789Z", "2024-01-15T10:00:00.123Z"},
	{"2024-01-15T10:00:00+02:00", "2024-01-15T08:00:00Z"},
	{"2024-01-15T10:00:00+0200", "2024-01-15T08:00:00Z"},
	{"2024-01-15T10:00:00+00", "2024-01-15T10:00:00Z"},
	{"2024-01-15T10:00:00-00:00", "2024-01-15T10:00:00Z"},
	{"2024-01-15T10:00", "2024-01-15T10:00:00Z"},
	{"2024-01-15", "2024-01-15T00:00:00Z"},
	{"2024-02-29", "2024-02-29T00:00:00Z"},
	{"2024-02-30", NULL},
	{"2023-02-29", NULL},
	{"2024-03-31T02:30:00Z", "2024-03-31T02:30:00Z"},
	{"2024-W03-1", NULL},
	{"2024-01-15T23:59:60Z", NULL},
	{"2024-01-15T24:00:00Z", NULL},
	{"9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"},
	{"0000-01-01", NULL},
	{"1705312800", NULL},
	{"2024-01-15T10:00:00Zx", NULL},
	{"2024-01-15T", NULL},
	{"", NULL},
};

START_TEST(time_forms)
{
	char text[CLOCK_TEXT_MAX];
	int64_t ms;
	bool ok = clock_parse(times[_i].in, &ms);

	ck_assert_msg(ok == (times[_i].want != NULL), "%s", times[_i].in);
	if (ok)
		ck_assert_str_eq(clock_format(ms, text), times[_i].want);
}
END_TEST

static const struct {
	const char *in;
	bool strict, lenient;
} texts[] = {
	{"{}", true, true},
	{" {\"a\": [1, 2.5, -3e2, true, null, \"x\"]} ", true, true},
	{"null", true, true},
	{"", false, false},
	{"{", false, false},
	{"{} x", false, false},
	{"{'a':1}", false, false},
	{"{\"a\":'x'}", false, false},
	{"[NaN]", false, true},
	{"[-Infinity]", false, true},
	{"[1e999]", false, true},
	{"[9223372036854775807]", true, true},
	{"[9223372036854775808]", false, true},
	{"[18446744073709551615]", false, true},
	{"[01]", false, false},
	{"[1.]", false, false},
	{"[+1]", false, false},
	{"[.5]", false, false},
	{"[0x10]", false, false},
	{"[1,]", false, false},
	{"{\"a\":1,}", false, false},
	{"/* c */ {}", false, false},
	{"{\"a\":1,\"a\":2}", false, false},
	{"{\"a\":1,\"\\u0061\":2}", false, false},
	{"{\"a\":{\"b\":1},\"b\":1}", true, true},
	{"[{\"a\":1},{\"a\":1}]", true, true},
	{"{\"a\":\"a\",\"b\":\"a\"}", true, true},
	{"[\"a\tb\"]", false, false},
	{"[\"a\\tb\"]", true, true},
	{"[\"\\u0000\"]", false, false},
	{"[\"\\ud800\"]", false, false},
	{"[\"\\udc00\"]", false, false},
	{"[\"\\ud83e\\uddea\"]", true, true},
	{"[\"\xff\"]", false, false},
	{"[\"\xc0\xaf\"]", false, false},
	{"[\"\xf0\x9f\xa7\xaa\"]", true, true},
	{"[\"\\x41\"]", false, false},
	{"[True]", false, false},
	{"[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]", true, true},
	{"[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]", false, false},
	{"{\"a\" 1}", false, false},
	{"]", false, false},
};

START_TEST(json_texts)
{
	struct json_object *v;
	struct err e;
	bool ok;

	ok = json_in_parse(texts[_i].in, strlen(texts[_i].in), &v, &e) == 0;
	json_object_put(v);
	ck_assert_msg(ok == texts[_i].strict, "strict: %s", texts[_i].in);
	if (!ok)
		ck_assert_msg(e.code == ERR_INVALID && e.msg[0], "%s", texts[_i].in);
	ok = json_in_parse_lenient(texts[_i].in, strlen(texts[_i].in), &v, &e) == 0;
	json_object_put(v);
	ck_assert_msg(ok == texts[_i].lenient, "lenient: %s", texts[_i].in);
}
END_TEST

START_TEST(json_integers)
{
	static const struct {
		const char *in;
		bool ok;
		int64_t want;
	} rows[] = {{"[20]", true, 20},   {"[20.0]", true, 20}, {"[1e2]", true, 100},   {"[20.5]", false, 0},
		    {"[\"20\"]", false, 0}, {"[true]", false, 0}, {"[3000000000]", true, 3000000000}, {"[1e300]", false, 0}};
	struct json_object *v;
	size_t i;
	int64_t n;

	for (i = 0; i < ARRAY_LEN(rows); i++) {
		ck_assert_int_eq(json_in_parse(rows[i].in, strlen(rows[i].in), &v, NULL), 0);
		ck_assert_msg(json_in_i64(json_object_array_get_idx(v, 0), &n) == rows[i].ok, "%s", rows[i].in);
		if (rows[i].ok)
			ck_assert_int_eq(n, rows[i].want);
		json_object_put(v);
	}
}
END_TEST

START_TEST(json_writing)
{
	struct buf b = {0};
	struct json_out j;

	json_out_init(&j, &b);
	json_object_begin(&j, NULL);
	json_put_double(&j, "a", 0.34);
	json_put_double(&j, "b", 20.0);
	json_put_double(&j, "c", NAN);
	json_put_double(&j, "d", 1.0 / 3);
	json_put_i64(&j, "e", INT64_MIN);
	json_put_string(&j, "f", "q\" \\ \n \x01 \xf0\x9f\xa7\xaa");
	json_array_begin(&j, "g");
	json_put_null(&j, NULL);
	json_put_bool(&j, NULL, true);
	json_array_end(&j);
	json_put_name(&j, "x\"y");
	json_put_i64(&j, NULL, 1);
	json_put_time(&j, "t", 0);
	json_object_end(&j);
	ck_assert_ptr_nonnull(strstr(b.data, "\"d\":0.3333333333333333,"));
	ck_assert_ptr_nonnull(strstr(b.data, "\"a\":0.34,\"b\":20,\"c\":null"));
	ck_assert_ptr_nonnull(strstr(b.data, "\"e\":-9223372036854775808,\"f\":\"q\\\" \\\\ \\n \\u0001 \xf0\x9f\xa7\xaa\",\"g\":[null,true],\"x\\\"y\":1,\"t\":null}"));
	buf_clear(&b);
}
END_TEST

START_TEST(ids)
{
	int64_t id;
	char text[TEXT_ID_MAX];

	ck_assert(text_is_word("fl_server2", 10) && !text_is_word("fl_server2", 9));
	ck_assert(!text_is_word("", 9) && !text_is_word("0", 9) && !text_is_word("_a", 9) && !text_is_word("Redis", 9) && !text_is_word("a-b", 9));
	ck_assert(text_to_id("exp_001", "exp_", &id) && id == 1);
	ck_assert(text_to_id("exp_1000", "exp_", &id) && id == 1000);
	ck_assert(!text_to_id("exp_1", "exp_", &id));
	ck_assert(!text_to_id("exp_0001", "exp_", &id));
	ck_assert(!text_to_id("EXP_001", "exp_", &id));
	ck_assert(!text_to_id("exp_001 ", "exp_", &id));
	ck_assert(!text_to_id("exp_000", "exp_", &id));
	ck_assert(!text_to_id("exp_99999999999999999999", "exp_", &id));
	ck_assert_str_eq(text_from_id("exp_", 7, text), "exp_007");
	ck_assert_str_eq(text_from_bytes(45000000, text, sizeof(text)), "45MB");
	ck_assert_str_eq(text_from_bytes(610800, text, sizeof(text)), "611KB");
	ck_assert_str_eq(text_from_bytes(4540000, text, sizeof(text)), "4.5MB");
	ck_assert_str_eq(text_from_bytes(999, text, sizeof(text)), "999B");
	ck_assert_str_eq(text_from_bytes(999999, text, sizeof(text)), "1MB");
	ck_assert_str_eq(clock_format_span(2 * 86400 + 4 * 3600 + 15 * 60 + 30, text, sizeof(text)), "2d 4h 15m 30s");
}
END_TEST

static void in_temp_dir(char dir[32])
{
	strcpy(dir, "/tmp/flopynet-test.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
}

START_TEST(configuration)
{
	static const struct {
		const char *text, *want; /* want: part of the message; NULL: good */
	} rows[] = {
		{"[api]\nworkers = 2\n[paths]\nstate = here\n", NULL},
		{"[api]\nworkers = 0\n", ":2: [api] workers must be a whole number between 1 and 64"},
		{"[api]\n\nwrokers = 3\n", ":3: [api] wrokers is not a setting"},
		{"[auth]\nenabled = yes\n", ":2: [auth] enabled must be true or false"},
		{"[auth\n", ":1: not a line"},
	};
	struct conf c;
	struct err e;
	char dir[32], *path, *want;
	size_t i;

	in_temp_dir(dir);
	path = file_join(dir, "c.conf");
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		ck_assert_int_eq(file_replace(path, rows[i].text, strlen(rows[i].text), 0600, &e), 0);
		if (rows[i].want) {
			ck_assert_int_eq(conf_load(&c, path, &e), -1);
			ck_assert_msg(strstr(e.msg, rows[i].want) != NULL, "%s", e.msg);
		} else {
			ck_assert_int_eq(conf_load(&c, path, &e), 0);
			want = file_join(dir, "here/flopynet.db");
			ck_assert_str_eq(c.store, want);
			free(want);
		}
		conf_clear(&c);
	}
	unlink(path);
	rmdir(dir);
	free(path);
}
END_TEST

/* Four processes count 10,000 each on the same key; the sum is exact, and a limit holds exactly. */
START_TEST(shared_counts)
{
	enum { PROCESSES = 4, EACH = 10000, HOUR = 3600000 };
	struct shared *s;
	struct err e;
	char dir[32], *path;
	int p, i, status;

	in_temp_dir(dir);
	path = file_join(dir, "shared.bin");
	for (p = 0; p < PROCESSES; p++) {
		if (fork() == 0) {
			int passed = 0;

			if (shared_open(&s, path, &e) == -1)
				_exit(1);
			for (i = 0; i < EACH; i++) {
				shared_count(s, 42, HOUR, 1u << 30, 5 * HOUR);
				passed += shared_count(s, 4711, HOUR, 100, 5 * HOUR) <= 100;
			}
			while (passed--)
				shared_count(s, 99, HOUR, 1u << 30, 5 * HOUR);
			_exit(0);
		}
	}
	for (p = 0; p < PROCESSES; p++) {
		ck_assert_int_ne(wait(&status), -1);
		ck_assert_int_eq(status, 0);
	}
	ck_assert_int_eq(shared_open(&s, path, &e), 0);
	ck_assert_uint_eq(shared_count_get(s, 42, HOUR, 5 * HOUR), PROCESSES * EACH);
	ck_assert_uint_eq(shared_count_get(s, 99, HOUR, 5 * HOUR), 100);
	ck_assert_uint_eq(shared_count_get(s, 42, HOUR, 6 * HOUR), 0);
	ck_assert_uint_eq(shared_count(s, 42, HOUR, 10, 6 * HOUR), 1);
	shared_count_reset(s, 42);
	ck_assert_uint_eq(shared_count_get(s, 42, HOUR, 6 * HOUR), 0);
	ck_assert(!shared_alive(s, SHARED_BEAT_MONITOR, 10000));
	shared_beat(s, SHARED_BEAT_MONITOR, 9000);
	ck_assert(shared_alive(s, SHARED_BEAT_MONITOR, 10000));
	ck_assert(!shared_alive(s, SHARED_BEAT_MONITOR, 5000)); /* the clock was set back */
	shared_close(s);
	unlink(path);
	rmdir(dir);
	free(path);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("lib");
	TCase *t = tcase_create("lib");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(t, time_forms, 0, (int)ARRAY_LEN(times));
	tcase_add_loop_test(t, json_texts, 0, (int)ARRAY_LEN(texts));
	tcase_add_test(t, json_integers);
	tcase_add_test(t, json_writing);
	tcase_add_test(t, ids);
	tcase_add_test(t, configuration);
	tcase_add_test(t, shared_counts);
	suite_add_tcase(suite, t);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
