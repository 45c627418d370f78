/* What is in the directory of a run: who it belongs to, the engine's log, the lines of its events. */
#include "config.h"

#include "monitor_fixture.h"

#include "lib/buf.h"
#include "lib/file.h"
#include "lib/mem.h"
#include "monitor/process.h"
#include "monitor/run_dir.h"
#include "monitor/tail.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A child that has not become the engine yet holds the lock of engine.pid. */
START_TEST(run_dir_states)
{
	struct experiment x = {.id = 1, .name = "n", .scenario = "s", .configuration = "{}", .network_settings = "{}", .policies = "[]", .created_at_ms = 77}, y = x;
	char *path = file_join(dir, "run"), note[RUN_DIR_NOTE_MAX], other[RUN_DIR_NOTE_MAX], text[200];
	struct buf spec = {0};
	struct process p;
	int64_t ticks;
	int fd;

	y.created_at_ms = 78;
	run_dir_note(&x, note);
	run_dir_note(&y, other);
	run_dir_spec(&x, NULL, 2, &spec);
	ck_assert_str_eq(buf_str(&spec), "{\"protocol\":1,\"experiment\":\"exp_001\",\"name\":\"n\",\"scenario\":\"s\",\"configuration\":{},\"network\":"
					 "{\"bandwidth_bits_per_s\":null,\"latency_ms\":null,\"packet_loss\":null},\"policies\":[],\"services\":{\"collector\":{\"url\":\"http://localhost:8083\"},"
					 "\"policy_engine\":{\"url\":\"http://localhost:5000\"},\"fl_server\":{\"url\":\"http://localhost:8081\"}},\"resources\":{\"threads\":2}}\n");
	ck_assert_int_eq(run_dir_look(path, note, &p), RUN_DIR_EMPTY);
	OK(run_dir_make(path, &spec, true, 1, &fd, &e));
	ck_assert_int_eq(run_dir_look(path, note, &p), RUN_DIR_BUSY);
	ck_assert(process_start_ticks(getpid(), &ticks));
	snprintf(text, sizeof(text), "%d %lld %s\n", (int)getpid(), (long long)ticks, note);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	ck_assert_int_eq(run_dir_look(path, note, &p), RUN_DIR_STARTED);
	ck_assert_int_eq(p.pid, getpid());
	ck_assert_int_eq(run_dir_look(path, other, &p), RUN_DIR_FOREIGN);
	/* Made again: what holds nothing goes, what holds events is kept beside it. */
	OK(run_dir_make(path, &spec, true, 1, &fd, &e));
	close(fd);
	ck_assert_int_eq(run_dir_look(path, note, &p), RUN_DIR_EMPTY);
	write_file("run/events.jsonl", "{}\n", 0600);
	OK(run_dir_make(path, &spec, false, 5, &fd, &e));
	close(fd);
	snprintf(text, sizeof(text), "%s/run.before-5/events.jsonl", dir);
	ck_assert_int_eq(access(text, F_OK), 0);
	buf_clear(&spec);
	free(path);
}
END_TEST

START_TEST(run_dir_log)
{
	char *path = file_join(dir, "stderr.log"), line[100];
	FILE *f = fopen(path, "a"), *again;
	struct stat sb;
	struct buf words = {0};
	int i;

	ck_assert_ptr_nonnull(f);
	for (i = 0; ftell(f) <= RUN_DIR_LOG_MAX; i++)
		fprintf(f, "line %d %090d\n", i, 0);
	fflush(f);
	run_dir_bound_log(dir);
	fputs("and on\n", f);
	fclose(f);
	ck_assert_int_eq(stat(path, &sb), 0);
	ck_assert_int_le(sb.st_size, RUN_DIR_LOG_KEPT + 100);
	ck_assert_int_ge(sb.st_size, RUN_DIR_LOG_KEPT - 100);
	again = fopen(path, "r");
	ck_assert_ptr_nonnull(fgets(line, sizeof(line), again));
	ck_assert_ptr_nonnull(strstr(line, "earlier lines were dropped"));
	ck_assert_ptr_nonnull(fgets(line, sizeof(line), again));
	ck_assert_int_eq(strncmp(line, "line ", 5), 0); /* a whole one */
	fclose(again);
	run_dir_last_words(dir, &words);
	ck_assert_ptr_nonnull(strstr(buf_str(&words), "\nand on"));
	run_dir_bound_log(dir); /* nothing more to do */
	ck_assert_int_eq(stat(path, &sb), 0);
	ck_assert_int_ge(sb.st_size, RUN_DIR_LOG_KEPT - 100);
	buf_clear(&words);
	free(path);
}
END_TEST

START_TEST(tail_of_long_lines)
{
	struct tail t;
	struct tail_batch *b = mem_alloc(sizeof(*b));
	struct buf text = {0};
	int64_t offset = 0, n = 0, bad = 0;
	size_t i;

	for (i = 0; i < 700000; i++)
		buf_addc(&text, 'x');
	buf_adds(&text, "\n{\"seq\":1,\"type\":\"heartbeat\"}\n\n{\"seq\":2,\"type\":\"heartbeat\"}\n{\"seq\":3,");
	write_file("events.jsonl", buf_str(&text), 0600);
	tail_init(&t);
	for (i = 0; i < 20 && tail_read(&t, dir, offset, false, b); i++) {
		offset = b->offset;
		n += (int64_t)b->n;
		bad += b->bad;
		tail_done(&t, b);
		tail_batch_clear(b);
	}
	tail_batch_clear(b);
	ck_assert_int_eq(n, 2);
	ck_assert_int_eq(bad, 2); /* the long one, and the empty one */
	ck_assert_int_eq(offset, (int64_t)text.len - 9);
	tail_close(&t);
	buf_clear(&text);
	free(b);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("run_dir");
	TCase *t = tcase_create("run_dir");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, run_dir_states);
	tcase_add_test(t, run_dir_log);
	tcase_add_test(t, tail_of_long_lines);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
