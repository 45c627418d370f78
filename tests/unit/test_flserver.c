/* What fl_server's answers mean: the derived state, events, rounds; bodies as they were recorded. */
#include "config.h"

#include "flserver/answer.h"
#include "flserver/report.h"
#include "flserver/spec.h"

#include <check.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define STATUS(word, active, paused, why, stopped, stop, round, max, clients) \
	"{\"server_status\":\"" word "\",\"training_active\":" active ",\"training_paused\":" paused ",\"pause_reason\":" why ",\"training_stopped_by_policy\":" stopped \
	",\"stop_reason\":" stop ",\"current_round\":" round ",\"max_rounds\":" max ",\"connected_clients\":" clients ",\"restart_allowed\":false,\"timestamp\":\"2025-11-24T10:00:00+00:00\"}"

static const struct {
	const char *text;
	enum fl_state state;
	bool by_policy;
	const char *reason;
} statuses[] = {
	{STATUS("waiting_for_clients", "true", "false", "null", "false", "null", "0", "10", "0"), FL_WAITING, false, ""},
	{STATUS("initializing", "false", "false", "null", "false", "null", "0", "10", "0"), FL_WAITING, false, ""},
	{STATUS("ready", "true", "false", "null", "false", "null", "0", "10", "2"), FL_RUNNING, false, ""},
	{STATUS("training", "true", "false", "null", "false", "null", "3", "10", "2"), FL_RUNNING, false, ""},
	{STATUS("paused", "true", "true", "\"Paused by request\"", "false", "null", "3", "10", "2"), FL_PAUSED, false, "Paused by request"},
	{STATUS("paused", "true", "true", "\"Round 5: Policy 'night' rule 0: quiet\"", "false", "null", "4", "10", "2"), FL_PAUSED, true, "Round 5: Policy 'night' rule 0: quiet"},
	/* "ready", and the clients are long gone */
	{STATUS("ready", "false", "false", "null", "false", "null", "10", "10", "2"), FL_COMPLETED, false, ""},
	/* "paused" and active, and nothing trains */
	{STATUS("paused", "true", "false", "null", "true", "\"accuracy_improvement <= 0.001\"", "31", "1000", "2"), FL_STOPPED, false, "accuracy_improvement <= 0.001"},
	/* after a /resume it says "training"; the stop stays true */
	{STATUS("training", "true", "false", "null", "true", "null", "31", "1000", "2"), FL_STOPPED, false, ""},
	{STATUS("training", "false", "false", "null", "false", "null", "4", "10", "2"), FL_IDLE, false, ""},
	{STATUS("training", "true", "false", "null", "false", "null", "4", "18446744073709551615", "2"), FL_RUNNING, false, ""},
};

START_TEST(status_is_derived)
{
	struct fl_status s;
	struct err e;

	ck_assert_int_eq(fl_status_read(statuses[_i].text, strlen(statuses[_i].text), &s, &e), 0);
	ck_assert_int_eq(s.state, statuses[_i].state);
	ck_assert_int_eq(s.by_policy, statuses[_i].by_policy);
	ck_assert_str_eq(s.reason, statuses[_i].reason);
	ck_assert_int_eq(s.time_ms, 1763978400000);
}
END_TEST

START_TEST(what_is_no_status_is_refused)
{
	static const char *const wrong[] = {"", "null", "[]", "{}", "{\"training_active\":\"yes\",\"current_round\":1}", "{\"training_active\":true}", "{\"training_active\":true,\"current_round\":-1}",
					    "{\"training_active\":true,\"current_round\":1", "<html></html>"};
	struct fl_status s;
	struct err e;
	size_t i;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		ck_assert_msg(fl_status_read(wrong[i], strlen(wrong[i]), &s, &e) == -1 && e.msg[0], "%s", wrong[i]);
}
END_TEST

static struct fl_event events[8];
static struct fl_round rounds[8];
static size_t n;

static void keep_event(void *arg, const struct fl_event *ev)
{
	(void)arg;
	events[n++] = *ev;
}

static void keep_round(void *arg, const struct fl_round *r)
{
	(void)arg;
	rounds[n++] = *r;
}

START_TEST(events_are_read_with_whatever_details_they_have)
{
	const char *text = "{\"events\":["
			   "{\"event_id\":\"a\",\"timestamp\":\"2025-11-24T10:00:00.5+00:00\",\"source_component\":\"FL_SERVER\",\"event_type\":\"ROUND_STARTED\",\"details\":{\"round\":3}},"
			   "{\"event_id\":\"b\",\"timestamp\":1763978400.25,\"event_type\":\"TRAINING_STOPPED_BY_POLICY\",\"details\":{\"reason\":\"no\\u0007 gain\",\"loss\":NaN}},"
			   "{\"event_type\":\"ROUND_STARTED\"},7,null,{\"event_id\":\"\"},"
			   "{\"event_id\":\"c\",\"event_type\":\"ROUND_COMPLETED\",\"details\":\"{'round': 3}\"},"
			   "{\"event_id\":\"d\",\"event_type\":\"SOMETHING_NEW\",\"details\":{\"server_round\":18446744073709551615}}],\"last_event_id\":\"d\"}";
	struct err e;

	n = 0;
	ck_assert_int_eq(fl_events_read(text, strlen(text), keep_event, NULL, &e), 0);
	ck_assert_uint_eq(n, 4);
	ck_assert(events[0].type == FL_ROUND_STARTED && events[0].round == 3 && events[0].time_ms == 1763978400500);
	ck_assert(events[1].type == FL_STOPPED_BY_POLICY && events[1].time_ms == 1763978400250);
	ck_assert_str_eq(events[1].reason, "no  gain");
	ck_assert(events[2].type == FL_ROUND_COMPLETED && events[2].round == 0 && events[2].time_ms == 0);
	ck_assert(events[3].type == FL_OTHER && events[3].round == 0);
	ck_assert_int_eq(fl_events_read("{\"events\":{}}", 13, keep_event, NULL, &e), -1);
}
END_TEST

START_TEST(rounds_are_read_and_what_is_no_number_is_not_known)
{
	const char *text = "{\"rounds\":[{\"round\":1,\"timestamp\":\"2025-11-24T10:00:00+00:00\",\"status\":\"complete\",\"accuracy\":0.5,\"loss\":1.25,\"training_duration\":2.5,\"clients\":2,"
			   "\"raw_metrics\":{\"loss\":NaN,\"counter\":18446744073709551615}},"
			   "{\"round\":2,\"timestamp\":\"yesterday\",\"accuracy\":null,\"loss\":-Infinity,\"training_duration\":-1,\"clients\":3,\"successful_clients\":1,\"failed_clients\":2},"
			   "{\"round\":3,\"accuracy\":87.5},{\"round\":0},{}]}";
	struct err e;

	n = 0;
	ck_assert_int_eq(fl_rounds_read(text, strlen(text), keep_round, NULL, &e), 0);
	ck_assert_uint_eq(n, 3);
	ck_assert(rounds[0].round == 1 && rounds[0].accuracy == 0.5 && rounds[0].loss == 1.25 && rounds[0].duration_ms == 2500 && rounds[0].clients == 2 && rounds[0].failed == -1);
	ck_assert(rounds[1].time_ms == 0 && isnan(rounds[1].accuracy) && isnan(rounds[1].loss) && rounds[1].duration_ms == -1 && rounds[1].clients == 1 && rounds[1].failed == 2);
	ck_assert(isnan(rounds[2].accuracy));
}
END_TEST

static struct fl_denial denials[8];

static void keep_denial(void *arg, const struct fl_denial *d)
{
	(void)arg;
	denials[n++] = *d;
}

START_TEST(denials_are_told_from_other_decisions)
{
	const char *text = "[{\"id\":\"decision_1_0001\",\"timestamp\":1763978400.25,\"result\":\"denied\",\"reason\":\"night\",\"context\":{\"client_id\":\"client-1\",\"operation\":\"start\",\"cpu\":NaN}},"
			   "{\"id\":\"2\",\"result\":\"allowed\"},{\"id\":\"3\",\"allowed\":true,\"result\":\"denied\"},{\"id\":\"4\",\"allowed\":false},"
			   "{\"id\":\"5\",\"result\":{\"allowed\":false,\"reason\":\"load\"}},{},7,null]";
	struct err e;

	n = 0;
	ck_assert_int_eq(fl_denials_read(text, strlen(text), keep_denial, NULL, &e), 0);
	ck_assert_uint_eq(n, 3);
	ck_assert(denials[0].time_ms == 1763978400250 && strcmp(denials[0].client, "client-1") == 0 && strcmp(denials[0].operation, "start") == 0);
	ck_assert_str_eq(denials[0].reason, "night");
	ck_assert_str_eq(denials[1].reason, "");
	ck_assert_str_eq(denials[2].reason, "load");
	ck_assert_int_eq(fl_denials_read("{}", 2, keep_denial, NULL, &e), -1);
}
END_TEST

START_TEST(a_yes_is_a_yes_and_nothing_else_is)
{
	static const struct {
		const char *text;
		bool done;
		const char *words;
	} answers[] = {
		{"{\"success\":true,\"message\":\"Training paused\"}", true, "Training paused"}, {"{\"success\":false,\"message\":\"Training is still active\"}", false, "Training is still active"},
		{"{\"error\":\"Not Found\"}", false, "Not Found"}, {"{\"success\":1}", false, ""}, {"true", false, ""}, {"", false, ""},
	};
	char words[40];
	size_t i;

	for (i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		ck_assert_int_eq(fl_done_read(answers[i].text, strlen(answers[i].text), words, sizeof(words)), answers[i].done);
		ck_assert_str_eq(words, answers[i].words);
	}
	ck_assert(!fl_done_read("{\"success\":false,\"message\":\"\xc3\xa4\xc3\xa4\xc3\xa4\"}", 36, words, 6));
	ck_assert_str_eq(words, "\xc3\xa4\xc3\xa4");
	ck_assert_int_eq(fl_clock_read("{\"status\":\"healthy\",\"timestamp\":1763978400.25}", 46), 1763978400250);
	ck_assert_int_eq(fl_clock_read("{}", 2), 0);
}
END_TEST

static void write_spec(const char *text)
{
	FILE *f = fopen("spec.json", "w");

	ck_assert(f && fputs(text, f) >= 0 && fclose(f) == 0);
}

START_TEST(the_command_line_and_the_spec)
{
	char dir[] = "/tmp/flopynet-test.XXXXXX";
	char *argv[] = {"flopynet-flserver", "--poll-ms", "50", "--lost-after", "7", "--", "server", "--rounds={rounds}", "{nothing}", "{", "{dataset}{rounds}", NULL};
	char *bare[] = {"flopynet-flserver", NULL}, *odd[] = {"flopynet-flserver", "--poll-ms", "0", NULL}, *cut[] = {"flopynet-flserver", "--lost-after", NULL}, *none[] = {"flopynet-flserver", "--", NULL};
	struct spec s;
	struct err e;

	ck_assert(mkdtemp(dir) && chdir(dir) == 0);
	ck_assert_int_eq(spec_read(&s, 1, bare, &e), -1);
	spec_clear(&s);
	write_spec("{\"configuration\":{\"rounds\":12,\"dataset\":\"mnist\"},\"services\":{\"fl_server\":{\"url\":\"http://127.0.0.1:8081\"}}}");
	ck_assert_int_eq(spec_read(&s, 11, argv, &e), 0);
	ck_assert(s.rounds == 12 && s.poll_ms == 50 && s.lost_ms == 7000 && s.policy_url == NULL);
	ck_assert_str_eq(s.fl_url, "http://127.0.0.1:8081");
	ck_assert_str_eq(s.launch[0], "server");
	ck_assert_str_eq(s.launch[1], "--rounds=12");
	ck_assert_str_eq(s.launch[2], "{nothing}");
	ck_assert_str_eq(s.launch[3], "{");
	ck_assert_str_eq(s.launch[4], "mnist12");
	ck_assert_ptr_null(s.launch[5]);
	spec_clear(&s);
	ck_assert_int_eq(spec_read(&s, 1, bare, &e), 0);
	ck_assert_ptr_null(s.launch);
	spec_clear(&s);
	ck_assert_int_eq(spec_read(&s, 3, odd, &e), -1);
	spec_clear(&s);
	ck_assert_int_eq(spec_read(&s, 2, cut, &e), -1);
	spec_clear(&s);
	ck_assert_int_eq(spec_read(&s, 2, none, &e), -1);
	spec_clear(&s);
	ck_assert(unlink("spec.json") == 0 && chdir("/") == 0 && rmdir(dir) == 0);
}
END_TEST

static void make_room(int sig)
{
	struct rlimit all = {.rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY};

	(void)sig;
	setrlimit(RLIMIT_FSIZE, &all);
}

/* The disk is full in the middle of a line, and has room again a second later: each event is there once and whole. */
START_TEST(a_line_is_whole_also_on_a_full_disk)
{
	char dir[] = "/tmp/flopynet-test-XXXXXX", text[400] = "", before[400] = "";
	struct rlimit small = {.rlim_cur = 0, .rlim_max = RLIM_INFINITY};
	struct report r;
	struct err e;
	FILE *f;

	getrlimit(RLIMIT_FSIZE, &small);
	ck_assert(mkdtemp(dir) && chdir(dir) == 0 && report_open(&r, &e) == 0);
	report_round_started(&r, 1);
	small.rlim_cur = (rlim_t)lseek(r.fd, 0, SEEK_END) + 10;
	signal(SIGXFSZ, SIG_IGN);
	signal(SIGALRM, make_room);
	setrlimit(RLIMIT_FSIZE, &small);
	alarm(1);
	report_round_started(&r, 2);
	report_close(&r);
	f = fopen("events.jsonl", "r");
	ck_assert(f && fgets(before, sizeof(before), f) && fgets(text, sizeof(text), f) && fgetc(f) == EOF);
	fclose(f);
	ck_assert_ptr_nonnull(strstr(before, "\"round\":1}"));
	ck_assert_msg(strncmp(text, "{\"seq\":2,", 9) == 0 && !strchr(text + 1, '{') && strstr(text, "\"round\":2}\n"), "%s", text);
	unlink("events.jsonl");
	ck_assert(chdir("/") == 0 && rmdir(dir) == 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("flserver");
	TCase *t = tcase_create("answers");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(t, status_is_derived, 0, sizeof(statuses) / sizeof(statuses[0]));
	tcase_add_test(t, what_is_no_status_is_refused);
	tcase_add_test(t, events_are_read_with_whatever_details_they_have);
	tcase_add_test(t, rounds_are_read_and_what_is_no_number_is_not_known);
	tcase_add_test(t, denials_are_told_from_other_decisions);
	tcase_add_test(t, a_yes_is_a_yes_and_nothing_else_is);
	tcase_add_test(t, the_command_line_and_the_spec);
	tcase_add_test(t, a_line_is_whole_also_on_a_full_disk);
	suite_add_tcase(suite, t);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
