/* The monitor: starting, following, commanding, finding again, and every way of ending. */
#include "config.h"

#include "monitor_fixture.h"

#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/file.h"
#include "lib/mem.h"
#include "monitor/process.h"
#include "monitor/runs.h"
#include "store/configuration.h"
#include "store/experiment.h"
#include "store/run.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

START_TEST(life)
{
	int64_t id = create("long"), command = request(id, ACTION_START), n;

	await(id, STATUS_RUNNING, 3000);
	expect_command(command, COMMAND_DONE);
	await_rounds(id, 2);
	command = request(id, ACTION_PAUSE);
	await(id, STATUS_PAUSED, 2000);
	expect_command(command, COMMAND_DONE);
	n = rounds_of(id);
	for (int i = 0; i < 30; i++)
		turn();
	ck_assert_int_eq(rounds_of(id), n);
	command = request(id, ACTION_RESUME);
	await(id, STATUS_RUNNING, 2000);
	expect_command(command, COMMAND_DONE);
	await(id, STATUS_COMPLETED, 20000);
	expect_rounds(id, 100);
}
END_TEST

START_TEST(stop_and_abort)
{
	int64_t a = create_and_start("long"), b = create_and_start("long"), stop, abort_;

	await_rounds(a, 1);
	await_rounds(b, 1);
	stop = request(a, ACTION_STOP);
	abort_ = request(b, ACTION_ABORT);
	await(a, STATUS_STOPPED, 2000);
	await(b, STATUS_ABORTED, 2000);
	expect_command(stop, COMMAND_DONE);
	expect_command(abort_, COMMAND_DONE);
}
END_TEST

START_TEST(stop_while_paused)
{
	int64_t id = create_and_start("long");

	await_rounds(id, 1);
	request(id, ACTION_PAUSE);
	await(id, STATUS_PAUSED, 2000);
	request(id, ACTION_STOP);
	await(id, STATUS_STOPPED, 2000);
}
END_TEST

/* The engine has started but says nothing yet; or the monitor has not even seen the start. */
START_TEST(abort_while_starting)
{
	int64_t id = create("slow_start"), other = create("good"), start = request(id, ACTION_START);

	for (int i = 0; i < 20; i++)
		turn();
	ck_assert_int_eq(status_of(id), STATUS_STARTING);
	request(id, ACTION_ABORT);
	await(id, STATUS_ABORTED, 3000);
	expect_command(start, COMMAND_REFUSED);
	request(other, ACTION_START);
	request(other, ACTION_ABORT);
	await(other, STATUS_ABORTED, 1000);
	ck_assert_int_eq(rounds_of(other), 0);
	other = create_and_start("good");
	request(other, ACTION_STOP);
	await(other, STATUS_STOPPED, 1000);
}
END_TEST

static const struct {
	const char *engine, *failure;
} failures[] = {
	{"dies", "The engine ended with exit status 3 without saying how the run ended\nIts last words:\nline 3\nline 4\nline 5\nline 6\nbad ? byte"},
	{"explains", "The disk is full. The engine ended with exit status 1 without saying how the run ended"},
	{"killed", "The engine was killed by signal 9 (Killed)"},
	{"absent", "The engine's command no-such-program-anywhere was not found, neither beside the monitor nor in PATH"},
};

START_TEST(failure)
{
	int64_t id = create_and_start(failures[_i].engine);

	await(id, STATUS_FAILED, 3000);
	ck_assert_str_eq(failure_of(id), failures[_i].failure);
}
END_TEST

START_TEST(cannot_start)
{
	int64_t id = create("absent_path"), command = request(id, ACTION_START);
	struct command c;

	await(id, STATUS_FAILED, 2000);
	OK(command_get(st, command, &c, &e));
	ck_assert_int_eq(c.status, COMMAND_REFUSED);
	ck_assert_str_eq(c.message, failure_of(id));
	command_clear(&c);
	id = create_and_start("garbage");
	await(id, STATUS_FAILED, 2000);
	ck_assert_ptr_nonnull(strstr(failure_of(id), "cannot run it: Exec format error"));
	id = create_and_start("unheard_of");
	await(id, STATUS_FAILED, 2000);
	ck_assert_str_eq(failure_of(id), "The engine unheard_of is not known here any more");
}
END_TEST

START_TEST(heartbeat_lost)
{
	int64_t id = create_and_start("mute"), pid;

	await_rounds(id, 1);
	pid = pid_of(id);
	await(id, STATUS_FAILED, 5000);
	ck_assert_str_eq(failure_of(id), "There was no sign of life from the engine for 1 s, so it was ended");
	await_gone(pid, 100);
}
END_TEST

START_TEST(deaf_to_abort)
{
	int64_t id = create_and_start("deaf"), pid;

	await_rounds(id, 1);
	pid = pid_of(id);
	request(id, ACTION_ABORT);
	await(id, STATUS_ABORTED, 9000);
	await_gone(pid, 100);
}
END_TEST

START_TEST(lingering)
{
	int64_t id = create_and_start("lingers"), pid;

	await(id, STATUS_COMPLETED, 2000);
	pid = pid_of(id);
	await_gone(pid, 15000);
	ck_assert_int_eq(status_of(id), STATUS_COMPLETED);
}
END_TEST

START_TEST(untidy)
{
	int64_t id = create_and_start("untidy");
	struct run r;

	await(id, STATUS_COMPLETED, 4000);
	expect_rounds(id, 2);
	OK(run_get(st, id, &r, &e));
	ck_assert_int_eq(r.bad_lines, 2);
	run_clear(&r);
}
END_TEST

START_TEST(many_lines)
{
	int64_t id = create_and_start("many");

	await(id, STATUS_COMPLETED, 5000);
	expect_rounds(id, 1);
}
END_TEST

START_TEST(attaches_again)
{
	int64_t id = create_and_start("long"), pid;
	int i;

	await_rounds(id, 2);
	pid = pid_of(id);
	for (i = 0; i < 5; i++) {
		monitor_killed();
		usleep(100000);
		monitor_up();
		for (int k = 0; k < 10; k++)
			turn();
	}
	ck_assert_int_eq(pid_of(id), pid);
	request(id, ACTION_PAUSE);
	await(id, STATUS_PAUSED, 2000);
	monitor_killed();
	request(id, ACTION_RESUME); /* asked while nobody was there */
	monitor_up();
	await(id, STATUS_RUNNING, 2000);
	await(id, STATUS_COMPLETED, 20000);
	expect_rounds(id, 100);
}
END_TEST

START_TEST(ends_while_away)
{
	int64_t id = create_and_start("good"), other = create_and_start("good"), pid;

	await_rounds(id, 1);
	await_rounds(other, 1);
	pid = pid_of(id);
	monitor_killed();
	kill((pid_t)pid, SIGKILL);
	waitpid((pid_t)pid, NULL, 0);
	usleep(1500000); /* the other goes on, and is done */
	monitor_up();
	await(id, STATUS_FAILED, 2000);
	ck_assert_str_eq(failure_of(id), "The engine's process is gone; how it ended is not known");
	await(other, STATUS_COMPLETED, 4000);
	expect_rounds(other, 30);
}
END_TEST

/* Between fork and commit: the engine runs, the store does not know. */
START_TEST(orphan_is_adopted)
{
	int64_t id = create("good"), pid;
	char *const argv[] = {"sqlite3", conf.store, "DELETE FROM run", NULL};
	pid_t child;
	int status = -1;

	request(id, ACTION_START);
	await_rounds(id, 1);
	pid = pid_of(id);
	monitor_killed();
	if (posix_spawnp(&child, argv[0], NULL, NULL, argv, environ) != 0 || waitpid(child, &status, 0) == -1 || status != 0) {
		monitor_up();
		return; /* no sqlite3 shell here */
	}
	monitor_up();
	await_run(id);
	ck_assert_int_eq(pid_of(id), pid);
	await(id, STATUS_COMPLETED, 8000);
	expect_rounds(id, 30);
}
END_TEST

START_TEST(queue_order)
{
	int64_t a = create("long"), b = create("quick"), c = create("quick"), later = create("quick");
	struct config_entry config = {.document = "{\"dashboard\":{\"max_experiments\":1}}", .difference = "[]", .author = "tester", .at_ms = 1};
	struct experiment x;

	OK(store_begin(st, &e));
	OK(config_put(st, &config, &e));
	OK(store_commit(st, &e));
	request_at(a, ACTION_START, 1, 0);
	request_at(b, ACTION_START, 1, 0);
	request_at(c, ACTION_START, 1, 0);
	request_at(later, ACTION_START, 1, clock_wall_ms() + 3600000);
	await_rounds(a, 2);
	ck_assert_int_eq(status_of(b), STATUS_QUEUED);
	OK(experiment_get(st, b, &x, &e));
	ck_assert_ptr_nonnull(strstr(x.waiting_for, "\"what\":\"slot\""));
	experiment_clear(&x);
	OK(experiment_get(st, later, &x, &e));
	ck_assert_ptr_nonnull(strstr(x.waiting_for, "\"what\":\"schedule\""));
	experiment_clear(&x);
	request(a, ACTION_ABORT);
	await(b, STATUS_COMPLETED, 5000);
	await(c, STATUS_COMPLETED, 5000);
	OK(experiment_get(st, b, &x, &e));
	{
		struct experiment y;

		OK(experiment_get(st, c, &y, &e));
		ck_assert_int_ge(y.started_at_ms, x.finished_at_ms);
		experiment_clear(&y);
	}
	experiment_clear(&x);
	ck_assert_int_eq(status_of(later), STATUS_QUEUED);
	request(later, ACTION_ABORT);
}
END_TEST

START_TEST(platform_shut_down)
{
	int64_t a = create_and_start("long"), b = create_and_start("deaf"), pid_a, pid_b, ticks;
	struct experiment x;
	int i;

	await_rounds(a, 1);
	await_rounds(b, 1);
	pid_a = pid_of(a);
	pid_b = pid_of(b);
	m.phase = MONITOR_ENDING;
	for (i = 0; i < 5000 && !monitor_ended(&m); i++)
		turn();
	ck_assert_int_eq(status_of(a), STATUS_ABORTED);
	ck_assert_int_eq(status_of(b), STATUS_ABORTED);
	ck_assert(!process_start_ticks(pid_a, &ticks));
	ck_assert(!process_start_ticks(pid_b, &ticks));
	OK(experiment_get(st, a, &x, &e));
	ck_assert_int_eq(x.rounds_completed, x.current_round);
	experiment_clear(&x);
}
END_TEST

START_TEST(remote)
{
	int64_t id = create_and_start("far"), other = create_and_start("far");
	struct experiment x;

	for (int i = 0; i < 10; i++)
		turn();
	OK(experiment_get(st, id, &x, &e));
	ck_assert_str_eq(status_name(x.status), "starting");
	ck_assert_ptr_nonnull(strstr(x.waiting_for, "\"what\":\"service\""));
	experiment_clear(&x);
	request(other, ACTION_ABORT);
	await(other, STATUS_ABORTED, 1000);
	{
		struct json_object *events = json_object_new_array(), *ev = json_object_new_object();
		struct run_reported out;

		json_object_object_add(ev, "seq", json_object_new_int(1));
		json_object_object_add(ev, "type", json_object_new_string("state"));
		json_object_object_add(ev, "state", json_object_new_string("running"));
		json_object_array_add(events, ev);
		OK(run_report(st, id, events, clock_wall_ms(), &out, &e));
		json_object_put(events);
	}
	await(id, STATUS_FAILED, 3000);
	ck_assert_str_eq(failure_of(id), "There was no report from the remote engine for 1 s");
}
END_TEST

/* Somebody holds the store's lock: runs go on, nothing is lost, nobody fails. */
START_TEST(store_locked)
{
	int64_t id = create_and_start("good");
	int i;

	await_rounds(id, 1);
	OK(store_begin(st, &e));
	for (i = 0; i < 5; i++)
		turn();
	store_rollback(st);
	await(id, STATUS_COMPLETED, 8000);
	expect_rounds(id, 30);
}
END_TEST

START_TEST(one_monitor_only)
{
	struct monitor second;

	ck_assert_int_eq(monitor_open(&second, &conf, &e), -1);
	ck_assert_int_eq(e.code, ERR_CONFLICT);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("monitor");
	TCase *t = tcase_create("runs");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, life);
	tcase_add_test(t, stop_and_abort);
	tcase_add_test(t, stop_while_paused);
	tcase_add_test(t, abort_while_starting);
	tcase_add_loop_test(t, failure, 0, (int)ARRAY_LEN(failures));
	tcase_add_test(t, cannot_start);
	tcase_add_test(t, heartbeat_lost);
	tcase_add_test(t, deaf_to_abort);
	tcase_add_test(t, lingering);
	tcase_add_test(t, untidy);
	tcase_add_test(t, many_lines);
	tcase_add_test(t, attaches_again);
	tcase_add_test(t, ends_while_away);
	tcase_add_test(t, orphan_is_adopted);
	tcase_add_test(t, queue_order);
	tcase_add_test(t, platform_shut_down);
	tcase_add_test(t, remote);
	tcase_add_test(t, store_locked);
	tcase_add_test(t, one_monitor_only);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
