/*
 * engine: whole runs, in a process of their own and a run directory as the monitor makes it, over a small synthetic data set.  What the engine says is read from
 * events.jsonl while it runs.
 */
#include "config.h"

#include "engine_fixture.h"
#include "engine_process.h"

#include "lib/clock.h"
#include "lib/file.h"
#include "lib/json_in.h"
#include "lib/mem.h"

#include <check.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *const models[] = {"softmax", "mlp", "cnn"};

/* Accuracy, loss and bytes (with what was sent again) of all rounds, without times. */
static void results(struct run *r, struct buf *out)
{
	const char *p = run_text(r), *nl;
	struct json_object *o;
	struct err e;
	const char *type;
	double accuracy, loss;
	int64_t round, bytes;

	for (; (nl = strchr(p, '\n')) != NULL; p = nl + 1) {
		ck_assert_int_eq(json_in_parse_object(p, (size_t)(nl - p), &o, &e), 0);
		ck_assert(json_get_string(o, "type", &type));
		if (strcmp(type, "round_completed") == 0 && json_get_i64(o, "round", &round) && json_get_double(o, "accuracy", &accuracy) &&
		    json_get_double(o, "loss", &loss) && json_get_i64(o, "bytes", &bytes))
			buf_addf(out, "%d %.17g %.17g %d\n", (int)round, accuracy, loss, (int)bytes);
		json_object_put(o);
	}
}

static void read_model(const struct run *r, struct buf *out)
{
	char *path = file_join(r->dir, "model.bin");
	struct err e;

	ck_assert_int_eq(file_read(path, 1 << 20, out, &e), 0);
	free(path);
}

/* It learns, and the same seed gives the same numbers and the same bytes with one thread and with two. */
START_TEST(learns_and_repeats)
{
	struct buf configuration = {0}, first = {0}, second = {0}, model = {0}, other = {0};
	struct run r;
	double accuracy = 0;
	const char *last;

	buf_addf(&configuration, "{\"model\":\"%s\",\"rounds\":3,\"local_epochs\":4,\"batch_size\":10,\"clients\":4,\"partition\":\"dirichlet\",\"alpha\":1}",
	         models[_i]);
	run_make(&r, configuration.data, "{\"packet_loss\":0.3}", 1);
	run_start(&r);
	run_end(&r, 0, "completed");
	ck_assert_int_eq(run_count(run_text(&r), "\"round_completed\""), 3);
	ck_assert_int_eq(run_count(run_text(&r), "\"status\":\"idle\""), 4);
	results(&r, &first);
	read_model(&r, &model);
	run_clear(&r);
	last = strstr(buf_str(&first), "\n3 ");
	ck_assert_ptr_nonnull(last);
	ck_assert_int_eq(sscanf(last + 3, "%lf", &accuracy), 1);
	ck_assert_msg(accuracy > 0.8, "%s", first.data);

	run_make(&r, configuration.data, "{\"packet_loss\":0.3}", 2);
	run_start(&r);
	run_end(&r, 0, "completed");
	results(&r, &second);
	read_model(&r, &other);
	run_clear(&r);
	ck_assert_str_eq(buf_str(&first), buf_str(&second));
	ck_assert_uint_eq(model.len, other.len);
	ck_assert_mem_eq(model.data, other.data, model.len);
	buf_clear(&configuration);
	buf_clear(&first);
	buf_clear(&second);
	buf_clear(&model);
	buf_clear(&other);
}
END_TEST

#define LONG_RUN "{\"rounds\":100,\"local_epochs\":5,\"train_samples\":600}"
#define SLOW_NETWORK "{\"latency_ms\":20}"  /* 80 ms a round */
#define STILL_NETWORK "{\"latency_ms\":600000}" /* a round takes forty minutes */

START_TEST(pause_resume_stop)
{
	struct run r;
	size_t len;

	run_make(&r, LONG_RUN, SLOW_NETWORK, 2);
	run_start(&r);
	run_await(&r, "\"round_completed\"", 2);
	run_tell(&r, "pause");
	run_await(&r, "\"state\":\"paused\"", 1);
	len = strlen(run_text(&r));
	usleep(300000);
	ck_assert_uint_eq(strlen(run_text(&r)), len); /* nothing moves */
	run_tell(&r, "pause");
	run_await(&r, "\"state\":\"paused\"", 2); /* told again, said again */
	run_tell(&r, "resume");
	run_await(&r, "\"state\":\"running\"", 2);
	len = (size_t)run_count(run_text(&r), "\"round_completed\"");
	run_await(&r, "\"round_completed\"", (int)len + 1);
	run_tell(&r, "dance");
	run_tell(&r, "stop");
	run_end(&r, 0, "stopped");
	ck_assert_int_eq(run_count(run_text(&r), "\"round_completed\""), run_count(run_text(&r), "\"round_started\""));
	ck_assert_int_eq(run_count(run_text(&r), "\"type\":\"artifact\""), 1);
	ck_assert_ptr_nonnull(strstr(run_text(&r), "unknown action"));
	ck_assert(run_has_model(&r));
	run_clear(&r);
}
END_TEST

START_TEST(stop_while_paused)
{
	struct run r;

	run_make(&r, LONG_RUN, STILL_NETWORK, 1);
	run_start(&r);
	run_await(&r, "\"round_started\"", 1);
	run_tell(&r, "pause");
	run_await(&r, "\"state\":\"paused\"", 1);
	run_tell(&r, "stop");
	run_end(&r, 0, "stopped");
	ck_assert_int_eq(run_count(run_text(&r), "\"round_completed\""), 0);
	ck_assert_ptr_nonnull(strstr(run_text(&r), "Round 1 was not finished"));
	ck_assert(run_has_model(&r));
	run_clear(&r);
}
END_TEST

/* Abort ends a run within its transfers, within its training, and while paused; SIGTERM is an abort. */
START_TEST(abort_anywhere)
{
	static const struct {
		const char *configuration, *network, *until;
		bool pause, term;
	} cases[] = {
		{LONG_RUN, STILL_NETWORK, "\"round_started\"", false, false},
		{LONG_RUN, STILL_NETWORK, "\"round_started\"", true, false},
		{LONG_RUN, STILL_NETWORK, "\"round_started\"", false, true},
		{"{\"model\":\"cnn\",\"local_epochs\":100}", "null", "\"status\":\"training\"", false, false},
		{"{\"model\":\"cnn\",\"local_epochs\":100}", "null", "\"status\":\"training\"", true, true},
	};
	struct run r;

	run_make(&r, cases[_i].configuration, cases[_i].network, 2);
	run_start(&r);
	run_await(&r, cases[_i].until, 1);
	if (cases[_i].pause) {
		run_tell(&r, "pause");
		run_await(&r, "\"state\":\"paused\"", 1);
	}
	if (cases[_i].term)
		ck_assert_int_eq(kill(r.pid, SIGTERM), 0);
	else
		run_tell(&r, "abort");
	run_end(&r, 0, "aborted");
	ck_assert_int_eq(run_count(run_text(&r), "\"round_completed\""), 0);
	ck_assert(!run_has_model(&r));
	run_clear(&r);
}
END_TEST

/* Commands that were written before it started are obeyed once it has. */
START_TEST(commands_wait_in_the_fifo)
{
	struct run r;

	run_make(&r, LONG_RUN, SLOW_NETWORK, 1);
	run_tell(&r, "stop");
	run_start(&r);
	run_end(&r, 0, "stopped");
	ck_assert(run_has_model(&r));
	run_clear(&r);
}
END_TEST

/* Every transfer is lost: the rounds end, without anybody, and the model stays as it is. */
START_TEST(all_lost)
{
	struct run r;

	run_make(&r, "{\"rounds\":2}", "{\"packet_loss\":1}", 1);
	run_start(&r);
	run_end(&r, 0, "completed");
	ck_assert_int_eq(run_count(run_text(&r), "\"clients\":0,\"bytes\":1527000,\"failed_clients\":3"), 2); /* 3 x 5 tries x 101,800 */
	ck_assert_int_eq(run_count(run_text(&r), "\"status\":\"lost\""), 6);
	ck_assert_int_eq(run_count(run_text(&r), "\"status\":\"training\""), 0);
	run_clear(&r);
}
END_TEST

/* The clients' transfers overlap, and a round takes as long as they do: 4 x 25 ms. */
START_TEST(time_is_waited)
{
	struct run r;
	int64_t start, took;

	run_make(&r, "{\"rounds\":3,\"clients\":20,\"clients_per_round\":20}", "{\"latency_ms\":25}", 2);
	start = clock_mono_ms();
	run_start(&r);
	run_end(&r, 0, "completed");
	took = clock_mono_ms() - start;
	ck_assert_int_ge(took, 300);
	ck_assert_int_lt(took, 3 * 20 * 100); /* one after the other would be 6 s */
	ck_assert_int_eq(run_count(run_text(&r), "\"transfer_ms\":100,"), 60);
	run_clear(&r);
}
END_TEST

START_TEST(diverges_in_words)
{
	struct run r;

	run_make(&r, "{\"rounds\":3,\"learning_rate\":10,\"local_epochs\":20,\"batch_size\":1,\"model\":\"mlp\"}", "null", 2);
	run_start(&r);
	run_end(&r, 0, "completed");
	ck_assert_ptr_null(strstr(run_text(&r), "nan"));
	run_clear(&r);
}
END_TEST

/* ---- what cannot run ---- */

START_TEST(failures)
{
	static const struct {
		const char *configuration, *why;
	} cases[] = {
		{"{\"rounds\":1000}", "rounds must be an integer between 1 and 100"},
		{"{\"dataset\":\"fashion_mnist\",\"clients\":200,\"clients_per_round\":3,\"train_samples\":100}", "clients must not be greater"},
	};
	struct run r;
	struct buf want = {0};

	run_make(&r, cases[_i].configuration, "null", 1);
	run_start(&r);
	run_end(&r, 1, "failed");
	buf_addf(&want, "\"type\":\"error\",\"message\":\"spec.json: %s", cases[_i].why);
	ck_assert_msg(strstr(run_text(&r), want.data) != NULL, "%s", run_text(&r));
	buf_clear(&want);
	run_clear(&r);
}
END_TEST

START_TEST(failures_of_files)
{
	struct run r;
	char *path;

	/* no control */
	run_make(&r, "{}", "null", 1);
	path = file_join(r.dir, "control");
	unlink(path);
	run_start(&r);
	run_end(&r, 1, "failed");
	ck_assert_ptr_nonnull(strstr(run_text(&r), "cannot open the FIFO"));
	free(path);
	run_clear(&r);

	/* no data */
	run_make(&r, "{}", "null", 1);
	path = file_join(r.dir, "data/mnist/train-images-idx3-ubyte");
	unlink(path);
	run_start(&r);
	if (access("/usr/share/datasets/mnist", F_OK) == -1) {
		run_end(&r, 1, "failed");
		ck_assert_ptr_nonnull(strstr(run_text(&r), "npm ci"));
	} else {
		kill(r.pid, SIGKILL);
		waitpid(r.pid, NULL, 0);
	}
	free(path);
	run_clear(&r);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("engine run");
	TCase *t = tcase_create("run");
	SRunner *runner;
	int failed;

	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, learns_and_repeats, 0, (int)ARRAY_LEN(models));
	tcase_add_test(t, pause_resume_stop);
	tcase_add_test(t, stop_while_paused);
	tcase_add_loop_test(t, abort_anywhere, 0, 5);
	tcase_add_test(t, commands_wait_in_the_fifo);
	tcase_add_test(t, all_lost);
	tcase_add_test(t, time_is_waited);
	tcase_add_test(t, diverges_in_words);
	tcase_add_loop_test(t, failures, 0, 2);
	tcase_add_test(t, failures_of_files);
	suite_add_tcase(suite, t);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
