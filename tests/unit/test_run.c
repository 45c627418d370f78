/* What engines' events do to the store, exactly once, and reports of remote engines. */
#include "config.h"

#include "store_fixture.h"

#include "experiment/runner_event.h"
#include "lib/buf.h"
#include "lib/file.h"
#include "lib/json_in.h"
#include "lib/mem.h"
#include "store/artifact.h"
#include "store/command.h"
#include "store/event.h"
#include "store/experiment.h"
#include "store/round.h"
#include "store/run.h"
#include "store/store.h"
#include "store/timeline.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NOW 1000000

static int64_t create_started(int64_t pid)
{
	struct experiment x = {
		.name = "a", .scenario = "basic_fl", .engine = "embedded", .configuration = "{\"rounds\":20}", .network_settings = "{}", .policies = "[]",
		.policy_status = "{}", .tags = "[]", .notes = "", .clients_count = 2, .rounds_total = 20, .created_by = "tester", .created_at_ms = 1000};
	struct command_request q = {.action = ACTION_START, .actor = "tester", .max_active = 10, .scheduling = true};
	enum status status;
	int64_t command;

	OK(store_begin(st, &e));
	OK(experiment_create(st, &x, &e));
	q.experiment_id = x.id;
	OK(command_request(st, &q, 2000, &status, &command, &e));
	OK(run_begin(st, x.id, "/nowhere", pid, pid ? 7 : 0, 3000, &e));
	OK(store_commit(st, &e));
	return x.id;
}

static int64_t request(int64_t id, enum action a, int64_t now_ms)
{
	struct command_request q = {.experiment_id = id, .action = a, .actor = "tester", .max_active = 10, .scheduling = true};
	enum status status;
	int64_t command;

	OK(store_begin(st, &e));
	OK(command_request(st, &q, now_ms, &status, &command, &e));
	OK(store_commit(st, &e));
	return command;
}

/* Apply lines as the monitor would, the last one ending at offset. */
static void apply(int64_t id, int64_t offset, const char *const *all)
{
	struct run r;
	struct runner_event ev;

	OK(store_begin(st, &e));
	OK(run_get(st, id, &r, &e));
	for (; *all; all++) {
		OK(runner_event_parse(&ev, *all, strlen(*all), &e));
		OK(run_apply_event(st, &r, &ev, NOW, &e));
		runner_event_clear(&ev);
	}
	r.read_offset = offset;
	OK(run_save(st, &r, &e));
	OK(store_commit(st, &e));
	run_clear(&r);
}

#define APPLY(id, offset, ...) apply(id, offset, (const char *const[]){__VA_ARGS__, NULL})

static void dump_round(void *arg, const struct round *r)
{
	buf_addf(arg, "%d:%.2f/%.2f clients=%d bytes=%d started=%d ended=%d\n", (int)r->round, r->accuracy, r->loss, (int)r->clients, (int)r->bytes,
		 (int)r->started_at_ms, (int)r->completed_at_ms);
}

static void dump_client(void *arg, const struct client *c)
{
	buf_addf(arg, "%s %s round=%d count=%d bytes=%d\n", c->client, c->status, (int)c->round, (int)c->rounds_count, (int)c->bytes_total);
}

static void dump_timeline(void *arg, const struct timeline_entry *t)
{
	buf_addf(arg, "%s|%s\n", t->event, t->details);
}

static int count_event(void *arg, const struct event *ev)
{
	(void)ev;
	++*(int *)arg;
	return 0;
}

static int events_so_far(void)
{
	int n = 0;

	OK(event_each_after(st, 0, 100000, count_event, &n, &e));
	return n;
}

static void expect(const struct buf *got, const char *want)
{
	ck_assert_str_eq(buf_str(got), want);
	buf_clear((struct buf *)(uintptr_t)got);
}

static void expect_status(int64_t id, enum status want)
{
	struct experiment x;

	OK(experiment_get(st, id, &x, &e));
	ck_assert_str_eq(status_name(x.status), status_name(want));
	experiment_clear(&x);
}

static const char *const whole_run[] = {
	"{\"seq\":1,\"time\":5000,\"type\":\"state\",\"state\":\"running\"}",
	"{\"seq\":2,\"time\":6000,\"type\":\"round_started\",\"round\":1,\"clients\":[\"a\",\"b\"]}",
	"{\"seq\":3,\"time\":6100,\"type\":\"client_update\",\"client\":\"a\",\"status\":\"training\",\"bytes_down\":50}",
	"{\"seq\":4,\"time\":6200,\"type\":\"client_update\",\"client\":\"a\",\"status\":\"finished\",\"bytes_down\":50,\"bytes_up\":50,\"accuracy\":0.5}",
	"{\"seq\":5,\"time\":6300,\"type\":\"client_update\",\"client\":\"a\",\"status\":\"finished\",\"bytes_down\":50,\"bytes_up\":50,\"accuracy\":0.5}",
	"{\"seq\":6,\"time\":6400,\"type\":\"client_update\",\"client\":\"b\",\"status\":\"lost\",\"detail\":\"no route\"}",
	"{\"seq\":7,\"time\":7000,\"type\":\"round_completed\",\"round\":1,\"accuracy\":0.91,\"loss\":0.31,\"clients\":1,\"failed_clients\":1,\"bytes\":100}",
	"{\"seq\":8,\"time\":7100,\"type\":\"round_completed\",\"round\":1,\"accuracy\":0.11,\"loss\":9,\"clients\":1,\"bytes\":100}",
	"{\"seq\":9,\"time\":8000,\"type\":\"round_started\",\"round\":2,\"clients\":[\"a\"]}",
	"{\"seq\":10,\"time\":9000,\"type\":\"round_completed\",\"round\":2,\"accuracy\":0.92,\"loss\":NaN,\"clients\":1,\"bytes\":100}",
	"{\"seq\":11,\"time\":9100,\"type\":\"artifact\",\"name\":\"model.bin\",\"kind\":\"model\"}",
	"{\"seq\":12,\"time\":9200,\"type\":\"state\",\"state\":\"completed\"}",
	"{\"seq\":13,\"time\":9300,\"type\":\"state\",\"state\":\"running\"}",
	"{\"seq\":14,\"time\":9300,\"type\":\"round_started\",\"round\":3}",
	NULL,
};

static void check_whole_run(int64_t id)
{
	struct buf b = {0};
	struct experiment x;
	struct artifact a;
	int64_t total;

	OK(experiment_get(st, id, &x, &e));
	ck_assert_str_eq(status_name(x.status), "completed");
	ck_assert_int_eq(x.rounds_completed, 2);
	ck_assert_int_eq(x.current_round, 2);
	ck_assert_int_eq(x.bytes_total, 200);
	ck_assert_int_eq(x.started_at_ms, 5000);
	ck_assert_int_eq(x.finished_at_ms, 9200);
	ck_assert(isnan(x.loss));
	experiment_clear(&x);
	OK(round_each(st, id, 0, 100, 0, dump_round, &b, &total, &e));
	expect(&b, "1:0.91/0.31 clients=1 bytes=100 started=6000 ended=7000\n2:0.92/nan clients=1 bytes=100 started=8000 ended=9000\n");
	OK(client_each(st, id, 100, 0, dump_client, &b, &total, &e));
	expect(&b, "a idle round=2 count=1 bytes=100\nb lost round=1 count=0 bytes=0\n");
	OK(timeline_each(st, id, true, 100, 0, dump_timeline, &b, &total, &e));
	expect(&b, "experiment_created|Experiment created\nexperiment_starting|Start requested\nexperiment_started|Experiment started with 2 clients\n"
		   "client_lost|Client b was lost in round 1: no route\nround_completed|Round 1 completed: accuracy 0.91, loss 0.31 (1 client did not deliver)\n"
		   "round_completed|Round 2 completed: accuracy 0.92\nexperiment_completed|Experiment completed\n");
	OK(artifact_get(st, id, "model.bin", &a, &e));
	ck_assert_str_eq(a.kind, "model");
	artifact_clear(&a);
}

START_TEST(whole)
{
	int64_t id = create_started(4242);

	apply(id, 1000, whole_run);
	check_whole_run(id);
}
END_TEST

/* Whatever is read again, from whichever place, has no second effect. */
START_TEST(exactly_once)
{
	int64_t id = create_started(4242);
	size_t i, k;
	int events;

	for (i = 0; whole_run[i]; i++)
		for (k = 0; k <= i; k++)
			APPLY(id, (int64_t)i, whole_run[k]);
	events = events_so_far();
	check_whole_run(id);
	apply(id, 0, whole_run);
	check_whole_run(id);
	ck_assert_int_eq(events_so_far(), events);
}
END_TEST

/* A batch that was rolled back leaves nothing, not even its numbers. */
START_TEST(rolled_back)
{
	int64_t id = create_started(4242);
	struct runner_event ev;
	struct run r;
	size_t i;

	OK(store_begin(st, &e));
	OK(run_get(st, id, &r, &e));
	for (i = 0; whole_run[i]; i++) {
		OK(runner_event_parse(&ev, whole_run[i], strlen(whole_run[i]), &e));
		OK(run_apply_event(st, &r, &ev, NOW, &e));
		runner_event_clear(&ev);
	}
	run_clear(&r);
	store_rollback(st);
	expect_status(id, STATUS_STARTING);
	apply(id, 1000, whole_run);
	check_whole_run(id);
}
END_TEST

/* A client that was lost stays so, chosen again or not, until it is heard of; what rounds leave in the timeline may be left out. */
START_TEST(lost_and_back)
{
	int64_t id = create_started(4242);
	struct buf b = {0};
	int64_t total;

	APPLY(id, 1, "{\"seq\":1,\"time\":5000,\"type\":\"state\",\"state\":\"running\"}");
	APPLY(id, 2, "{\"seq\":2,\"time\":6000,\"type\":\"round_started\",\"round\":1,\"clients\":[\"a\"]}");
	APPLY(id, 3, "{\"seq\":3,\"time\":6400,\"type\":\"client_update\",\"client\":\"a\",\"status\":\"lost\"}");
	APPLY(id, 4, "{\"seq\":4,\"time\":7000,\"type\":\"round_completed\",\"round\":1,\"accuracy\":0.5,\"loss\":1}");
	APPLY(id, 5, "{\"seq\":5,\"time\":7100,\"type\":\"round_started\",\"round\":2,\"clients\":[\"a\"]}");
	OK(client_each(st, id, 100, 0, dump_client, &b, &total, &e));
	expect(&b, "a lost round=1 count=0 bytes=0\n");
	APPLY(id, 6, "{\"seq\":6,\"time\":7200,\"type\":\"client_update\",\"client\":\"a\",\"status\":\"training\"}");
	APPLY(id, 7, "{\"seq\":7,\"time\":7300,\"type\":\"client_update\",\"client\":\"a\",\"status\":\"finished\",\"bytes_up\":7}");
	OK(client_each(st, id, 100, 0, dump_client, &b, &total, &e));
	expect(&b, "a finished round=2 count=1 bytes=7\n");
	OK(timeline_each(st, id, false, 100, 3, dump_timeline, &b, &total, &e));
	ck_assert_int_eq(total, 5);
	expect(&b, "client_lost|Client a was lost in round 1\nclient_joined|Client a came back in round 2\n");
}
END_TEST

START_TEST(refused_action)
{
	int64_t id = create_started(4242), command;
	struct command c;
	struct buf b = {0};
	int64_t total;

	APPLY(id, 1, "{\"seq\":1,\"time\":5000,\"type\":\"state\",\"state\":\"running\"}");
	command = request(id, ACTION_PAUSE, 6000);
	APPLY(id, 2, "{\"seq\":2,\"time\":6100,\"type\":\"refused\",\"action\":\"pause\",\"reason\":\"cannot hold\"}");
	expect_status(id, STATUS_RUNNING);
	OK(command_get(st, command, &c, &e));
	ck_assert_int_eq(c.status, COMMAND_REFUSED);
	ck_assert_str_eq(c.message, "cannot hold");
	command_clear(&c);
	/* What nobody asked for cannot be refused, and an abort neither. */
	APPLY(id, 3, "{\"seq\":3,\"time\":6200,\"type\":\"refused\",\"action\":\"stop\",\"reason\":\"no\"}");
	expect_status(id, STATUS_RUNNING);
	request(id, ACTION_ABORT, 7000);
	APPLY(id, 4, "{\"seq\":4,\"time\":7100,\"type\":\"refused\",\"action\":\"abort\",\"reason\":\"no\"}");
	expect_status(id, STATUS_ABORTING);
	APPLY(id, 5, "{\"seq\":5,\"time\":7200,\"type\":\"state\",\"state\":\"failed\",\"reason\":\"interrupted\"}");
	expect_status(id, STATUS_ABORTED);
	OK(timeline_each(st, id, true, 100, 4, dump_timeline, &b, &total, &e));
	expect(&b, "action_refused|Pause refused: cannot hold\nexperiment_aborting|Abort requested\nexperiment_aborted|Experiment aborted: interrupted\n");
}
END_TEST

START_TEST(abort_while_starting)
{
	int64_t id = create_started(4242);

	request(id, ACTION_ABORT, 4000);
	APPLY(id, 1, "{\"seq\":1,\"time\":5000,\"type\":\"state\",\"state\":\"running\"}");
	expect_status(id, STATUS_ABORTING);
	OK(store_begin(st, &e));
	OK(run_end(st, id, "gone", 9000, &e));
	OK(store_commit(st, &e));
	expect_status(id, STATUS_ABORTED);
	APPLY(id, 2, "{\"seq\":2,\"time\":5000,\"type\":\"state\",\"state\":\"running\"}", "{\"seq\":3,\"time\":5000,\"type\":\"round_started\",\"round\":1}");
	expect_status(id, STATUS_ABORTED);
}
END_TEST

START_TEST(failure_has_reason)
{
	int64_t id = create_started(4242);
	struct experiment x;

	OK(store_begin(st, &e));
	OK(run_end(st, id, "The engine ended with exit status 3\nIts last words:\nno memory", 9000, &e));
	OK(store_commit(st, &e));
	OK(experiment_get(st, id, &x, &e));
	ck_assert_str_eq(status_name(x.status), "failed");
	ck_assert_str_eq(x.failure, "The engine ended with exit status 3\nIts last words:\nno memory");
	experiment_clear(&x);
	id = create_started(4242);
	APPLY(id, 1, "{\"seq\":1,\"time\":5000,\"type\":\"error\",\"message\":\"The data set is not there\"}", "{\"seq\":2,\"type\":\"state\",\"state\":\"failed\"}");
	OK(experiment_get(st, id, &x, &e));
	ck_assert_str_eq(x.failure, "The data set is not there");
	experiment_clear(&x);
}
END_TEST

START_TEST(waiting)
{
	int64_t id = create_started(4242), before, total;
	struct experiment x;
	struct buf b = {0};

	APPLY(id, 1, "{\"seq\":1,\"time\":5000,\"type\":\"state\",\"state\":\"running\"}",
	      "{\"seq\":2,\"time\":5000,\"type\":\"waiting_for\",\"what\":\"clients\",\"needed\":3,\"present\":1}",
	      "{\"seq\":3,\"time\":5000,\"type\":\"waiting_for\",\"what\":\"clients\",\"needed\":3,\"present\":2}");
	OK(experiment_get(st, id, &x, &e));
	ck_assert_str_eq(x.waiting_for, "{\"what\":\"clients\",\"needed\":3,\"present\":2,\"detail\":null}");
	experiment_clear(&x);
	before = events_so_far();
	APPLY(id, 1, "{\"seq\":4,\"time\":5000,\"type\":\"waiting_for\",\"what\":\"clients\",\"needed\":3,\"present\":2}");
	ck_assert_int_eq(events_so_far(), before);
	APPLY(id, 1, "{\"seq\":5,\"time\":5000,\"type\":\"waiting_for\",\"what\":null}");
	OK(experiment_get(st, id, &x, &e));
	ck_assert_ptr_null(x.waiting_for);
	experiment_clear(&x);
	OK(timeline_each(st, id, true, 100, 3, dump_timeline, &b, &total, &e));
	expect(&b, "waiting|Waiting for clients: 1 of 3 are there\n");
}
END_TEST

START_TEST(not_applied)
{
	int64_t id = create_started(4242);
	struct experiment x;

	APPLY(id, 1, "{\"seq\":1,\"type\":\"not_applied\",\"members\":[\"latency\"],\"reason\":\"no emulation\"}",
	      "{\"seq\":2,\"type\":\"not_applied\",\"members\":[\"latency\",\"packet_loss\"]}");
	OK(experiment_get(st, id, &x, &e));
	ck_assert_str_eq(x.not_applied, "[\"latency\",\"packet_loss\"]");
	experiment_clear(&x);
}
END_TEST

START_TEST(log_has_a_ceiling)
{
	int64_t id = create_started(4242), total, i;
	struct buf b = {0};
	struct run r;
	struct runner_event ev;
	char line[120];

	OK(store_begin(st, &e));
	OK(run_get(st, id, &r, &e));
	for (i = 1; i <= RUN_LOG_KEPT + 256; i++) {
		snprintf(line, sizeof(line), "{\"seq\":%d,\"type\":\"log\",\"level\":\"warning\",\"message\":\"line %d\"}", (int)i, (int)i);
		OK(runner_event_parse(&ev, line, strlen(line), &e));
		OK(run_apply_event(st, &r, &ev, NOW, &e));
		runner_event_clear(&ev);
	}
	OK(run_save(st, &r, &e));
	OK(store_commit(st, &e));
	run_clear(&r);
	OK(timeline_each(st, id, true, 1, 0, dump_timeline, &b, &total, &e));
	ck_assert_int_le(total, RUN_LOG_KEPT + 64 + 2);
	buf_clear(&b);
	OK(timeline_each_newest(st, id, 1, dump_timeline, &b, &e));
	expect(&b, "engine_log|Warning: line 1256\n");
}
END_TEST

/* Remote engines */

static int report(int64_t id, const char *events, struct run_reported *out)
{
	struct json_object *v;
	int rc;

	OK(json_in_parse(events, strlen(events), &v, &e));
	rc = run_report(st, id, v, NOW, out, &e);
	json_object_put(v);
	return rc;
}

START_TEST(remote)
{
	int64_t id = create_started(0), command;
	struct run_reported r;
	struct command c;

	OK(report(id, "[{\"seq\":1,\"type\":\"state\",\"state\":\"running\"},{\"seq\":2,\"type\":\"round_started\",\"round\":1}]", &r));
	ck_assert_int_eq(r.accepted, 2);
	ck_assert_int_eq(r.last_seq, 2);
	ck_assert_str_eq(r.desired, "running");
	OK(report(id, "[{\"seq\":1,\"type\":\"state\",\"state\":\"running\"},{\"seq\":2,\"type\":\"round_started\",\"round\":1}]", &r));
	ck_assert_int_eq(r.accepted, 0);
	ck_assert_int_eq(report(id, "[{\"seq\":3,\"type\":\"round_completed\",\"round\":1},{\"seq\":4,\"type\":\"state\"}]", &r), -1);
	ck_assert_int_eq(e.code, ERR_INVALID);
	ck_assert_str_eq(e.details[0].field, "events.1");
	ck_assert_int_eq(report(id, "[]", &r), -1);
	ck_assert_int_eq(report(id, "{}", &r), -1);
	command = request(id, ACTION_PAUSE, 6000);
	OK(report(id, "[{\"seq\":3,\"type\":\"heartbeat\"}]", &r));
	ck_assert_str_eq(r.desired, "paused");
	OK(command_get(st, command, &c, &e));
	ck_assert_int_eq(c.status, COMMAND_SENT);
	command_clear(&c);
	OK(report(id, "[{\"seq\":4,\"type\":\"state\",\"state\":\"paused\"}]", &r));
	expect_status(id, STATUS_PAUSED);
	request(id, ACTION_STOP, 7000);
	OK(report(id, "[{\"seq\":5,\"type\":\"heartbeat\"}]", &r));
	ck_assert_str_eq(r.desired, "stopping");
	OK(report(id, "[{\"seq\":6,\"type\":\"state\",\"state\":\"stopped\"}]", &r));
	expect_status(id, STATUS_STOPPED);
	OK(report(id, "[{\"seq\":6,\"type\":\"state\",\"state\":\"stopped\"}]", &r));
	ck_assert_str_eq(r.desired, "stopping");
	ck_assert_int_eq(report(create_started(4242), "[{\"seq\":1,\"type\":\"heartbeat\"}]", &r), -1);
	ck_assert_int_eq(e.code, ERR_CONFLICT);
	ck_assert_int_eq(report(99, "[{\"seq\":1,\"type\":\"heartbeat\"}]", &r), -1);
	ck_assert_int_eq(e.code, ERR_NOTFOUND);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("run");
	TCase *effects = tcase_create("effects");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(effects, store_setup, store_teardown);
	tcase_set_timeout(effects, 60);
	tcase_add_test(effects, whole);
	tcase_add_test(effects, exactly_once);
	tcase_add_test(effects, rolled_back);
	tcase_add_test(effects, lost_and_back);
	tcase_add_test(effects, refused_action);
	tcase_add_test(effects, abort_while_starting);
	tcase_add_test(effects, failure_has_reason);
	tcase_add_test(effects, waiting);
	tcase_add_test(effects, not_applied);
	tcase_add_test(effects, log_has_a_ceiling);
	tcase_add_test(effects, remote);
	suite_add_tcase(s, effects);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
