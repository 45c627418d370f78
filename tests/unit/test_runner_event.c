/* The reader of engines' events, as a table. */
#include "config.h"

#include "experiment/runner_event.h"
#include "lib/buf.h"
#include "lib/mem.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static struct err e;

static const struct {
	const char *line;
	bool good;
} lines[] = {
	{"{\"seq\":1,\"time\":1705313640000,\"type\":\"heartbeat\"}", true},
	{"{\"seq\":1,\"type\":\"heartbeat\"}", true},
	{"{\"seq\":1,\"time\":-5,\"type\":\"heartbeat\"}", true},
	{"{\"seq\":1,\"time\":1,\"type\":\"of_a_later_protocol\",\"x\":[]}", true},
	{"{\"seq\":0,\"time\":1,\"type\":\"heartbeat\"}", false},
	{"{\"seq\":-1,\"time\":1,\"type\":\"heartbeat\"}", false},
	{"{\"seq\":1.5,\"time\":1,\"type\":\"heartbeat\"}", false},
	{"{\"seq\":\"1\",\"time\":1,\"type\":\"heartbeat\"}", false},
	{"{\"seq\":99999999999999999999,\"time\":1,\"type\":\"heartbeat\"}", false},
	{"{\"time\":1,\"type\":\"heartbeat\"}", false},
	{"{\"seq\":1,\"time\":1}", false},
	{"{\"seq\":1,\"time\":1,\"type\":5}", false},
	{"", false},
	{"null", false},
	{"[]", false},
	{"{\"seq\":1,\"seq\":2,\"type\":\"heartbeat\"}", false},
	{"{\"seq\":1,\"type\":\"heartbeat\"} x", false},
	{"{\"seq\":1,\"type\":\"heart", false},
	{"{\"seq\":1,\"type\":\"state\",\"state\":\"running\"}", true},
	{"{\"seq\":1,\"type\":\"state\",\"state\":\"failed\",\"reason\":\"no data\"}", true},
	{"{\"seq\":1,\"type\":\"state\",\"state\":\"starting\"}", false},
	{"{\"seq\":1,\"type\":\"state\",\"state\":\"created\"}", false},
	{"{\"seq\":1,\"type\":\"state\"}", false},
	{"{\"seq\":1,\"type\":\"state\",\"state\":\"failed\",\"reason\":5}", false},
	{"{\"seq\":1,\"type\":\"waiting_for\",\"what\":\"clients\",\"needed\":3,\"present\":1}", true},
	{"{\"seq\":1,\"type\":\"waiting_for\",\"what\":null}", true},
	{"{\"seq\":1,\"type\":\"waiting_for\"}", true},
	{"{\"seq\":1,\"type\":\"waiting_for\",\"what\":\"slot\"}", false},
	{"{\"seq\":1,\"type\":\"waiting_for\",\"what\":\"clients\",\"needed\":-3}", false},
	{"{\"seq\":1,\"type\":\"round_started\",\"round\":1,\"clients\":[\"a\",\"b\"]}", true},
	{"{\"seq\":1,\"type\":\"round_started\",\"round\":1}", true},
	{"{\"seq\":1,\"type\":\"round_started\",\"round\":0}", false},
	{"{\"seq\":1,\"type\":\"round_started\",\"round\":1,\"clients\":[5]}", false},
	{"{\"seq\":1,\"type\":\"round_started\",\"round\":1,\"clients\":[\"a b\"]}", false},
	{"{\"seq\":1,\"type\":\"round_started\",\"round\":1,\"clients\":\"a\"}", false},
	{"{\"seq\":1,\"type\":\"round_started\"}", false},
	{"{\"seq\":1,\"type\":\"client_update\",\"client\":\"a\",\"status\":\"training\"}", true},
	{"{\"seq\":1,\"type\":\"client_update\",\"client\":\"a\",\"status\":\"finished\",\"accuracy\":0.5,\"loss\":NaN}", true},
	{"{\"seq\":1,\"type\":\"client_update\",\"client\":\"a\",\"status\":\"finished\",\"accuracy\":null,\"loss\":-2.5}", true},
	{"{\"seq\":1,\"type\":\"client_update\",\"client\":\"a\",\"status\":\"finished\",\"accuracy\":87}", false},
	{"{\"seq\":1,\"type\":\"client_update\",\"client\":\"a\",\"status\":\"finished\",\"train_ms\":12.7}", true},
	{"{\"seq\":1,\"type\":\"client_update\",\"client\":\"a\",\"status\":\"finished\",\"bytes_up\":1e300}", false},
	{"{\"seq\":1,\"type\":\"client_update\",\"client\":\"a\",\"status\":\"away\"}", false},
	{"{\"seq\":1,\"type\":\"client_update\",\"client\":\"\",\"status\":\"idle\"}", false},
	{"{\"seq\":1,\"type\":\"client_update\",\"status\":\"idle\"}", false},
	{"{\"seq\":1,\"type\":\"round_completed\",\"round\":3,\"accuracy\":0.9,\"loss\":0.3,\"duration_ms\":100,\"clients\":3,\"bytes\":10}", true},
	{"{\"seq\":1,\"type\":\"round_completed\",\"round\":3,\"accuracy\":Infinity,\"loss\":NaN}", true},
	{"{\"seq\":1,\"type\":\"round_completed\",\"round\":3,\"clients\":[\"a\"]}", false},
	{"{\"seq\":1,\"type\":\"round_completed\",\"accuracy\":0.9}", false},
	{"{\"seq\":1,\"type\":\"log\",\"level\":\"info\",\"message\":\"m\"}", true},
	{"{\"seq\":1,\"type\":\"log\",\"level\":\"debug\",\"message\":\"m\"}", false},
	{"{\"seq\":1,\"type\":\"log\",\"level\":\"info\"}", false},
	{"{\"seq\":1,\"type\":\"error\",\"message\":\"m\"}", true},
	{"{\"seq\":1,\"type\":\"error\"}", false},
	{"{\"seq\":1,\"type\":\"not_applied\",\"members\":[\"latency\"],\"reason\":\"r\"}", true},
	{"{\"seq\":1,\"type\":\"not_applied\",\"reason\":\"r\"}", false},
	{"{\"seq\":1,\"type\":\"refused\",\"action\":\"pause\",\"reason\":\"r\"}", true},
	{"{\"seq\":1,\"type\":\"refused\",\"action\":\"start\"}", false},
	{"{\"seq\":1,\"type\":\"artifact\",\"name\":\"model.bin\",\"kind\":\"model\"}", true},
	{"{\"seq\":1,\"type\":\"artifact\",\"name\":\"../model.bin\",\"kind\":\"model\"}", false},
	{"{\"seq\":1,\"type\":\"artifact\",\"name\":\".hidden\",\"kind\":\"model\"}", false},
	{"{\"seq\":1,\"type\":\"artifact\",\"name\":\"a/b\",\"kind\":\"model\"}", false},
	{"{\"seq\":1,\"type\":\"artifact\",\"name\":\"a\"}", false},
};

START_TEST(reader)
{
	struct runner_event ev;
	bool good = runner_event_parse(&ev, lines[_i].line, strlen(lines[_i].line), &e) == 0;

	ck_assert_msg(good == lines[_i].good, "%s: %s", lines[_i].line, good ? "taken" : e.msg);
	runner_event_clear(&ev);
}
END_TEST

START_TEST(reader_limits)
{
	struct buf b = {0};
	struct runner_event ev;
	size_t i;

	buf_adds(&b, "{\"seq\":1,\"type\":\"log\",\"level\":\"info\",\"message\":\"");
	for (i = 0; i < 1000; i++)
		buf_adds(&b, "€€€"); /* 9 bytes: the cut at 2000 lies inside a character */
	buf_adds(&b, "\"}");
	ck_assert_int_eq(runner_event_parse(&ev, b.data, b.len, &e), 0);
	ck_assert_uint_eq(strlen(ev.text), 1998);
	runner_event_clear(&ev);
	buf_reset(&b);
	while (b.len <= RUNNER_LINE_MAX)
		buf_addc(&b, ' ');
	ck_assert_int_eq(runner_event_parse(&ev, b.data, b.len, &e), -1);
	ck_assert_int_eq(e.code, ERR_TOOLARGE);
	buf_clear(&b);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("runner_event");
	TCase *t = tcase_create("reader");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_loop_test(t, reader, 0, (int)ARRAY_LEN(lines));
	tcase_add_test(t, reader_limits);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
