/* monitor/alerts on a real store with made-up services and times: no network, no sleeping.  And the words of notifications. */
#include "config.h"

#include "lib/clock.h"
#include "lib/file.h"
#include "lib/json_in.h"
#include "lib/mem.h"
#include "monitor/alerts.h"
#include "monitor/notice.h"
#include "monitor/notify.h"
#include "store/alert.h"
#include "store/rule.h"
#include "store/service.h"
#include "store/store.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define START_MS INT64_C(1700000000000)

static char dir[32];
static char *path;
static struct monitor m;
static struct err e;

#define OK(call) ck_assert_msg((call) == 0, "%s: %s", #call, e.msg)

static void open_monitor(void)
{
	int64_t now = m.now_ms, mono = m.mono_ms;

	memset(&m, 0, sizeof(m));
	OK(store_open(&m.store, path, STORE_CHECKPOINTER, &e));
	store_set_patience(m.store, 50);
	settings_read(NULL, &m.settings);
	m.now_ms = now;
	m.mono_ms = mono;
	OK(part_alerts.open(&m, &e));
}

static void close_monitor(void)
{
	part_alerts.close(&m);
	store_close(m.store);
}

static void setup(void)
{
	snprintf(dir, sizeof(dir), "/tmp/flopynet-test.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	path = file_join(dir, "flopynet.db");
	m.now_ms = START_MS;
	m.mono_ms = 1000;
	open_monitor();
}

static void teardown(void)
{
	static const char *const names[] = {"flopynet.db", "flopynet.db-wal", "flopynet.db-shm", "flopynet.db.lock"};
	size_t i;

	close_monitor();
	for (i = 0; i < ARRAY_LEN(names); i++) {
		char *name = file_join(dir, names[i]);

		unlink(name);
		free(name);
	}
	ck_assert_int_eq(rmdir(dir), 0);
	free(path);
}

/* The service as a probe has just found it. */
static void put_service(const char *name, const char *state, const char *issues, const char *data)
{
	struct service s = {.name = name, .kind = "http", .role = "service", .state = state, .since_ms = m.now_ms, .found = true, .target = "http://h", .response_time_ms = 5,
			    .issues = issues, .interval_ms = 5000, .last_check_ms = m.now_ms, .observed_at_ms = m.now_ms, .data = data, .data_at_ms = m.now_ms};

	OK(store_begin(m.store, &e));
	OK(service_put(m.store, &s, &e));
	OK(store_commit(m.store, &e));
}

static void turns(int64_t seconds)
{
	int64_t i;

	for (i = 0; i < seconds; i++) {
		m.now_ms += 1000;
		m.mono_ms += 1000;
		m.version = store_version(m.store);
		part_alerts.turn(&m);
	}
}

struct seen {
	int n, open;
	struct alert last;
	char title[200], description[400], status[20], resolution[200];
};

static void see(void *arg, const struct alert *a)
{
	struct seen *s = arg;

	s->n++;
	s->open += strcmp(a->status, "resolved") != 0;
	s->last = *a;
	snprintf(s->title, sizeof(s->title), "%s", a->title);
	snprintf(s->description, sizeof(s->description), "%s", a->description);
	snprintf(s->status, sizeof(s->status), "%s", a->status);
	snprintf(s->resolution, sizeof(s->resolution), "%s", a->resolution ? a->resolution : "");
}

static struct seen look(void)
{
	struct alert_query q = {.severity = -1, .open = -1, .to_ms = INT64_MAX, .sort = ALERT_SORT_ID, .limit = 10000};
	struct seen s = {.n = 0};
	int64_t total;

	OK(alert_each(m.store, &q, m.now_ms, see, &s, &total, &e));
	return s;
}

START_TEST(an_outage)
{
	struct seen s;

	put_service("collector", "healthy", "[]", "{}");
	turns(3);
	ck_assert_int_eq(look().n, 0);
	put_service("collector", "unhealthy", "[\"Connection refused\"]", "{}");
	turns(2);
	s = look();
	ck_assert_int_eq(s.n, 1);
	ck_assert_str_eq(s.title, "Collector is unhealthy");
	ck_assert_str_eq(s.description, "Collector is unhealthy: Connection refused");
	ck_assert_int_eq(s.last.severity, SEVERITY_CRITICAL);
	put_service("collector", "healthy", "[]", "{}");
	turns(5);
	ck_assert_int_eq(look().open, 1);
	put_service("collector", "healthy", "[]", "{}");
	turns(8);
	s = look();
	ck_assert_int_eq(s.open, 0);
	ck_assert_str_eq(s.resolution, "Collector is not unhealthy any more");
}
END_TEST

/* The reference's own example, and a rise. */
START_TEST(memory)
{
	struct seen s;
	int i;

	for (i = 0; i < 7; i++) {
		put_service("fl_server", "healthy", "[]", "{\"memory_percent\":85.2}");
		turns(5);
	}
	s = look();
	ck_assert_int_eq(s.n, 1);
	ck_assert_str_eq(s.title, "High Memory Usage");
	ck_assert_str_eq(s.description, "FL Server memory usage exceeded 80% threshold");
	ck_assert_double_eq(s.last.current_value, 85.2);
	ck_assert_double_eq(s.last.threshold, 80);
	ck_assert_int_eq(s.last.severity, SEVERITY_WARNING);
	OK(store_begin(m.store, &e));
	OK(alert_acknowledge(m.store, s.last.id, "alice", "known", m.now_ms, &e));
	OK(store_commit(m.store, &e));
	for (i = 0; i < 8; i++) {
		put_service("fl_server", "healthy", "[]", "{\"memory_percent\":90.5}");
		turns(5);
	}
	s = look();
	ck_assert_str_eq(s.status, "acknowledged");
	ck_assert_double_eq(s.last.current_value, 90.5);
	for (i = 0; i < 8; i++) {
		put_service("fl_server", "healthy", "[]", "{\"memory_percent\":97}");
		turns(5);
	}
	s = look();
	ck_assert_int_eq(s.n, 1);
	ck_assert_str_eq(s.status, "active");
	ck_assert_int_eq(s.last.severity, SEVERITY_CRITICAL);
	ck_assert_double_eq(s.last.threshold, 95);
}
END_TEST

/* A service that nobody has asked lately is neither well nor ill. */
START_TEST(stale)
{
	put_service("redis", "unhealthy", "[]", "{}");
	m.now_ms += 60000;
	turns(5);
	ck_assert_int_eq(look().n, 0);
	put_service("redis", "unhealthy", "[]", "{}");
	turns(2);
	ck_assert_int_eq(look().open, 1);
	turns(300);
	ck_assert_int_eq(look().open, 1);
}
END_TEST

/* A monitor that is gone and comes back, at each moment. */
START_TEST(restarts)
{
	int64_t id;
	int i;

	put_service("redis", "unhealthy", "[]", "{}");
	turns(2);
	id = look().last.id;
	for (i = 0; i < 5; i++) {
		close_monitor();
		open_monitor();
		put_service("redis", "unhealthy", "[]", "{}");
		turns(3);
		ck_assert_int_eq(look().n, 1);
		ck_assert_int_eq(look().last.id, id);
	}
	/* It went well, and ill again, while nobody looked. */
	close_monitor();
	open_monitor();
	put_service("sdn", "unhealthy", "[]", "{}");
	put_service("redis", "healthy", "[]", "{}");
	turns(12);
	ck_assert_int_eq(look().n, 2);
	ck_assert_int_eq(look().open, 1);
}
END_TEST

/* While somebody else holds the store's lock, nothing is raised and nothing is forgotten. */
START_TEST(locked_store)
{
	struct store *other;

	put_service("redis", "unhealthy", "[]", "{}");
	OK(store_open(&other, path, STORE_USER, &e));
	OK(store_begin(other, &e));
	turns(3);
	ck_assert_int_eq(look().n, 0);
	store_rollback(other);
	turns(1);
	ck_assert_int_eq(look().n, 1);
	/* And the way out. */
	put_service("redis", "healthy", "[]", "{}");
	turns(9);
	OK(store_begin(other, &e));
	turns(5);
	ck_assert_int_eq(look().open, 1);
	store_rollback(other);
	put_service("redis", "healthy", "[]", "{}");
	turns(2);
	ck_assert_int_eq(look().open, 0);
	ck_assert_int_eq(look().n, 1);
	store_close(other);
}
END_TEST

START_TEST(resolved_by_hand)
{
	put_service("redis", "unhealthy", "[]", "{}");
	turns(2);
	OK(store_begin(m.store, &e));
	OK(alert_resolve(m.store, look().last.id, "alice", "fine", m.now_ms, &e));
	OK(store_commit(m.store, &e));
	put_service("redis", "unhealthy", "[]", "{}");
	turns(1);
	ck_assert_int_eq(look().n, 2);
	ck_assert_int_eq(look().open, 1);
}
END_TEST

START_TEST(gone)
{
	struct rule r;
	struct seen s;

	put_service("gpu", "unhealthy", "[]", "{}");
	turns(2);
	OK(store_begin(m.store, &e));
	OK(service_remove(m.store, "gpu", m.now_ms, &e));
	OK(store_commit(m.store, &e));
	turns(1);
	s = look();
	ck_assert_int_eq(s.open, 0);
	ck_assert_str_eq(s.resolution, "The service was removed from the configuration");
	put_service("redis", "unhealthy", "[]", "{}");
	turns(1);
	OK(rule_get(m.store, 1, &r, &e));
	r.enabled = false;
	OK(store_begin(m.store, &e));
	OK(rule_replace(m.store, &r, &e));
	OK(store_commit(m.store, &e));
	rule_clear(&r);
	turns(1);
	s = look();
	ck_assert_int_eq(s.open, 0);
	ck_assert_str_eq(s.resolution, "The rule was switched off");
}
END_TEST

/* A thousand services that fail together: a thousand alerts once, and turns that stay short. */
START_TEST(many)
{
	int64_t begun, spent;
	char name[32];
	int i;

	OK(store_begin(m.store, &e));
	for (i = 0; i < 1000; i++) {
		struct service s = {.name = name, .kind = "http", .role = "service", .position = i, .state = "unhealthy", .since_ms = m.now_ms, .target = "t", .issues = "[]",
				    .interval_ms = 500000, .last_check_ms = m.now_ms, .data = "{\"memory_percent\":10,\"cpu_usage\":3,\"a\":1,\"b\":2}", .data_at_ms = m.now_ms};

		snprintf(name, sizeof(name), "s%d", i);
		OK(service_put(m.store, &s, &e));
	}
	OK(store_commit(m.store, &e));
	turns(1);
	ck_assert_int_eq(look().n, 1000);
	begun = clock_mono_ms();
	for (i = 0; i < 10; i++) {
		put_service("s0", "unhealthy", "[]", "{}");
		turns(1);
	}
	spent = clock_mono_ms() - begun;
	ck_assert_int_eq(look().n, 1000);
	printf("a turn over 1000 services, all in an episode: %d ms\n", (int)(spent / 10));
	ck_assert_int_lt(spent / 10, 500);
}
END_TEST

START_TEST(backoff)
{
	int64_t sum = 0, n;

	ck_assert_int_eq(notify_backoff_ms(1), 5000);
	ck_assert_int_eq(notify_backoff_ms(2), 15000);
	ck_assert_int_eq(notify_backoff_ms(7), 3600000);
	ck_assert_int_eq(notify_backoff_ms(8), 0);
	for (n = 1; notify_backoff_ms(n); n++)
		sum += notify_backoff_ms(n);
	ck_assert_int_eq(n, 8);
	ck_assert_int_gt(sum, 3600000);
}
END_TEST

START_TEST(words)
{
	static char to0[] = "a@x", to1[] = "b@x", from[] = "f@lab";
	char *to[] = {to0, to1, NULL};
	struct notify_config c = {.mail_from = from, .mail_to = to};
	struct alert a = {.id = 1, .rule_id = 1, .severity = SEVERITY_CRITICAL, .status = "active", .title = "T\r\nBcc: evil@x", .description = "D", .service = "s", .metric = "m",
			  .threshold = 1, .current_value = NAN, .created_at_ms = START_MS, .updated_at_ms = START_MS};
	struct notice n = {.id = 7, .made_at_ms = START_MS, .at_ms = START_MS};
	struct buf out = {0}, sign = {0};
	struct json_object *parsed;

	notice_add(&n, &a, "opened");
	notice_mail(&n, &c, &out);
	ck_assert_ptr_nonnull(strstr(out.data, "\r\nSubject: [FLOPY-NET] CRITICAL: T  Bcc: evil@x\r\nDate: Tue, 14 Nov 2023 22:13:20 +0000\r\n"));
	ck_assert_ptr_null(strstr(out.data, "\r\nBcc:"));
	ck_assert_ptr_nonnull(strstr(out.data, "To: <a@x>,\r\n <b@x>\r\n"));
	buf_reset(&out);
	notice_add(&n, &a, "resolved");
	notice_json(&n, &out);
	OK(json_in_parse_object(out.data, out.len, &parsed, &e));
	ck_assert_uint_eq(json_object_array_length(json_get(parsed, "alerts", NULL)), 2);
	json_object_put(parsed);
	/* RFC 4231, test case 2. */
	buf_reset(&out);
	buf_adds(&out, "what do ya want for nothing?");
	notice_sign(&out, "Jefe", &sign);
	ck_assert_str_eq(sign.data, "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	buf_clear(&sign);
	buf_clear(&out);
	notice_clear(&n);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("alerting");
	TCase *stored = tcase_create("store"), *pure = tcase_create("words");
	SRunner *r = srunner_create(s);
	int failed;

	suite_add_tcase(s, stored);
	tcase_set_timeout(stored, 120);
	tcase_add_checked_fixture(stored, setup, teardown);
	tcase_add_test(stored, an_outage);
	tcase_add_test(stored, memory);
	tcase_add_test(stored, stale);
	tcase_add_test(stored, restarts);
	tcase_add_test(stored, locked_store);
	tcase_add_test(stored, resolved_by_hand);
	tcase_add_test(stored, gone);
	tcase_add_test(stored, many);
	suite_add_tcase(s, pure);
	tcase_add_test(pure, backoff);
	tcase_add_test(pure, words);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
