/* store/: open, migrate, the life of a row through commands and confirmations, lists, events, backup. */
#include "config.h"

#include "store_fixture.h"

#include "lib/buf.h"
#include "lib/file.h"
#include "lib/mem.h"
#include "store/command.h"
#include "store/event.h"
#include "store/experiment.h"
#include "store/migrate.h"
#include "store/round.h"
#include "store/store.h"
#include "store/timeline.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int64_t create(const char *name, int64_t at_ms)
{
	struct experiment x = {
		.name = name, .scenario = "basic_fl", .engine = "embedded", .configuration = "{\"rounds\":20}", .network_settings = "{}", .policies = "[]",
		.policy_status = "{}", .tags = "[]", .notes = "", .clients_count = 5, .rounds_total = 20, .created_by = "tester", .created_at_ms = at_ms};

	OK(store_begin(st, &e));
	OK(experiment_create(st, &x, &e));
	OK(store_commit(st, &e));
	return x.id;
}

static int request(int64_t id, enum action a, int64_t max, bool scheduling, enum status *status, int64_t *command)
{
	struct command_request q = {.experiment_id = id, .action = a, .actor = "tester", .max_active = max, .scheduling = scheduling};
	int rc;

	OK(store_begin(st, &e));
	rc = command_request(st, &q, 5000, status, command, &e);
	if (rc == 0)
		OK(store_commit(st, &e));
	store_rollback(st);
	return rc;
}

static void confirm(int64_t id, enum status to)
{
	struct experiment x;

	OK(store_begin(st, &e));
	OK(experiment_get(st, id, &x, &e));
	OK(experiment_move(st, &x, to, NULL, NULL, 6000, &e));
	OK(store_commit(st, &e));
	experiment_clear(&x);
}

START_TEST(life)
{
	struct experiment x;
	struct command c;
	enum status status;
	int64_t id = create("a", 1000), command;

	ck_assert_int_eq(request(id, ACTION_PAUSE, 10, true, &status, &command), -1);
	ck_assert_int_eq(e.code, ERR_CONFLICT);
	ck_assert_str_eq(e.details[1].text, "start");
	ck_assert_int_eq(request(id, ACTION_START, 10, true, &status, &command), 0);
	ck_assert_int_eq(status, STATUS_STARTING);
	ck_assert_int_eq(request(id, ACTION_START, 10, true, &status, &command), -1);
	ck_assert_int_eq(e.code, ERR_CONFLICT);
	confirm(id, STATUS_RUNNING);
	ck_assert_int_eq(request(id, ACTION_PAUSE, 10, true, &status, &command), 0);
	ck_assert_int_eq(status, STATUS_PAUSING);
	OK(command_get(st, command, &c, &e));
	ck_assert_int_eq(c.status, COMMAND_PENDING);
	command_clear(&c);
	confirm(id, STATUS_PAUSED);
	OK(command_get(st, command, &c, &e));
	ck_assert_int_eq(c.status, COMMAND_DONE);
	command_clear(&c);
	ck_assert_int_eq(request(id, ACTION_ABORT, 10, true, &status, &command), 0);
	confirm(id, STATUS_ABORTED);
	OK(experiment_get(st, id, &x, &e));
	ck_assert_int_eq(x.status, STATUS_ABORTED);
	ck_assert_int_eq(x.finished_at_ms, 6000);
	ck_assert_int_eq(x.started_at_ms, 6000);
	experiment_clear(&x);
	ck_assert_int_eq(experiment_get(st, 999, &x, &e), -1);
	ck_assert_int_eq(e.code, ERR_NOTFOUND);
}
END_TEST

START_TEST(queue)
{
	enum status status;
	int64_t a = create("a", 1000), b = create("b", 1001), c = create("c", 1002), command, next, place;

	ck_assert_int_eq(request(a, ACTION_START, 1, true, &status, &command), 0);
	ck_assert_int_eq(request(b, ACTION_START, 1, false, &status, &command), -1);
	ck_assert_int_eq(e.code, ERR_CONFLICT);
	ck_assert_int_eq(request(b, ACTION_START, 1, true, &status, &command), 0);
	ck_assert_int_eq(status, STATUS_QUEUED);
	ck_assert_int_eq(command, 0);
	ck_assert_int_eq(request(c, ACTION_START, 1, true, &status, &command), 0);
	OK(experiment_queue_next(st, 9000, &next, &e));
	ck_assert_int_eq(next, b);
	OK(experiment_queue_position(st, c, &place, &e));
	ck_assert_int_eq(place, 2);
	ck_assert_int_eq(request(b, ACTION_STOP, 1, true, &status, &command), 0);
	ck_assert_int_eq(status, STATUS_STOPPED);
	OK(experiment_queue_next(st, 9000, &next, &e));
	ck_assert_int_eq(next, c);
}
END_TEST

static void collect_name(void *arg, const struct experiment *x)
{
	buf_addf(arg, "%s ", x->name);
}

START_TEST(lists)
{
	static const struct {
		struct experiment_query q;
		const char *want;
		int64_t total;
	} rows[] = {
		{{.limit = 10}, "b a 100% c_d ", 4},
		{{.limit = 10, .descending = true}, "c_d 100% a b ", 4},
		{{.limit = 2, .offset = 1}, "a 100% ", 4},
		{{.limit = 10, .offset = INT64_MAX}, "", 4},
		{{.limit = 10, .sort = SORT_NAME}, "100% a b c_d ", 4},
		{{.limit = 10, .sort = SORT_ACCURACY}, "b a 100% c_d ", 4},
		{{.limit = 10, .q = "%"}, "100% ", 1},
		{{.limit = 10, .q = "_"}, "c_d ", 1},
		{{.limit = 10, .q = "C_"}, "c_d ", 1},
		{{.limit = 10, .status = "created", .descending = true}, "c_d 100% a b ", 4},
		{{.limit = 10, .status = "created", .sort = SORT_NAME, .descending = true}, "c_d b a 100% ", 4},
		{{.limit = 2, .offset = 1, .status = "created", .sort = SORT_NAME}, "a b ", 4},
		{{.limit = 10, .status = "created", .sort = SORT_FINISHED}, "b a 100% c_d ", 4},
		{{.limit = 10, .status = "created", .sort = SORT_ROUNDS, .descending = true}, "c_d 100% a b ", 4},
		{{.limit = 10, .status = "running"}, "", 0},
		{{.limit = 10, .scenario = "basic_fl"}, "b a 100% c_d ", 4},
		{{.limit = 10, .scenario = "no"}, "", 0},
	};
	struct buf names = {0};
	int64_t total;
	size_t i;

	create("b", 1000);
	create("a", 1001);
	create("100%", 1001);
	create("c_d", 1002);
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		buf_reset(&names);
		OK(experiment_each(st, &rows[i].q, collect_name, &names, &total, &e));
		ck_assert_msg(strcmp(buf_str(&names), rows[i].want) == 0, "row %zu: %s", i, buf_str(&names));
		ck_assert_msg(total == rows[i].total, "row %zu: total %lld", i, (long long)total);
	}
	buf_clear(&names);
}
END_TEST

static int collect_event(void *arg, const struct event *ev)
{
	buf_addf(arg, "%s\n", ev->data);
	return 0;
}

START_TEST(events_and_deletion)
{
	struct buf text = {0};
	int64_t id = create("a", 1000), oldest, newest, deleted;

	OK(store_begin(st, &e));
	OK(experiment_delete(st, id, 2000, &e));
	OK(store_commit(st, &e));
	OK(event_each_after(st, 0, 10, collect_event, &text, &e));
	ck_assert_ptr_nonnull(strstr(text.data, "\"change\":\"created\""));
	ck_assert_ptr_nonnull(strstr(text.data, "\"change\":\"deleted\""));
	OK(event_bounds(st, &oldest, &newest, &e));
	ck_assert_int_eq(oldest, 1);
	ck_assert_int_eq(newest, 2);
	OK(event_prune(st, 0, 0, 100, &deleted, &e));
	ck_assert_int_eq(deleted, 2);
	OK(event_bounds(st, &oldest, &newest, &e));
	ck_assert_int_eq(oldest, 0);
	ck_assert_int_eq(newest, 2);
	ck_assert_int_eq(create("b", 1), id + 1);
	buf_clear(&text);
}
END_TEST

START_TEST(version_moves_on_any_commit)
{
	struct store *other;
	int64_t v = store_version(st);

	ck_assert_int_eq(store_version(st), v);
	create("a", 1);
	ck_assert_int_ne(store_version(st), v);
	v = store_version(st);
	OK(store_open(&other, path, STORE_USER, &e));
	OK(store_begin(other, &e));
	OK(idempotency_prune(other, 1, &e));
	OK(store_commit(other, &e));
	store_close(other);
	v = store_version(st);
	create("b", 1);
	ck_assert_int_ne(store_version(st), v);
	OK(store_checkpoint(st, &e));
	ck_assert_int_eq(store_wal_bytes(st), 0);
}
END_TEST

START_TEST(backup)
{
	char *copy = file_join(dir, "copy.db");
	struct store *other;
	int64_t total;
	struct experiment_query q = {.limit = 1};
	struct buf names = {0};

	create("a", 1);
	OK(store_backup(st, copy, &e));
	ck_assert_int_eq(store_backup(st, copy, &e), -1);
	ck_assert_int_eq(e.code, ERR_CONFLICT);
	OK(store_check(st, &e));
	store_close(st);
	st = NULL;
	unlink(path);
	ck_assert_int_eq(rename(copy, path), 0);
	free(copy);
	copy = file_join(dir, "flopynet.db-wal");
	unlink(copy);
	free(copy);
	OK(store_open(&other, path, STORE_USER, &e));
	OK(experiment_each(other, &q, collect_name, &names, &total, &e));
	ck_assert_int_eq(total, 1);
	buf_clear(&names);
	st = other;
}
END_TEST

/* Eight processes open a store that does not exist: one migrates, all get it. */
START_TEST(parallel_first_open)
{
	char *fresh = file_join(dir, "fresh.db"), *extra;
	static const char *const suffixes[] = {"", "-wal", "-shm", ".lock"};
	struct store *mine;
	int p, status;
	size_t i;

	for (p = 0; p < 8; p++)
		if (fork() == 0)
			_exit(store_open(&mine, fresh, STORE_USER, &e) == 0 && store_schema_version(mine) == migrations_n ? 0 : 1);
	for (p = 0; p < 8; p++) {
		wait(&status);
		ck_assert_int_eq(status, 0);
	}
	for (i = 0; i < ARRAY_LEN(suffixes); i++) {
		struct buf b = {0};

		buf_addf(&b, "%s%s", fresh, suffixes[i]);
		extra = buf_take(&b);
		unlink(extra);
		free(extra);
	}
	free(fresh);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("store");
	TCase *t = tcase_create("store");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(t, store_setup, store_teardown);
	tcase_add_test(t, life);
	tcase_add_test(t, queue);
	tcase_add_test(t, lists);
	tcase_add_test(t, events_and_deletion);
	tcase_add_test(t, version_moves_on_any_commit);
	tcase_add_test(t, backup);
	tcase_add_test(t, parallel_first_open);
	suite_add_tcase(suite, t);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
