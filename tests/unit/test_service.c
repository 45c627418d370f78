/* store/: services, their changes of state, samples and their levels. */
#include "config.h"

#include "store_fixture.h"

#include "lib/buf.h"
#include "lib/file.h"
#include "lib/mem.h"
#include "store/sample.h"
#include "store/service.h"
#include "store/store.h"

#include <check.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define MINUTE INT64_C(60000)
#define HOUR INT64_C(3600000)
#define T0 (INT64_C(1705312800000) / HOUR * HOUR)

static int64_t put(const char *name, const char *role, int64_t position)
{
	struct service s = {.name = name, .kind = "http", .role = role, .position = position, .state = "healthy", .since_ms = T0, .target = "http http://x/", .response_time_ms = 1.5,
			    .version = "1.0", .issues = "[]", .successes = 3, .interval_ms = 5000, .last_check_ms = T0, .next_check_ms = T0 + 5000, .observed_at_ms = T0,
			    .data = "{\"cpu_usage\":1}", .data_at_ms = T0};

	OK(store_begin(st, &e));
	OK(service_put(st, &s, &e));
	OK(store_commit(st, &e));
	return s.id;
}

static void collect(void *arg, const struct service *s)
{
	buf_addf(arg, "%s ", s->name);
}

START_TEST(rows)
{
	int64_t a = put("redis", "dependency", 5), b = put("collector", "service", 1);
	struct service s;
	struct buf names = {0};

	OK(service_each(st, collect, &names, &e));
	ck_assert_str_eq(buf_str(&names), "collector redis ");
	ck_assert_int_eq(put("redis", "dependency", 5), a);
	OK(service_get(st, "redis", &s, &e));
	ck_assert_int_eq(s.id, a);
	ck_assert_str_eq(s.version, "1.0");
	ck_assert_int_eq(s.successes, 3);
	ck_assert(s.response_time_ms > 1.4 && s.response_time_ms < 1.6);
	service_clear(&s);

	OK(store_begin(st, &e));
	OK(service_remove(st, "collector", T0 + 1, &e));
	OK(store_commit(st, &e));
	ck_assert_int_eq(service_get(st, "collector", &s, &e), -1);
	ck_assert_int_eq(e.code, ERR_NOTFOUND);
	ck_assert_int_eq(put("collector", "service", 1), b);
	OK(service_get(st, "collector", &s, &e));
	service_clear(&s);
	buf_clear(&names);
}
END_TEST

static void collect_change(void *arg, const struct service_change *c)
{
	buf_addf(arg, "%s>%s@%" PRId64 "-%" PRId64 " ", c->previous, c->state, c->at_ms - T0, c->until_ms ? c->until_ms - T0 : 0);
}

START_TEST(changes)
{
	static const char *const states[] = {"unknown", "healthy", "unhealthy", "healthy"};
	struct service_change_query q = {.from_ms = 0, .to_ms = INT64_MAX, .descending = true, .limit = 10};
	struct buf out = {0};
	int64_t id = put("redis", "dependency", 5), total, deleted;
	int i;

	for (i = 1; i < 4; i++) {
		struct service_change c = {.at_ms = T0 + i * 1000, .state = states[i], .previous = states[i - 1], .issues = "[]", .response_time_ms = NAN};

		OK(store_begin(st, &e));
		OK(service_change_add(st, id, &c, &e));
		OK(store_commit(st, &e));
	}
	OK(service_change_each(st, id, &q, collect_change, &out, &total, &e));
	ck_assert_str_eq(buf_str(&out), "unhealthy>healthy@3000-0 healthy>unhealthy@2000-3000 unknown>healthy@1000-2000 ");
	ck_assert_int_eq(total, 3);
	buf_reset(&out);
	q.descending = false;
	q.from_ms = T0 + 2000;
	q.to_ms = T0 + 3000;
	OK(service_change_each(st, id, &q, collect_change, &out, &total, &e));
	ck_assert_str_eq(buf_str(&out), "healthy>unhealthy@2000-3000 ");
	ck_assert_int_eq(total, 1);
	/* The newest change is the state's beginning: it is never pruned. */
	OK(store_begin(st, &e));
	OK(service_change_prune(st, T0 + HOUR, 100, &deleted, &e));
	OK(store_commit(st, &e));
	ck_assert_int_eq(deleted, 2);
	buf_clear(&out);
}
END_TEST

static void collect_point(void *arg, const struct sample_point *p)
{
	buf_addf(arg, "%" PRId64 ":%g/%g/%g/%" PRId64 " ", (p->at_ms - T0) / 1000, p->value, p->min, p->max, p->n);
}

static const char *series(int64_t id, const char *metric, int64_t from, int64_t to, int64_t step)
{
	struct sample_query q = {.service_id = id, .metric = metric, .from_ms = T0 + from, .to_ms = T0 + to, .step_ms = step};
	static struct buf out;

	buf_reset(&out);
	OK(sample_each(st, &q, collect_point, &out, &e));
	return buf_str(&out);
}

/* Two hours at 30 s: value = minute number, a second metric only in the first minute. */
static void fill(int64_t id)
{
	char data[64];
	int i;

	OK(store_begin_relaxed(st, &e));
	for (i = 0; i < 240; i++) {
		snprintf(data, sizeof(data), i < 2 ? "{\"cpu_usage\":%d,\"queue_size\":7}" : "{\"cpu_usage\":%d}", i / 2);
		OK(sample_add(st, id, T0 + i * 30000, data, &e));
	}
	OK(store_commit(st, &e));
}

static void rollup(int64_t id, enum sample_level level, int64_t until)
{
	struct sample_extent x;

	OK(store_begin(st, &e));
	OK(sample_rollup(st, level, id, T0, T0 + until, &e));
	OK(sample_level_get(st, level, &x, &e));
	x.done_until_ms = T0 + until;
	OK(sample_level_set(st, level, &x, &e));
	OK(store_commit(st, &e));
}

START_TEST(levels_agree)
{
	int64_t id = put("fl_server", "service", 1);
	char raw[200], hours[200];

	fill(id);
	ck_assert_str_eq(series(id, "cpu_usage", 0, 2 * MINUTE, 1000), "0:0/0/0/1 30:0/0/0/1 60:1/1/1/1 90:1/1/1/1 ");
	ck_assert_str_eq(series(id, "queue_size", 0, 2 * HOUR, MINUTE), "0:7/7/7/2 ");
	ck_assert_str_eq(series(id, "no_such", 0, 2 * HOUR, MINUTE), "");
	snprintf(raw, sizeof(raw), "%s", series(id, "cpu_usage", 0, 2 * HOUR, HOUR));
	ck_assert_str_eq(raw, "0:29.5/0/59/120 3600:89.5/60/119/120 ");
	/* The same from minutes and samples, from hours, minutes and samples; and again when a step is repeated. */
	rollup(id, SAMPLE_MINUTE, 100 * MINUTE);
	ck_assert_str_eq(series(id, "cpu_usage", 0, 2 * HOUR, HOUR), raw);
	rollup(id, SAMPLE_HOUR, HOUR);
	ck_assert_str_eq(series(id, "cpu_usage", 0, 2 * HOUR, HOUR), raw);
	rollup(id, SAMPLE_MINUTE, 100 * MINUTE);
	rollup(id, SAMPLE_HOUR, HOUR);
	snprintf(hours, sizeof(hours), "%s", series(id, "cpu_usage", 0, 2 * HOUR, HOUR));
	ck_assert_str_eq(hours, raw);
}
END_TEST

START_TEST(minutes_stand_in_for_pruned_samples)
{
	int64_t id = put("fl_server", "service", 1), deleted, oldest;
	struct sample_extent x = {.kept_from_ms = T0 + HOUR};

	fill(id);
	rollup(id, SAMPLE_MINUTE, 2 * HOUR);
	OK(store_begin(st, &e));
	OK(sample_level_set(st, SAMPLE_RAW, &x, &e));
	OK(sample_prune(st, SAMPLE_RAW, id, T0 + HOUR, 100, &deleted, &e));
	ck_assert_int_eq(deleted, 100);
	OK(sample_prune(st, SAMPLE_RAW, id, T0 + HOUR, 100, &deleted, &e));
	ck_assert_int_eq(deleted, 20);
	OK(store_commit(st, &e));
	OK(sample_oldest(st, SAMPLE_RAW, id, &oldest, &e));
	ck_assert_int_eq(oldest, T0 + HOUR);
	ck_assert_str_eq(series(id, "cpu_usage", 58 * MINUTE, 61 * MINUTE, 10000), "3480:58/58/58/2 3540:59/59/59/2 3600:60/60/60/1 3630:60/60/60/1 ");
}
END_TEST

/* A service that says absurd numbers must not break the sums of a minute. */
START_TEST(huge_numbers)
{
	int64_t id = put("fl_server", "service", 1);

	OK(store_begin_relaxed(st, &e));
	OK(sample_add(st, id, T0, "{\"x\":9223372036854775807,\"y\":1e300}", &e));
	OK(sample_add(st, id, T0 + 1, "{\"x\":9223372036854775807,\"y\":1e308}", &e));
	OK(store_commit(st, &e));
	rollup(id, SAMPLE_MINUTE, MINUTE);
	ck_assert_str_eq(series(id, "x", 0, MINUTE, MINUTE), "0:9.22337e+18/9.22337e+18/9.22337e+18/2 ");
}
END_TEST

/* While another process writes, samples are told so at once; afterwards commits are synced again. */
START_TEST(relaxed_does_not_wait)
{
	int ready[2], go[2];
	char c;
	pid_t pid;

	ck_assert_int_eq(pipe(ready), 0);
	ck_assert_int_eq(pipe(go), 0);
	store_close(st); /* a handle never crosses a fork */
	pid = fork();
	if (pid == 0) {
		struct store *other;

		if (store_open(&other, path, STORE_USER, &e) == -1 || store_begin(other, &e) == -1)
			_exit(1);
		if (write(ready[1], "x", 1) != 1 || read(go[0], &c, 1) != 1)
			_exit(1);
		_exit(0);
	}
	ck_assert_int_eq(read(ready[0], &c, 1), 1);
	OK(store_open(&st, path, STORE_CHECKPOINTER, &e));
	ck_assert_int_eq(store_begin_relaxed(st, &e), -1);
	ck_assert_int_eq(e.code, ERR_BUSY);
	ck_assert_int_eq(write(go[1], "x", 1), 1);
	waitpid(pid, NULL, 0);
	OK(store_begin_relaxed(st, &e));
	OK(store_commit(st, &e));
	OK(store_begin(st, &e));
	store_rollback(st);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("service");
	TCase *t = tcase_create("service");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(t, store_setup, store_teardown);
	tcase_add_test(t, rows);
	tcase_add_test(t, changes);
	tcase_add_test(t, levels_agree);
	tcase_add_test(t, minutes_stand_in_for_pruned_samples);
	tcase_add_test(t, huge_numbers);
	tcase_add_test(t, relaxed_does_not_wait);
	suite_add_tcase(suite, t);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
