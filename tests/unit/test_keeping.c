/* How long things are kept: monitor/samples and monitor/upkeep on a real store with made-up times, and a second connection that counts rows. */
#include "config.h"

#include "store_fixture.h"

#include "lib/clock.h"
#include "monitor/samples.h"
#include "monitor/upkeep.h"
#include "store/event.h"
#include "store/sample.h"
#include "store/service.h"

#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#define NOW INT64_C(1700006400000) /* a full hour */
#define HOUR INT64_C(3600000)
#define DAY (24 * HOUR)
#define BATCH 2000     /* rows of one service in a step */
#define SERVICES_A_STEP 8

static struct monitor m;
static sqlite3 *second;

static void setup(void)
{
	store_setup();
	memset(&m, 0, sizeof(m));
	m.store = st;
	m.now_ms = NOW;
	m.mono_ms = 10 * DAY;
	settings_read(NULL, &m.settings);
	OK(part_samples.open(&m, &e));
	ck_assert_int_eq(sqlite3_open(path, &second), SQLITE_OK);
}

static void teardown(void)
{
	sqlite3_close(second);
	store_teardown();
}

static int64_t ask(const char *sql)
{
	sqlite3_stmt *s;
	int64_t n;

	ck_assert_int_eq(sqlite3_prepare_v2(second, sql, -1, &s, NULL), SQLITE_OK);
	ck_assert_int_eq(sqlite3_step(s), SQLITE_ROW);
	n = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	return n;
}

static void fill(const char *sql)
{
	char *why = NULL;

	ck_assert_msg(sqlite3_exec(second, sql, NULL, NULL, &why) == SQLITE_OK, "%s", why ? why : "");
}

static int64_t put_service(const char *name)
{
	struct service s = {.name = name, .kind = "http", .role = "service", .state = "healthy", .since_ms = NOW, .target = "t", .response_time_ms = NAN, .issues = "[]",
			    .interval_ms = 5000, .last_check_ms = NOW, .data = "{}"};

	OK(store_begin(st, &e));
	OK(service_put(st, &s, &e));
	OK(store_commit(st, &e));
	return s.id;
}

/* One round of the part over everything; returns the most rows that one turn deleted of the table. */
static int64_t round_of(const char *count)
{
	int64_t before = ask(count), after, most = 0, until;

	for (;;) {
		until = part_samples.turn(&m);
		after = ask(count);
		if (before - after > most)
			most = before - after;
		before = after;
		if (until > m.mono_ms + 1000)
			break;
		m.mono_ms = until;
	}
	m.mono_ms = until;
	return most;
}

/* Four days of samples, one in ten seconds, of the two services 1 and 2; the minutes and hours of all but the newest day are there already. */
#define SERIES(n, step, to) "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < " #n " - 1) INSERT INTO " to " SELECT s.id, 1700006400000 - (i + 1) * " #step

static void four_days(void)
{
	put_service("a");
	put_service("b");
	fill(SERIES(34560, 10000, "sample") ", '{\"v\":1}' FROM n, service AS s");
}

START_TEST(by_age)
{
	int64_t most, of_round;

	four_days();
	m.settings.retention_days = 2;
	/* The first rounds make the minutes and hours: no more than six hours a step. */
	most = round_of("SELECT count(*) FROM sample");
	while (ask("SELECT done_until_ms FROM sample_level WHERE level = 'minute'") < NOW - HOUR) {
		of_round = round_of("SELECT count(*) FROM sample");
		most = of_round > most ? of_round : most;
	}
	round_of("SELECT count(*) FROM sample");
	/* In small batches. */
	ck_assert_int_le(most, BATCH * SERVICES_A_STEP);
	ck_assert_int_gt(most, 0);
	/* Samples for a day, minutes and hours for retention_days. */
	ck_assert_int_eq(ask("SELECT min(at_ms) FROM sample"), NOW - DAY);
	ck_assert_int_eq(ask("SELECT count(*) FROM sample"), 2 * 8640);
	ck_assert_int_eq(ask("SELECT min(at_ms) FROM sample_minute"), NOW - 2 * DAY);
	ck_assert_int_ge(ask("SELECT min(at_ms) FROM sample_hour"), NOW - 2 * DAY);
	/* Less from now on. */
	m.settings.retention_days = 1;
	m.now_ms += HOUR;
	round_of("SELECT count(*) FROM sample");
	ck_assert_int_eq(ask("SELECT min(at_ms) FROM sample_minute"), NOW + HOUR - DAY);
	ck_assert_int_eq(ask("SELECT min(at_ms) FROM sample"), NOW + HOUR - DAY);
}
END_TEST

/* A batch is of one service; a step of all services has no more than it says. */
START_TEST(in_batches)
{
	int64_t most;

	put_service("a");
	fill(SERIES(20000, 100, "sample_hour") " - 40 * 86400000, '{}' FROM n, service AS s");
	m.settings.retention_days = 30;
	most = round_of("SELECT count(*) FROM sample_hour");
	ck_assert_int_eq(ask("SELECT count(*) FROM sample_hour"), 0);
	ck_assert_int_eq(most, BATCH);
}
END_TEST

/* Nothing goes that is not in the minutes yet, however large the store is. */
START_TEST(not_before_it_is_gathered)
{
	four_days();
	m.settings.retention_days = 1;
	round_of("SELECT count(*) FROM sample");
	ck_assert_int_eq(ask("SELECT done_until_ms FROM sample_level WHERE level = 'minute'"), NOW - 4 * DAY + 6 * HOUR);
	ck_assert_int_eq(ask("SELECT min(at_ms) FROM sample"), NOW - 4 * DAY + 6 * HOUR);
}
END_TEST

/* Too large: the oldest of the finest level goes first, a tenth at a time, until there is room again. */
START_TEST(by_size)
{
	int64_t rounds, bytes, minutes;

	put_service("a");
	fill(SERIES(86400, 1000, "sample") ", '{\"v\":1,\"padding\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}' FROM n, service AS s");
	fill(SERIES(10080, 60000, "sample_minute") ", '{\"v\":[60,1,1,60]}' FROM n, service AS s");
	fill("UPDATE sample_level SET done_until_ms = 1700006400000");
	minutes = ask("SELECT count(*) FROM sample_minute");
	m.settings.retention_size_mb = 5;
	OK(store_bytes(st, &bytes, &e));
	ck_assert_int_gt(bytes, 9000000);
	for (rounds = 0; bytes > 4250000 && rounds < 100; rounds++) {
		round_of("SELECT count(*) FROM sample");
		OK(store_bytes(st, &bytes, &e));
	}
	ck_assert_int_le(bytes, 4250000);
	ck_assert_int_gt(rounds, 1);
	/* It stopped as soon as there was, the minutes are whole, and what is left is the newest. */
	ck_assert_int_gt(bytes, 3500000);
	ck_assert_int_eq(ask("SELECT count(*) FROM sample_minute"), minutes);
	ck_assert_int_eq(ask("SELECT max(at_ms) FROM sample"), NOW - 1000);
	round_of("SELECT count(*) FROM sample");
	OK(store_bytes(st, &bytes, &e));
	ck_assert_int_gt(bytes, 3500000);
	/* A limit that cannot be kept: an hour of each level stays. */
	m.settings.retention_size_mb = 0;
	for (rounds = 0; rounds < 200; rounds++)
		round_of("SELECT count(*) FROM sample");
	ck_assert_int_ge(ask("SELECT min(at_ms) FROM sample"), NOW - 2 * HOUR);
	ck_assert_int_le(ask("SELECT min(at_ms) FROM sample"), NOW - HOUR);
	ck_assert_int_lt(ask("SELECT count(*) FROM sample_minute"), 240);
	ck_assert_int_ge(ask("SELECT count(*) FROM sample_minute"), 60);
}
END_TEST

/* The clock is set back by an hour: what comes now is gathered again, and what was gathered of that hour stays. */
START_TEST(clock_set_back)
{
	put_service("a");
	fill(SERIES(720, 10000, "sample") ", '{\"v\":1}' FROM n, service AS s");
	m.now_ms = NOW + 10000;
	round_of("SELECT count(*) FROM sample");
	ck_assert_int_eq(ask("SELECT done_until_ms FROM sample_level WHERE level = 'minute'"), NOW);
	ck_assert_int_eq(ask("SELECT count(*) FROM sample_minute"), 120);
	m.now_ms = NOW - HOUR + 130000;
	fill("INSERT INTO sample (service_id, at_ms, data) SELECT id, 1700006400000 - 3600000 + 65000, '{\"v\":9}' FROM service");
	round_of("SELECT count(*) FROM sample");
	ck_assert_int_eq(ask("SELECT done_until_ms FROM sample_level WHERE level = 'minute'"), NOW - HOUR + 120000);
	ck_assert_int_eq(ask("SELECT count(*) FROM sample_minute"), 120);
	ck_assert_int_eq(ask("SELECT json_extract(data, '$.v[2]') FROM sample_minute WHERE at_ms = 1700006400000 - 3600000 + 60000"), 9);
	ck_assert_int_eq(ask("SELECT json_extract(data, '$.v[0]') FROM sample_minute WHERE at_ms = 1700006400000 - 3600000 + 60000"), 7);
	/* And so on. */
	m.now_ms += 60000;
	round_of("SELECT count(*) FROM sample");
	ck_assert_int_eq(ask("SELECT done_until_ms FROM sample_level WHERE level = 'minute'"), NOW - HOUR + 180000);
}
END_TEST

/* A clock was ahead for a while, and what it deleted then is gone; but what came since is there, and is to be read where it is finest. */
START_TEST(clock_was_ahead)
{
	put_service("a");
	fill(SERIES(720, 10000, "sample") ", '{\"v\":1}' FROM n, service AS s");
	fill("UPDATE sample_level SET kept_from_ms = 1700006400000 + 3650 * 86400000");
	m.now_ms = NOW + 10000;
	round_of("SELECT count(*) FROM sample");
	ck_assert_int_eq(ask("SELECT max(kept_from_ms) FROM sample_level"), NOW - DAY);
	ck_assert_int_eq(ask("SELECT count(*) FROM sample"), 720);
}
END_TEST

/* What is gone from a service that was removed takes the service with it; one that is back stays. */
START_TEST(removed_services)
{
	int64_t id = put_service("a");

	fill(SERIES(10, 1000, "sample_hour") " - 100 * 86400000, '{}' FROM n, service AS s");
	OK(store_begin(st, &e));
	OK(service_remove(st, "a", NOW - 99 * DAY, &e));
	OK(store_commit(st, &e));
	put_service("b");
	round_of("SELECT count(*) FROM sample");
	ck_assert_int_eq(ask("SELECT count(*) FROM service"), 1);
	ck_assert_int_eq(ask("SELECT count(*) FROM sample_hour"), 0);
	ck_assert_int_ne(put_service("a"), id);
}
END_TEST

static void event_at(int64_t at_ms)
{
	struct event ev = {.at_ms = at_ms, .topic = "metrics", .type = "metrics_update", .data = "{}"};

	OK(event_add(st, &ev, &e));
}

/* Events: as long as retention_days says, a thousand at a time, and never more than 100,000. */
START_TEST(events)
{
	int i;

	OK(store_begin(st, &e));
	for (i = 0; i < 2500; i++)
		event_at(NOW - 10 * DAY);
	for (i = 0; i < 10; i++)
		event_at(NOW - 2 * DAY);
	OK(store_commit(st, &e));
	m.settings.retention_days = 30;
	part_upkeep.turn(&m);
	ck_assert_int_eq(ask("SELECT count(*) FROM event"), 2510);
	m.settings.retention_days = 5;
	m.mono_ms += 60000;
	part_upkeep.turn(&m);
	ck_assert_int_eq(ask("SELECT count(*) FROM event"), 1510);
	for (i = 0; i < 2; i++) {
		m.mono_ms += 1000;
		part_upkeep.turn(&m);
	}
	ck_assert_int_eq(ask("SELECT count(*) FROM event"), 10);
	fill("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100500) "
	     "INSERT INTO event (at_ms, topic, type, data) SELECT 1700006400000, 'metrics', 'metrics_update', '{}' FROM n");
	m.mono_ms += 60000;
	part_upkeep.turn(&m);
	ck_assert_int_eq(ask("SELECT count(*) FROM event"), 100000);
	/* Fewer in a store that is too large. */
	m.settings.retention_size_mb = 0;
	for (i = 0; i < 100; i++) {
		m.mono_ms += 60000;
		part_upkeep.turn(&m);
	}
	ck_assert_int_eq(ask("SELECT count(*) FROM event"), 10000);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("keeping");
	TCase *t = tcase_create("store");
	SRunner *r = srunner_create(s);
	int failed;

	suite_add_tcase(s, t);
	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, by_age);
	tcase_add_test(t, in_batches);
	tcase_add_test(t, not_before_it_is_gathered);
	tcase_add_test(t, by_size);
	tcase_add_test(t, clock_set_back);
	tcase_add_test(t, clock_was_ahead);
	tcase_add_test(t, removed_services);
	tcase_add_test(t, events);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
