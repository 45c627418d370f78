/* engine: spec.json, commands, events.jsonl. */
#include "config.h"

#include "engine_fixture.h"

#include "engine/command.h"
#include "engine/events.h"
#include "engine/spec.h"
#include "lib/file.h"
#include "lib/json_in.h"
#include "lib/mem.h"

#include <check.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* ---- spec ---- */

static const struct {
	const char *configuration, *rest;
	const char *why; /* NULL: good */
} specs[] = {
	{"{}", "", NULL},
	{"{\"rounds\":100,\"model\":\"logreg\",\"alpha\":0.01}", ",\"network\":null,\"policies\":[]", NULL},
	{"{\"rounds\":20.0}", ",\"network\":{\"bandwidth_bits_per_s\":null,\"latency_ms\":0,\"packet_loss\":1}", NULL},
	{"{\"rounds\":0}", "", "rounds must be an integer between 1 and 100"},
	{"{\"rounds\":1.5}", "", "rounds must be"},
	{"{\"rounds\":null}", "", "rounds must be"},
	{"{\"rounds\":\"5\"}", "", "rounds must be"},
	{"{\"model\":\"resnet\"}", "", "model is not one"},
	{"{\"learning_rate\":0}", "", "learning_rate must be a number between 1e-06 and 10"},
	{"{\"clients\":2}", "", "clients_per_round must not be greater than clients"},
	{"{\"clients\":200,\"train_samples\":100}", "", "clients must not be greater than train_samples"},
	{"{\"round\":3,\"seed\":-1}", "", "round Unknown member"},
	{"{\"rounds\":0,\"clients\":0}", "", "rounds must be an integer between 1 and 100; clients must be"},
	{"{}", ",\"network\":{\"packet_loss\":1.5}", "packet_loss must be"},
	{"{}", ",\"network\":{\"bandwidth_bits_per_s\":0}", "bandwidth_bits_per_s must be"},
	{"{}", ",\"network\":7", "network must be an object"},
	{"{}", ",\"resources\":{\"threads\":0}", "threads must be"},
	{"7", "", "configuration must be an object"},
	{"{}", ",", "not valid"},
};

START_TEST(spec_rules)
{
	struct buf b = {0};
	struct spec s;
	struct err e;
	int rc;

	buf_addf(&b, "{\"protocol\":1,\"configuration\":%s%s}", specs[_i].configuration, specs[_i].rest);
	rc = spec_parse(&s, b.data, b.len, &e);
	if (specs[_i].why)
		ck_assert_msg(rc == -1 && strstr(e.msg, specs[_i].why), "%s: %s", b.data, rc ? e.msg : "taken");
	else
		ck_assert_msg(rc == 0 && s.clients == 5 && s.threads >= 1, "%s: %s", b.data, e.msg);
	buf_clear(&b);
}
END_TEST

START_TEST(spec_network)
{
	static const char text[] = "{\"protocol\":1,\"configuration\":{\"seed\":7},\"network\":{\"latency_ms\":50.5,\"jitter_ms\":3,\"duplex\":null},"
	                           "\"policies\":[\"a\",\"b\"],\"resources\":{\"threads\":3}}";
	struct spec s;
	struct err e;

	ck_assert_int_eq(spec_parse(&s, text, sizeof(text) - 1, &e), 0);
	ck_assert_double_eq(s.network.latency_ms, 50.5);
	ck_assert_double_eq(s.network.bandwidth_bits_per_s, 0);
	ck_assert_str_eq(s.not_applied, "jitter_ms");
	ck_assert_uint_eq(s.policies_n * 10 + s.threads, 23);
	ck_assert_int_eq(spec_parse(&s, "{\"protocol\":2}", 14, &e), -1);
	ck_assert_int_eq(spec_load(&s, "/nonexistent/spec.json", &e), -1);
}
END_TEST

/* What the engine checks is what conf/engines/embedded.json tells the API. */
START_TEST(declaration)
{
	const char *srcdir = getenv("srcdir");
	char *path = file_join(srcdir ? srcdir : ".", "conf/engines/embedded.json");
	struct json_object *o = NULL, *members, *m, *values;
	struct buf b = {0};
	struct err e;
	const char *text;
	double d;
	size_t i, k;

	ck_assert_msg(file_read(path, 1 << 20, &b, &e) == 0, "%s", e.msg);
	ck_assert_msg(json_in_parse_object(b.data, b.len, &o, &e) == 0, "%s", e.msg);
	members = json_get(o, "members", NULL);
	ck_assert_int_eq(json_object_object_length(members), (int)spec_members_n);
	for (i = 0; i < spec_members_n; i++) {
		const struct spec_member *s = &spec_members[i];

		m = json_get(members, s->name, NULL);
		ck_assert_msg(m != NULL, "%s", s->name);
		ck_assert(json_get_string(m, "type", &text));
		ck_assert_str_eq(text, s->type == SPEC_STRING ? "string" : s->type == SPEC_INTEGER ? "integer" : "number");
		if (s->type == SPEC_STRING) {
			values = json_get(m, "enum", NULL);
			for (k = 0; k < ARRAY_LEN(s->values) && s->values[k]; k++)
				ck_assert_str_eq(json_object_get_string(json_object_array_get_idx(values, k)), s->values[k]);
			ck_assert_uint_eq(json_object_array_length(values), k);
			ck_assert(json_get_string(m, "default", &text) && strcmp(text, s->values[0]) == 0);
		} else {
			ck_assert_msg(json_get_double(m, "min", &d) && d == s->min, "%s", s->name);
			ck_assert_msg(json_get_double(m, "max", &d) && d == s->max, "%s", s->name);
			ck_assert_msg(json_get_double(m, "default", &d) && d == s->initial, "%s", s->name);
		}
	}
	json_object_put(o);
	buf_clear(&b);
	free(path);
}
END_TEST

/* ---- commands ---- */

static void note(void *arg, enum command_action action, const char *text)
{
	static const char *const names[] = {"pause", "resume", "stop", "abort", "unknown", "bad"};

	buf_addf(arg, "%s%s%s ", names[action], action == COMMAND_UNKNOWN ? ":" : "", action == COMMAND_UNKNOWN ? text : "");
}

START_TEST(command_lines)
{
	static const char text[] = "{\"action\":\"pause\"}\n{\"action\":\"resume\"}\n\n{\"action\":\"dance\"}\nnonsense\n{\"action\":7}\n{\"action\":\"st";
	struct command_reader r = {.len = 0};
	struct buf seen = {0}, line = {0};
	size_t i;

	for (i = 0; i < sizeof(text) - 1; i++)
		command_feed(&r, text + i, 1, note, &seen);
	ck_assert_str_eq(buf_str(&seen), "pause resume unknown:dance bad bad ");
	command_feed(&r, "op\"}\n", 5, note, &seen);
	ck_assert_ptr_nonnull(strstr(buf_str(&seen), "stop "));
	buf_reset(&seen);
	for (i = 0; i < 3 * COMMAND_LINE_MAX; i++)
		buf_addc(&line, 'x');
	buf_adds(&line, "\n{\"action\":\"abort\"}\n");
	command_feed(&r, line.data, line.len, note, &seen);
	ck_assert_str_eq(buf_str(&seen), "bad abort ");
	buf_clear(&seen);
	buf_clear(&line);
}
END_TEST

/* ---- events ---- */

static void read_all(const char *path, struct buf *out)
{
	struct err e;

	buf_reset(out);
	ck_assert_msg(file_read(path, 1 << 26, out, &e) == 0, "%s", e.msg);
}

/* Each line is an object, numbered from 1. */
static int64_t check_lines(const struct buf *b)
{
	const char *p = buf_str(b), *nl;
	int64_t n = 0, seq;
	struct json_object *o;
	struct err e;

	for (; (nl = strchr(p, '\n')) != NULL; p = nl + 1) {
		ck_assert_msg(json_in_parse_object(p, (size_t)(nl - p), &o, &e) == 0, "%s", e.msg);
		ck_assert(json_get_i64(o, "seq", &seq) && seq == ++n);
		json_object_put(o);
	}
	ck_assert_str_eq(p, "");
	return n;
}

static void *chatter(void *arg)
{
	int i;

	for (i = 0; i < 200; i++)
		events_log(arg, "info", "line %d \"\\ \n\x01", i);
	return NULL;
}

START_TEST(event_lines)
{
	char *dir = fixture_dir(), *path = file_join(dir, "events.jsonl");
	struct events_client c = events_client_init(6, 2, "finished");
	const struct events_round r = {.round = 2, .accuracy = 0.5, .loss = NAN, .duration_ms = 12.6, .clients = 1, .bytes = 10};
	const uint32_t chosen[] = {0, 199};
	struct buf b = {0};
	struct events *ev;
	struct err e;
	pthread_t threads[4];
	size_t i;

	ck_assert_int_eq(events_open(&ev, path, &e), 0);
	for (i = 0; i < 4; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, chatter, ev), 0);
	for (i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	c.loss = INFINITY;
	c.samples = 12;
	events_client(ev, &c);
	events_round_started(ev, 2, chosen, 2);
	events_round_completed(ev, &r);
	events_not_applied(ev, "a bc", "no");
	events_heartbeat(ev, 60000); /* something was written just now */
	events_state(ev, EVENTS_COMPLETED, "done");
	events_error(ev, "after the end");
	events_heartbeat(ev, 0);
	events_close(ev);
	read_all(path, &b);
	ck_assert_int_eq(check_lines(&b), 805);
	ck_assert_ptr_nonnull(strstr(b.data, "\"client\":\"client_007\",\"round\":2,\"status\":\"finished\",\"loss\":null,\"samples\":12}"));
	ck_assert_ptr_nonnull(strstr(b.data, "\"clients\":[\"client_001\",\"client_200\"]"));
	ck_assert_ptr_nonnull(strstr(b.data, "\"round\":2,\"accuracy\":0.5,\"loss\":null,\"duration_ms\":13,\"clients\":1,\"bytes\":10,"));
	ck_assert_ptr_nonnull(strstr(b.data, "\"members\":[\"a\",\"bc\"]"));
	ck_assert_ptr_null(strstr(b.data, "after the end"));
	ck_assert_ptr_null(strstr(b.data, "heartbeat"));
	buf_clear(&b);
	free(path);
	fixture_remove(dir);
}
END_TEST

static const struct {
	const char *before;
	int64_t seq; /* of the next; 0: refused */
} continued[] = {
	{"", 1},
	{"{\"seq\":1}\n{\"seq\":2}\n", 3},
	{"{\"seq\":1}\n{\"seq\":2}\n{\"seq\":3,\"ty", 3}, /* half a line is cut off */
	{"{\"seq\":1,", 1},
	{"{\"seq\":1}\nnonsense\n", 0},
	{"{}\n", 0},
};

START_TEST(event_numbers_go_on)
{
	char *dir = fixture_dir(), *path = file_join(dir, "events.jsonl");
	struct buf b = {0};
	struct events *ev;
	struct err e;

	fixture_write(dir, "events.jsonl", continued[_i].before, strlen(continued[_i].before));
	ck_assert_int_eq(events_open(&ev, path, &e), continued[_i].seq ? 0 : -1);
	if (ev) {
		events_heartbeat(ev, 0);
		events_close(ev);
		read_all(path, &b);
		ck_assert_int_eq(check_lines(&b), continued[_i].seq);
	}
	buf_clear(&b);
	free(path);
	fixture_remove(dir);
}
END_TEST

static void *make_room(void *arg)
{
	const struct rlimit none = {.rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY};

	(void)arg;
	usleep(300000);
	setrlimit(RLIMIT_FSIZE, &none);
	return NULL;
}

/* No space: what went out of a line is taken back, and the line is there, once and whole, when there is space again. */
START_TEST(event_waits_for_space)
{
	const struct rlimit small = {.rlim_cur = 1000, .rlim_max = RLIM_INFINITY};
	char *dir = fixture_dir(), *path = file_join(dir, "events.jsonl");
	struct buf b = {0};
	struct events *ev;
	struct err e;
	pthread_t thread;
	int i;

	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(events_open(&ev, path, &e), 0);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
	ck_assert_int_eq(pthread_create(&thread, NULL, make_room, NULL), 0);
	for (i = 0; i < 20; i++)
		events_log(ev, "info", "line %d", i);
	pthread_join(thread, NULL);
	events_close(ev);
	read_all(path, &b);
	ck_assert_int_eq(check_lines(&b), 20);
	buf_clear(&b);
	free(path);
	fixture_remove(dir);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("engine events");
	TCase *t = tcase_create("events");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(t, spec_rules, 0, (int)ARRAY_LEN(specs));
	tcase_add_test(t, spec_network);
	tcase_add_test(t, declaration);
	tcase_add_test(t, command_lines);
	tcase_add_test(t, event_lines);
	tcase_add_loop_test(t, event_numbers_go_on, 0, (int)ARRAY_LEN(continued));
	tcase_add_test(t, event_waits_for_space);
	suite_add_tcase(suite, t);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
