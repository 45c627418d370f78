/* Sessions without sockets and without waiting: the clock is an argument. */
#include "config.h"

#include "lib/file.h"
#include "lib/mem.h"
#include "store/event.h"
#include "stream/admission.h"
#include "stream/server.h"
#include "stream/session.h"

#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define START_MS INT64_C(1700000000000)

static char dir[64];
static struct conf conf;
static struct server server;
static struct session *s;
static int wakes;

static void wake(void *user)
{
	++*(int *)user;
}

static void open_server(void)
{
	struct err e;

	snprintf(dir, sizeof(dir), "%s/flopynet-session-XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	memset(&conf, 0, sizeof(conf));
	conf.state = dir;
	conf.store = file_join(dir, "t.db");
	conf.api_trusted_origins = "";
	conf.rate_connections = 2;
	ck_assert_msg(server_open(&server, &conf, &e) == 0, "%s", e.msg);
	server_turn(&server, START_MS);
	s = session_new(&server, SESSION_SOCKET, wake, &wakes);
}

static void close_server(void)
{
	static const char *const names[] = {"t.db", "t.db-wal", "t.db-shm", "t.db.lock", "shared.bin"};
	size_t i;

	session_free(s);
	server_close(&server);
	for (i = 0; i < ARRAY_LEN(names); i++) {
		char *path = file_join(dir, names[i]);

		unlink(path);
		free(path);
	}
	rmdir(dir);
	free(conf.store);
}

static void enter(struct session *it, const char *jti, int64_t ends_ms)
{
	struct visitor v;
	struct err e;

	authorize_anyone(&v);
	snprintf(v.jti, sizeof(v.jti), "%s", jti);
	v.ends_ms = ends_ms;
	ck_assert_msg(session_enter(it, &v, &e) == 0, "%s", e.msg);
}

static void say(const char *text)
{
	session_receive(s, text, strlen(text), true, true, false);
}

/* The next message must begin so. */
static void expect(const char *beginning)
{
	struct hub_message *m = hub_take(s->client);

	ck_assert_msg(m != NULL, "nothing instead of %s", beginning);
	ck_assert_msg(strncmp(m->text, beginning, strlen(beginning)) == 0, "%s instead of %s", m->text, beginning);
	hub_message_drop(m);
}

START_TEST(answers_carry_the_ref)
{
	enter(s, "a", INT64_MAX);
	say("{\"action\":\"ping\",\"ref\":\"x\"}");
	expect("{\"type\":\"pong\",\"ref\":\"x\",\"data\":{\"at\":\"2023-11-14T22:13:20Z\"}}");
	say("{\"action\":\"subscribe\",\"topics\":[\"alerts\",\"experiments\"],\"interval\":0,\"ref\":\"y\"}");
	expect("{\"type\":\"subscribed\",\"ref\":\"y\",\"data\":{\"topics\":[\"experiments\",\"alerts\"],\"experiment_ids\":[],\"interval\":0,\"last_id\":0}}");
	say("{\"action\":\"subscribe\",\"topics\":[],\"ref\":\"z\"}");
	expect("{\"type\":\"error\",\"ref\":\"z\",\"data\":{\"code\":\"VALIDATION_ERROR\",");
	say("{\"action\":\"subscribe\",\"topics\":[\"alerts\"],\"experiment_ids\":[\"exp_007\"]}");
	expect("{\"type\":\"error\",\"data\":{\"code\":\"NOT_FOUND\",\"message\":\"There is no experiment exp_007\"");
	say("{\"action\":\"unsubscribe\",\"topics\":[\"alerts\"]}");
	expect("{\"type\":\"unsubscribed\",\"data\":{\"topics\":[\"experiments\"]}}");
	say("{\"action\":\"authenticate\",\"token\":\"whatever\"}");
	expect("{\"type\":\"authenticated\",\"data\":{\"name\":\"local\",\"role\":\"admin\",\"experiment\":null,\"expires_at\":null}}");
	ck_assert_int_eq(s->end, SESSION_OPEN);
}
END_TEST

START_TEST(who_does_not_say_who_it_is)
{
	say("{\"action\":\"ping\"}");
	expect("{\"type\":\"pong\"");
	session_sweep(s, START_MS + SESSION_AUTH_MS - 1);
	ck_assert_int_eq(s->end, SESSION_OPEN);
	session_sweep(s, START_MS + SESSION_AUTH_MS);
	ck_assert_int_eq(s->end, SESSION_END_MUTE);
}
END_TEST

START_TEST(who_asks_before_saying_who_it_is)
{
	say("{\"action\":\"subscribe\",\"topics\":[\"alerts\"]}");
	ck_assert_int_eq(s->end, SESSION_END_UNAUTHORIZED);
}
END_TEST

START_TEST(tokens_end_to_the_second)
{
	enter(s, "a", START_MS + 30000);
	session_sweep(s, START_MS + 29999);
	ck_assert_int_eq(s->end, SESSION_OPEN);
	session_sweep(s, START_MS + 30000);
	ck_assert_int_eq(s->end, SESSION_END_UNAUTHORIZED);
}
END_TEST

/* Beyond what a timer of 32 bits or of seconds times something could hold. */
START_TEST(tokens_may_live_for_ages)
{
	enter(s, "a", INT64_MAX);
	session_sweep(s, START_MS + INT64_C(100000000000000));
	ck_assert_int_eq(s->end, SESSION_OPEN);
}
END_TEST

static const struct {
	const char *name;
	size_t bytes; /* of each piece */
	int pieces;
	bool binary;
	enum session_end end;
} inputs[] = {
	{"the largest message", 16384, 1, false, SESSION_OPEN},
	{"one byte more", 16385, 1, false, SESSION_END_TOO_BIG},
	{"too large in pieces", 1000, 17, false, SESSION_END_TOO_BIG},
	{"many pieces", 1, 1024, false, SESSION_OPEN},
	{"too many pieces", 1, 1025, false, SESSION_END_MISUSE},
	{"empty pieces", 0, 1025, false, SESSION_END_MISUSE},
	{"binary", 10, 1, true, SESSION_END_BINARY},
};

START_TEST(input_rows)
{
	char *piece = mem_alloc(20000);
	int i;

	memset(piece, ' ', 20000);
	enter(s, "a", INT64_MAX);
	for (i = 0; i < inputs[_i].pieces; i++)
		session_receive(s, piece, inputs[_i].bytes, i == 0, i == inputs[_i].pieces - 1, inputs[_i].binary);
	ck_assert_msg(s->end == inputs[_i].end, "%s: %d", inputs[_i].name, (int)s->end);
	free(piece);
}
END_TEST

START_TEST(a_message_has_ten_seconds)
{
	enter(s, "a", INT64_MAX);
	session_receive(s, "{", 1, true, false, false);
	session_sweep(s, START_MS + SESSION_PIECES_MS - 1);
	ck_assert_int_eq(s->end, SESSION_OPEN);
	session_sweep(s, START_MS + SESSION_PIECES_MS);
	ck_assert_int_eq(s->end, SESSION_END_MISUSE);
}
END_TEST

START_TEST(manners)
{
	int i;

	enter(s, "a", INT64_MAX);
	for (i = 0; i < SESSION_WRONG_MAX; i++)
		say("x");
	say("{\"action\":\"ping\"}"); /* a good one forgives */
	for (i = 0; i < SESSION_WRONG_MAX; i++)
		say("x");
	ck_assert_int_eq(s->end, SESSION_OPEN);
	say("x");
	ck_assert_int_eq(s->end, SESSION_END_MISUSE);
}
END_TEST

START_TEST(a_hundred_messages_a_second)
{
	int i;

	enter(s, "a", INT64_MAX);
	for (i = 0; i < SESSION_MESSAGES_PER_S; i++)
		say("{\"action\":\"ping\"}");
	server_turn(&server, START_MS + 1000);
	for (i = 0; i < SESSION_MESSAGES_PER_S; i++)
		say("{\"action\":\"ping\"}");
	ck_assert_int_eq(s->end, SESSION_OPEN);
	say("{\"action\":\"ping\"}");
	ck_assert_int_eq(s->end, SESSION_END_MISUSE);
}
END_TEST

START_TEST(places_come_back)
{
	struct session *two = session_new(&server, SESSION_SOCKET, wake, &wakes), *three = session_new(&server, SESSION_SOCKET, wake, &wakes);
	struct visitor v;
	struct err e;

	authorize_anyone(&v);
	ck_assert_int_eq(session_enter(s, &v, &e), 0);
	ck_assert_int_eq(session_enter(s, &v, &e), 0); /* a fresh token of the same one takes no second place */
	ck_assert_int_eq(session_enter(two, &v, &e), 0);
	ck_assert_int_eq(session_enter(three, &v, &e), -1);
	ck_assert_int_eq(e.code, ERR_RATE);
	session_free(two);
	ck_assert_int_eq(session_enter(three, &v, &e), 0);
	session_free(three);
	ck_assert_int_eq(server.unknown_n, 0);
}
END_TEST

START_TEST(a_stream_that_is_silent_and_one_that_is_stuck)
{
	struct session *stream = session_new(&server, SESSION_EVENTS, wake, &wakes);
	struct hub_message *m = hub_message_new("x", "x", 1);

	enter(stream, "b", INT64_MAX);
	session_sweep(stream, START_MS + SESSION_HEARTBEAT_MS - 1);
	ck_assert(!stream->heartbeat);
	session_sweep(stream, START_MS + SESSION_HEARTBEAT_MS);
	ck_assert(stream->heartbeat);
	hub_send(stream->client, m);
	hub_message_drop(m);
	session_sweep(stream, START_MS + SESSION_STUCK_MS);
	ck_assert_int_eq(stream->end, SESSION_END_TRY_LATER);
	session_free(stream);
}
END_TEST

/* Set back by an hour: who is silent gets its heartbeat all the same, and who does not say who it is is not borne for an hour. */
START_TEST(a_clock_that_is_set_back)
{
	struct session *stream = session_new(&server, SESSION_EVENTS, wake, &wakes);
	int64_t now_ms = START_MS - 3600000;

	enter(stream, "b", INT64_MAX);
	session_sweep(stream, now_ms);
	session_sweep(s, now_ms);
	ck_assert(!stream->heartbeat && !s->end);
	session_sweep(stream, now_ms + SESSION_HEARTBEAT_MS);
	session_sweep(s, now_ms + SESSION_AUTH_MS);
	ck_assert(stream->heartbeat);
	ck_assert_int_eq(s->end, SESSION_END_MUTE);
	session_free(stream);
}
END_TEST

START_TEST(the_door_of_a_server_that_stops)
{
	struct handshake h = {"/ws/dashboard", "h", NULL, NULL, NULL, NULL};
	struct admission a;
	struct err e;

	enter(s, "a", INT64_MAX);
	admission_decide(&server, &h, SESSION_SOCKET, &a, &e);
	ck_assert_int_eq(a.outcome, ADMISSION_KNOWN);
	server_stop(&server);
	ck_assert_int_eq(s->end, SESSION_END_RESTART);
	admission_decide(&server, &h, SESSION_SOCKET, &a, &e);
	ck_assert_int_eq(a.outcome, ADMISSION_REFUSED);
	ck_assert_int_eq(e.code, ERR_UNAVAILABLE);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("stream_session");
	TCase *tc = tcase_create("all");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, open_server, close_server);
	tcase_add_test(tc, answers_carry_the_ref);
	tcase_add_test(tc, who_does_not_say_who_it_is);
	tcase_add_test(tc, who_asks_before_saying_who_it_is);
	tcase_add_test(tc, tokens_end_to_the_second);
	tcase_add_test(tc, tokens_may_live_for_ages);
	tcase_add_loop_test(tc, input_rows, 0, (int)ARRAY_LEN(inputs));
	tcase_add_test(tc, a_message_has_ten_seconds);
	tcase_add_test(tc, manners);
	tcase_add_test(tc, a_hundred_messages_a_second);
	tcase_add_test(tc, places_come_back);
	tcase_add_test(tc, a_stream_that_is_silent_and_one_that_is_stuck);
	tcase_add_test(tc, a_clock_that_is_set_back);
	tcase_add_test(tc, the_door_of_a_server_that_stops);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
