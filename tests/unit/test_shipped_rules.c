/* Each rule that comes with the system, from the store's rows to the alert and its end, with made-up times: it fires, it does not fire too early, and it clears. */
#include "config.h"

#include "store_fixture.h"

#include "lib/mem.h"
#include "monitor/alerts.h"
#include "store/alert.h"
#include "store/command.h"
#include "store/event.h"
#include "store/experiment.h"
#include "store/run.h"
#include "store/rule.h"
#include "store/service.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define START_MS INT64_C(1700000000000)

static struct monitor m;
static int64_t run_id, seq;

static void setup(void)
{
	store_setup();
	memset(&m, 0, sizeof(m));
	m.store = st;
	m.now_ms = START_MS;
	m.mono_ms = 1000;
	settings_read(NULL, &m.settings);
	OK(part_alerts.open(&m, &e));
}

static void teardown(void)
{
	part_alerts.close(&m);
	store_teardown();
}

/* Seconds go by, with a turn each; the turns come late by late_ms. */
static void pass_late(int64_t seconds, int64_t late_ms)
{
	int64_t i, step = 1000 + late_ms;

	for (i = 0; i < seconds * 1000; i += step) {
		m.now_ms += step;
		m.mono_ms += step;
		m.version = store_version(st);
		part_alerts.turn(&m);
	}
}

static void pass(int64_t seconds)
{
	pass_late(seconds, 0);
}

struct found {
	const char *title;
	int open, all;
	enum severity severity;
	char description[300], resolution[300];
};

static void see(void *arg, const struct alert *a)
{
	struct found *f = arg;

	if (strcmp(a->title, f->title) != 0)
		return;
	f->all++;
	f->open += strcmp(a->status, "resolved") != 0;
	f->severity = a->severity;
	snprintf(f->description, sizeof(f->description), "%s", a->description);
	snprintf(f->resolution, sizeof(f->resolution), "%s", a->resolution ? a->resolution : "");
}

static struct found find(const char *title)
{
	struct alert_query q = {.severity = -1, .open = -1, .to_ms = INT64_MAX, .sort = ALERT_SORT_ID, .limit = 1000};
	struct found f = {.title = title};
	int64_t total;

	OK(alert_each(st, &q, m.now_ms, see, &f, &total, &e));
	return f;
}

#define expect(title, want_open, want_all) \
	do { \
		struct found got = find(title); \
		ck_assert_msg(got.open == (want_open) && got.all == (want_all), "%s: %d open of %d", title, got.open, got.all); \
	} while (0)

/* The platform */

START_TEST(monitor_behind)
{
	static const char title[] = "The monitor is behind";

	pass(60);
	expect(title, 0, 0);
	/* One hiccup of ten seconds is none. */
	pass_late(11, 10000);
	pass(60);
	expect(title, 0, 0);
	/* A loop that is six seconds late again and again is, after ten seconds. */
	pass_late(7, 6000);
	expect(title, 0, 0);
	pass_late(21, 6000);
	expect(title, 1, 1);
	ck_assert_int_eq(find(title).severity, SEVERITY_WARNING);
	ck_assert_str_eq(find(title).description, "The platform's monitor delay exceeded 5000 ms threshold");
	/* It clears when turns have come in time for a minute. */
	pass(50);
	expect(title, 1, 1);
	pass(30);
	expect(title, 0, 1);
}
END_TEST

/* A commit that changes nothing that rules ask for. */
static void commit(void)
{
	struct event ev = {.at_ms = m.now_ms, .topic = "experiments", .type = "experiment_update", .data = "{}"};

	OK(store_begin(st, &e));
	OK(event_add(st, &ev, &e));
	OK(store_commit(st, &e));
}

START_TEST(store_nearly_full)
{
	static const char title[] = "The store is nearly full";

	pass(120);
	expect(title, 0, 0);
	/* The store has some 200 KB; the limit goes up and down as PUT /config would have it, which is a commit. */
	m.settings.retention_size_mb = 0;
	commit();
	pass(50);
	expect(title, 0, 0);
	pass(20);
	expect(title, 1, 1);
	ck_assert_int_eq(find(title).severity, SEVERITY_CRITICAL);
	m.settings.retention_size_mb = 1000;
	commit();
	pass(50);
	expect(title, 1, 1);
	pass(20);
	expect(title, 0, 1);
}
END_TEST

/* Services */

static void put_service(const char *state, double memory_percent)
{
	char data[64];
	struct service s = {.name = "fl_server", .kind = "fl_server", .role = "service", .state = state, .since_ms = m.now_ms, .found = true, .target = "t", .response_time_ms = 5,
			    .issues = "[]", .interval_ms = 5000, .last_check_ms = m.now_ms, .observed_at_ms = m.now_ms, .data = data, .data_at_ms = m.now_ms};

	snprintf(data, sizeof(data), "{\"memory_percent\":%.1f}", memory_percent);
	OK(store_begin(st, &e));
	OK(service_put(st, &s, &e));
	OK(store_commit(st, &e));
}

/* The service stays so for a while, checked every five seconds. */
static void stays(const char *state, double memory_percent, int64_t seconds)
{
	int64_t i;

	for (i = 0; i < seconds; i += 5) {
		put_service(state, memory_percent);
		pass(5);
	}
}

START_TEST(services)
{
	static const struct {
		const char *title, *state;
		double memory;
		int64_t for_s, clear_s;
		enum severity severity;
	} rows[] = {
		{"FL Server is unhealthy", "unhealthy", 10, 0, 10, SEVERITY_CRITICAL},
		{"FL Server is degraded", "degraded", 10, 60, 60, SEVERITY_WARNING},
		{"High Memory Usage", "healthy", 85, 30, 60, SEVERITY_WARNING},
		{"High Memory Usage", "healthy", 99, 30, 60, SEVERITY_CRITICAL},
	};
	const char *title = rows[_i].title;

	stays("healthy", 10, 20);
	if (rows[_i].for_s > 10) {
		stays(rows[_i].state, rows[_i].memory, rows[_i].for_s - 10);
		expect(title, 0, 0);
		stays("healthy", 10, 10);
		expect(title, 0, 0);
	}
	stays(rows[_i].state, rows[_i].memory, rows[_i].for_s + 10);
	expect(title, 1, 1);
	ck_assert_int_eq(find(title).severity, rows[_i].severity);
	stays("healthy", 10, rows[_i].clear_s - 5);
	expect(title, 1, 1);
	stays("healthy", 10, 10);
	expect(title, 0, 1);
}
END_TEST

/* Experiments: what an engine says, as the monitor takes it */

static void says(const char *members)
{
	struct runner_event ev;
	struct run run;
	struct buf line = {0};

	buf_addf(&line, "{\"seq\":%" PRId64 ",\"time\":%" PRId64 ",%s}", ++seq, m.now_ms, members);
	OK(runner_event_parse(&ev, line.data, line.len, &e));
	OK(store_begin(st, &e));
	OK(run_get(st, run_id, &run, &e));
	OK(run_apply_event(st, &run, &ev, m.now_ms, &e));
	OK(run_save(st, &run, &e));
	OK(store_commit(st, &e));
	run_clear(&run);
	runner_event_clear(&ev);
	buf_clear(&line);
}

/* An experiment of twenty rounds with four clients a round, whose engine has begun. */
static void begin_run(void)
{
	struct experiment x = {
		.name = "test", .scenario = "basic_fl", .engine = "embedded", .configuration = "{\"rounds\":20,\"clients_per_round\":4}", .network_settings = "{}", .policies = "[]",
		.policy_status = "{}", .tags = "[]", .notes = "", .clients_count = 4, .rounds_total = 20, .created_by = "tester", .created_at_ms = START_MS};
	struct command_request q = {.action = ACTION_START, .actor = "tester", .max_active = 10, .scheduling = true};
	enum status status;
	int64_t command;

	OK(store_begin(st, &e));
	OK(experiment_create(st, &x, &e));
	q.experiment_id = run_id = x.id;
	OK(command_request(st, &q, m.now_ms, &status, &command, &e));
	OK(run_begin(st, x.id, "/nowhere", 0, 0, m.now_ms, &e));
	OK(store_commit(st, &e));
	seq = 0;
	says("\"type\":\"state\",\"state\":\"running\"");
}

static int64_t round_n;

/* A round that took so long, with this outcome; a turn after it. */
static void round_ends(double accuracy, const char *loss, int64_t seconds, int clients)
{
	char text[200];

	snprintf(text, sizeof(text), "\"type\":\"round_started\",\"round\":%" PRId64, ++round_n);
	says(text);
	pass(seconds);
	snprintf(text, sizeof(text), "\"type\":\"round_completed\",\"round\":%" PRId64 ",\"accuracy\":%.4f,\"loss\":%s,\"duration_ms\":%" PRId64 ",\"clients\":%d,\"failed_clients\":%d",
		 round_n, accuracy, loss, seconds * 1000, clients, 4 - clients);
	says(text);
	pass(2);
}

/* n rounds as they should be. */
static void good_rounds(int n, double from)
{
	int i;

	for (i = 0; i < n; i++)
		round_ends(from + i * 0.01, "0.5", 10, 4);
}

static void nothing_open(void)
{
	expect("Loss is not a number", 0, find("Loss is not a number").all);
	expect("Accuracy has stopped rising", 0, find("Accuracy has stopped rising").all);
	expect("Slow round", 0, find("Slow round").all);
	expect("Silent client", 0, find("Silent client").all);
	expect("Too few clients take part", 0, find("Too few clients take part").all);
}

START_TEST(loss_not_finite)
{
	static const char title[] = "Loss is not a number";

	begin_run();
	good_rounds(4, 0.5);
	expect(title, 0, 0);
	round_ends(0.1, "NaN", 10, 4);
	expect(title, 1, 1);
	ck_assert_int_eq(find(title).severity, SEVERITY_CRITICAL);
	ck_assert_str_eq(find(title).description, "Experiment \"test\" (exp_001) has a loss that is not a number: after round 5");
	round_ends(0.1, "null", 10, 4);
	expect(title, 1, 1);
	round_ends(0.6, "0.4", 10, 4);
	expect(title, 0, 1);
	round_ends(0.1, "Infinity", 10, 4);
	expect(title, 1, 2);
}
END_TEST

START_TEST(accuracy_flat)
{
	static const char title[] = "Accuracy has stopped rising";
	int i;

	begin_run();
	good_rounds(4, 0.5);
	/* Nine rounds without a gain that counts are none too many, the tenth is. */
	for (i = 0; i < 9; i++)
		round_ends(0.53 + i * 0.0001, "0.5", 10, 4);
	expect(title, 0, 0);
	round_ends(0.5305, "0.5", 10, 4);
	expect(title, 1, 1);
	ck_assert_int_eq(find(title).severity, SEVERITY_INFO);
	round_ends(0.54, "0.5", 10, 4);
	expect(title, 0, 1);
}
END_TEST

START_TEST(round_slow)
{
	static const char title[] = "Slow round";

	begin_run();
	/* Of three rounds before it there is a median; before that nothing is said. */
	round_ends(0.5, "0.5", 10, 4);
	round_ends(0.51, "0.5", 90, 4);
	expect(title, 0, 0);
	good_rounds(4, 0.52);
	round_ends(0.56, "0.5", 30, 4);
	expect(title, 0, 0);
	round_ends(0.57, "0.5", 31, 4);
	expect(title, 1, 1);
	ck_assert_str_eq(find(title).description, "Experiment \"test\" (exp_001) time of the last round, against the median of those before it, exceeded 3 times threshold: "
						  "round 8 took 31.0 s");
	/* Twice the median is the way back. */
	round_ends(0.58, "0.5", 25, 4);
	expect(title, 1, 1);
	round_ends(0.59, "0.5", 10, 4);
	expect(title, 0, 1);
}
END_TEST

START_TEST(client_silent)
{
	static const char title[] = "Silent client";

	begin_run();
	good_rounds(1, 0.5);
	says("\"type\":\"round_started\",\"round\":2,\"clients\":[\"client_001\",\"client_007\"]");
	pass(60);
	says("\"type\":\"client_update\",\"client\":\"client_001\",\"round\":2,\"status\":\"training\"");
	pass(55);
	expect(title, 0, 0);
	/* 120 seconds after the one was last heard of; the other is at work. */
	pass(10);
	expect(title, 1, 1);
	ck_assert_str_eq(find(title).description, "Experiment \"test\" (exp_001) longest silence of a client exceeded 120 s threshold: client_007 was last heard of 121 s ago");
	says("\"type\":\"client_update\",\"client\":\"client_007\",\"round\":2,\"status\":\"training\"");
	pass(10);
	expect(title, 0, 1);
	/* Who waits for its turn, or pauses with all others, is not silent. */
	says("\"type\":\"round_completed\",\"round\":2,\"accuracy\":0.6,\"loss\":0.5,\"duration_ms\":100000,\"clients\":4");
	pass(300);
	expect(title, 0, 1);
	says("\"type\":\"round_started\",\"round\":3,\"clients\":[\"client_001\"]");
	says("\"type\":\"state\",\"state\":\"paused\"");
	pass(300);
	expect(title, 0, 1);
}
END_TEST

START_TEST(participation_low)
{
	static const char title[] = "Too few clients take part";

	begin_run();
	good_rounds(2, 0.5);
	round_ends(0.52, "0.5", 10, 2);
	expect(title, 0, 0);
	round_ends(0.53, "0.5", 10, 1);
	expect(title, 1, 1);
	ck_assert_str_eq(find(title).description, "Experiment \"test\" (exp_001) participation fell below 50% threshold: round 4 had 1 clients");
	round_ends(0.54, "0.5", 10, 3);
	expect(title, 0, 1);
	nothing_open();
}
END_TEST

START_TEST(run_failed)
{
	static const char title[] = "Experiment failed";

	begin_run();
	good_rounds(2, 0.5);
	OK(store_begin(st, &e));
	OK(run_end(st, run_id, "No space is left", m.now_ms, &e));
	OK(store_commit(st, &e));
	pass(2);
	expect(title, 1, 1);
	ck_assert_str_eq(find(title).description, "Experiment \"test\" (exp_001) has failed: No space is left");
	/* For a day it is worth knowing. */
	m.now_ms += INT64_C(86400000);
	m.mono_ms += INT64_C(86400000);
	put_service("healthy", 1);
	pass(2);
	expect(title, 0, 1);
	ck_assert_str_eq(find(title).resolution, "The failure is more than a day old");
}
END_TEST

/* A run that goes as it should, from beginning to end, raises nothing. */
START_TEST(a_good_run)
{
	begin_run();
	good_rounds(20, 0.5);
	says("\"type\":\"state\",\"state\":\"completed\"");
	pass(700);
	nothing_open();
	ck_assert_int_eq(find("Experiment failed").all + find("Accuracy has stopped rising").all + find("Slow round").all + find("Silent client").all, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("shipped rules");
	TCase *t = tcase_create("store");
	SRunner *r = srunner_create(s);
	int failed;

	suite_add_tcase(s, t);
	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, monitor_behind);
	tcase_add_test(t, store_nearly_full);
	tcase_add_loop_test(t, services, 0, 4);
	tcase_add_test(t, loss_not_finite);
	tcase_add_test(t, accuracy_flat);
	tcase_add_test(t, round_slow);
	tcase_add_test(t, client_silent);
	tcase_add_test(t, participation_low);
	tcase_add_test(t, run_failed);
	tcase_add_test(t, a_good_run);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
