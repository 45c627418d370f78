/* platform/rule and experiment/judge: episodes over a simulated day, without a clock; and alerts, silences and the outbox in a store. */
#include "config.h"

#include "experiment/judge.h"
#include "lib/clock.h"
#include "lib/file.h"
#include "lib/mem.h"
#include "platform/rule.h"
#include "store/alert.h"
#include "store/event.h"
#include "store/notification.h"
#include "store/rule.h"
#include "store/silence.h"
#include "store/store.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct rule memory = {.name = "memory", .title = "High Memory Usage", .enabled = true, .metric = "memory_percent", .comparison = COMPARE_GREATER,
				   .threshold = 80, .clear_threshold = 75, .critical_threshold = 95, .for_s = 30, .clear_s = 60, .severity = SEVERITY_WARNING};

struct counts {
	int opened, escalated, resolved;
};

static enum episode_change step(struct episode *ep, const struct rule *r, double value, int64_t at_s, struct counts *c)
{
	enum episode_change change = episode_observe(ep, r, value, at_s * 1000 + 1);

	c->opened += change == EPISODE_OPENED;
	c->escalated += change == EPISODE_ESCALATED;
	c->resolved += change == EPISODE_RESOLVED;
	return change;
}

/*
 * One letter is ten seconds: values that stand for what the rule above cares about.
 * . well (50)   = between the thresholds (78)   # over (85)   ! critical (97)   ? not known
 */
static const struct {
	const char *name, *values;
	int opened, escalated, resolved;
	enum episode_state end;
} series[] = {
	{"nothing", "..........", 0, 0, 0, EPISODE_NONE},
	{"too short", "..###..###.", 0, 0, 0, EPISODE_NONE},
	{"just long enough", "..####", 1, 0, 0, EPISODE_FIRING},
	{"between the thresholds does not open", "..==========", 0, 0, 0, EPISODE_NONE},
	{"between the thresholds does not resolve", "..####==========", 1, 0, 0, EPISODE_FIRING},
	{"resolves after a minute", "..####.......", 1, 0, 1, EPISODE_NONE},
	{"almost gone", "..####......#", 1, 0, 0, EPISODE_FIRING},
	{"gone, but seen between", "..####...=...=...=....", 1, 0, 0, EPISODE_RESOLVING},
	{"flapping", "..####.#.#.#.#.#.#.#.#.#.#", 1, 0, 0, EPISODE_FIRING},
	{"flapping that never holds", ".#.#.#.#.#.#.#.#.#.#.#.", 0, 0, 0, EPISODE_NONE},
	{"not known resets what was pending", "..###?###?###.", 0, 0, 0, EPISODE_NONE},
	{"not known does not resolve", "..####????????????", 1, 0, 0, EPISODE_FIRING},
	{"not known breaks the way out", "..####.....?.....", 1, 0, 0, EPISODE_RESOLVING},
	{"rises", "..####!!!!", 1, 1, 0, EPISODE_FIRING},
	{"rises once", "..####!!!!####!!!!!", 1, 1, 0, EPISODE_FIRING},
	{"a peak is no rise", "..####!#!#!#!#", 1, 0, 0, EPISODE_FIRING},
	{"opens as critical", "..!!!!!!", 1, 0, 0, EPISODE_FIRING},
	{"twice", "..####.......####.......", 2, 0, 2, EPISODE_NONE},
};

static double value_of(char c)
{
	return c == '.' ? 50 : c == '=' ? 78 : c == '#' ? 85 : c == '!' ? 97 : NAN;
}

START_TEST(episodes)
{
	struct episode ep = {0};
	struct counts c = {0};
	int64_t at = 0;
	const char *p;

	for (p = series[_i].values; *p; p++, at += 10)
		step(&ep, &memory, value_of(*p), at, &c);
	ck_assert_msg(c.opened == series[_i].opened && c.escalated == series[_i].escalated && c.resolved == series[_i].resolved && ep.state == series[_i].end,
		      "%s: opened %d escalated %d resolved %d state %d", series[_i].name, c.opened, c.escalated, c.resolved, (int)ep.state);
}
END_TEST

/* 86,400 values at 1 Hz: a slow wave with noise that crosses 80 some hundred times in three hours around noon and in the evening. */
START_TEST(simulated_day)
{
	struct episode ep = {0};
	struct counts c = {0};
	uint32_t noise = 1;
	int64_t s, opened_at = 0, longest_crossings = 0;

	for (s = 0; s < 86400; s++) {
		double v = 60;

		noise = noise * 1664525u + 1013904223u;
		if ((s > 36000 && s < 46800) || (s > 64800 && s < 72000))
			v = 80;
		v += (double)(noise >> 24) / 256.0 * 8 - 4; /* ± 4 */
		if (v > 80)
			longest_crossings++;
		if (s >= 50000 && s < 50029)
			v = 90; /* a burst that is shorter than for_s */
		if (s >= 80000 && s < 80120)
			v = 90; /* and one that is not */
		if (step(&ep, &memory, v, s, &c) == EPISODE_OPENED)
			opened_at = s;
	}
	ck_assert_int_gt(longest_crossings, 5000);
	/* Noise around the threshold never holds for 30 s on end; the burst of two minutes does, and is over a minute after its end. */
	ck_assert_int_eq(c.opened, 1);
	ck_assert_int_eq(opened_at, 80030);
	ck_assert_int_eq(c.resolved, 1);
	ck_assert_int_eq(ep.state, EPISODE_NONE);
}
END_TEST

/* CASES C54: up and down for 20 polls. */
START_TEST(flapping_service)
{
	struct rule r = {.metric = "unhealthy", .comparison = COMPARE_EQUAL, .threshold = 1, .clear_threshold = NAN, .critical_threshold = NAN, .for_s = 0, .clear_s = 10,
			 .severity = SEVERITY_CRITICAL};
	struct episode ep = {0};
	struct counts c = {0};
	int i;

	for (i = 0; i < 20; i++)
		step(&ep, &r, i % 2 ? 0 : 1, i * 5, &c);
	ck_assert_int_eq(c.opened, 1);
	ck_assert_int_eq(c.resolved, 0);
	step(&ep, &r, 0, 100, &c);
	step(&ep, &r, 0, 110, &c);
	ck_assert_int_eq(c.resolved, 1);
}
END_TEST

START_TEST(less_than)
{
	struct rule r = {.metric = "participation_percent", .comparison = COMPARE_LESS, .threshold = 50, .clear_threshold = 70, .critical_threshold = 10};
	struct episode ep = {0};
	struct counts c = {0};

	step(&ep, &r, 50, 0, &c);
	ck_assert_int_eq(c.opened, 0);
	step(&ep, &r, 49, 1, &c);
	ck_assert_int_eq(c.opened, 1);
	step(&ep, &r, 60, 2, &c);
	ck_assert_int_eq(c.resolved, 0);
	step(&ep, &r, 5, 3, &c);
	ck_assert_int_eq(c.escalated, 1);
	ck_assert(ep.peak < 6);
	step(&ep, &r, 70, 4, &c);
	ck_assert_int_eq(c.resolved, 1);
}
END_TEST

/* An edited rule judges what is open: a higher severity is a rise, a lower one is not a fall. */
START_TEST(edited_rule)
{
	struct rule r = memory;
	struct episode ep = {.state = EPISODE_FIRING, .severity = SEVERITY_WARNING, .peak = NAN};
	struct counts c = {0};

	r.severity = SEVERITY_CRITICAL;
	step(&ep, &r, 85, 0, &c);
	ck_assert_int_eq(c.escalated, 1);
	r.severity = SEVERITY_INFO;
	step(&ep, &r, 85, 1, &c);
	ck_assert_int_eq(c.escalated, 1);
	ck_assert_int_eq(ep.severity, SEVERITY_CRITICAL);
}
END_TEST

START_TEST(clock_set_back)
{
	struct episode ep = {0};
	struct counts c = {0};

	step(&ep, &memory, 85, 1000, &c);
	step(&ep, &memory, 85, 10, &c);
	step(&ep, &memory, 85, 39, &c);
	ck_assert_int_eq(c.opened, 0);
	step(&ep, &memory, 85, 40, &c);
	ck_assert_int_eq(c.opened, 1);
}
END_TEST

START_TEST(words)
{
	struct rule r = memory;
	struct buf b = {0};

	rule_describe(&r, 80, "FL Server", NULL, &b);
	ck_assert_str_eq(b.data, "FL Server memory usage exceeded 80% threshold");
	buf_reset(&b);
	r.metric = "unhealthy";
	rule_describe(&r, 1, "Collector", "Connection refused", &b);
	ck_assert_str_eq(b.data, "Collector is unhealthy: Connection refused");
	buf_reset(&b);
	r.metric = "queue_size";
	r.comparison = COMPARE_LESS;
	rule_describe(&r, 0.5, "Collector", "", &b);
	ck_assert_str_eq(b.data, "Collector queue_size fell below 0.5 threshold");
	buf_reset(&b);
	r.title = "{service} is {odd} {experiment";
	rule_title(&r, "Redis", NULL, &b);
	ck_assert_str_eq(b.data, "Redis is {odd} {experiment");
	buf_clear(&b);
	ck_assert(rule_metric_known(SCOPE_SERVICE, "queue_size"));
	ck_assert(!rule_metric_known(SCOPE_SERVICE, "Queue"));
	ck_assert(!rule_metric_known(SCOPE_SERVICE, ""));
	ck_assert(!rule_metric_known(SCOPE_EXPERIMENT, "queue_size"));
	ck_assert(rule_metric_known(SCOPE_EXPERIMENT, "failed"));
}
END_TEST

START_TEST(judging)
{
	struct judge_round r[6] = {
		{.accuracy = 0.5, .loss = 1, .duration_ms = 100, .clients = 5, .failed_clients = 0},
		{.accuracy = 0.6, .loss = 0.9, .duration_ms = 110, .clients = 5, .failed_clients = 0},
		{.accuracy = 0.6004, .loss = 0.9, .duration_ms = 90, .clients = 5, .failed_clients = 0},
		{.accuracy = 0.6, .loss = 0.9, .duration_ms = 100, .clients = 5, .failed_clients = 0},
		{.accuracy = NAN, .loss = NAN, .duration_ms = 500, .clients = 2, .failed_clients = 3},
		{.accuracy = 0.7, .loss = 0.9, .duration_ms = 100, .clients = -1, .failed_clients = -1},
	};

	ck_assert(judge_loss_not_finite(r, 4) < 0.5);
	ck_assert(judge_loss_not_finite(r, 5) > 0.5);
	ck_assert_double_eq(judge_rounds_without_gain(r, 1), 0);
	ck_assert_double_eq(judge_rounds_without_gain(r, 4), 2);
	ck_assert_double_eq(judge_rounds_without_gain(r, 5), 3);
	ck_assert_double_eq(judge_rounds_without_gain(r, 6), 0);
	ck_assert(isnan(judge_round_time_ratio(r, 3)));
	ck_assert_double_eq(judge_round_time_ratio(r, 5), 5);
	ck_assert_double_eq(judge_participation_percent(r, 5, 0), 40);
	ck_assert_double_eq(judge_participation_percent(r, 5, 10), 20);
	ck_assert(isnan(judge_participation_percent(r, 6, 10)));
}
END_TEST

static char dir[32];
static char *path;
static struct store *st;
static struct err e;

#define OK(call) ck_assert_msg((call) == 0, "%s: %s", #call, e.msg)

static void setup(void)
{
	snprintf(dir, sizeof(dir), "/tmp/flopynet-test.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	path = file_join(dir, "flopynet.db");
	OK(store_open(&st, path, STORE_CHECKPOINTER, &e));
}

static void teardown(void)
{
	static const char *const names[] = {"flopynet.db", "flopynet.db-wal", "flopynet.db-shm", "flopynet.db.lock"};
	size_t i;

	store_close(st);
	for (i = 0; i < ARRAY_LEN(names); i++) {
		char *name = file_join(dir, names[i]);

		unlink(name);
		free(name);
	}
	ck_assert_int_eq(rmdir(dir), 0);
	free(path);
}

static void count_row(void *arg, const struct alert *a)
{
	(void)a;
	++*(int *)arg;
}

static void count_rule(void *arg, const struct rule *r)
{
	ck_assert(r->built_in && r->enabled && !r->created_by && r->created_at_ms > 0);
	++*(int *)arg;
}

START_TEST(default_rules)
{
	int64_t total;
	struct rule r, again;
	int n = 0;

	OK(rule_each(st, RULE_SORT_ID, false, 100, 0, count_rule, &n, &total, &e));
	ck_assert_int_eq(n, (int)total);
	ck_assert_int_eq(n, 11);
	OK(rule_get(st, 3, &r, &e));
	ck_assert_str_eq(r.name, "memory_high");
	ck_assert_double_eq(r.critical_threshold, 95);
	ck_assert_int_eq(r.severity, SEVERITY_WARNING);
	OK(store_begin(st, &e));
	ck_assert_int_eq(rule_delete(st, 3, &e), -1);
	ck_assert_int_eq(e.code, ERR_CONFLICT);
	ck_assert_int_eq(rule_delete(st, 99, &e), -1);
	ck_assert_int_eq(e.code, ERR_NOTFOUND);
	rule_copy(&again, &r);
	again.created_by = NULL;
	ck_assert_int_eq(rule_create(st, &again, &e), -1);
	ck_assert_int_eq(e.code, ERR_CONFLICT);
	OK(store_commit(st, &e));
	rule_clear(&again);
	rule_clear(&r);
}
END_TEST

static int64_t raise_one(int64_t rule, const char *service, int64_t experiment, int64_t at)
{
	struct alert a = {.rule_id = rule, .severity = SEVERITY_WARNING, .title = "T", .description = "D", .service = service, .experiment_id = experiment, .metric = "m",
			  .threshold = 80, .current_value = 85.2, .created_at_ms = at};

	OK(store_begin(st, &e));
	OK(alert_raise(st, &a, &e));
	OK(store_commit(st, &e));
	return a.id;
}

static int count_alerts(struct alert_query q)
{
	int64_t total;
	int n = 0;

	q.limit = 100;
	OK(alert_each(st, &q, 5000, count_row, &n, &total, &e));
	ck_assert_int_eq(n, (int)total);
	return n;
}

static int keep_event(void *arg, const struct event *ev)
{
	snprintf(arg, 4000, "%s", ev->data);
	return 0;
}

static void add_note(void *arg, const struct alert_note *n)
{
	buf_addf(arg, "%s/%s ", n->event, n->actor ? n->actor : "-");
}

START_TEST(life_of_an_alert)
{
	int64_t id = raise_one(3, "fl_server", 0, 1000);
	struct buf notes = {0};
	char data[4000];
	struct alert a;

	/* The same episode cannot be open twice. */
	struct alert twin = {.rule_id = 3, .title = "T", .description = "D", .service = "fl_server", .created_at_ms = 1};
	OK(store_begin(st, &e));
	ck_assert_int_eq(alert_raise(st, &twin, NULL), -1);
	store_rollback(st);

	OK(store_begin(st, &e));
	OK(alert_acknowledge(st, id, "alice", "looking", 2000, &e));
	OK(alert_acknowledge(st, id, "bob", "me too", 2001, &e));
	OK(alert_set_value(st, id, 90, &e));
	OK(store_commit(st, &e));
	OK(alert_get(st, id, 2000, &a, &e));
	ck_assert_str_eq(a.status, "acknowledged");
	ck_assert_str_eq(a.acknowledged_by, "alice");
	ck_assert_str_eq(a.comment, "looking");
	ck_assert_double_eq(a.current_value, 90);
	alert_clear(&a);

	OK(store_begin(st, &e));
	OK(alert_escalate(st, id, SEVERITY_CRITICAL, 95, "worse", 3000, &e));
	OK(store_commit(st, &e));
	OK(alert_get(st, id, 3000, &a, &e));
	ck_assert_str_eq(a.status, "active");
	ck_assert_ptr_null(a.acknowledged_by);
	ck_assert_int_eq(a.severity, SEVERITY_CRITICAL);
	ck_assert_str_eq(a.notice, "opened"); /* nobody was told yet */
	alert_clear(&a);

	OK(store_begin(st, &e));
	OK(alert_resolve(st, id, NULL, "gone", 4000, &e));
	OK(alert_resolve(st, id, "carol", "again", 4001, &e));
	ck_assert_int_eq(alert_acknowledge(st, id, "dave", NULL, 4002, &e), -1);
	ck_assert_int_eq(e.code, ERR_CONFLICT);
	ck_assert_int_eq(alert_acknowledge(st, 99, "dave", NULL, 4002, &e), -1);
	ck_assert_int_eq(e.code, ERR_NOTFOUND);
	OK(store_commit(st, &e));
	OK(alert_history_each(st, id, add_note, &notes, &e));
	ck_assert_str_eq(notes.data, "opened/- acknowledged/alice escalated/- resolved/- ");
	buf_clear(&notes);
	OK(event_each_after(st, 0, 100, keep_event, data, &e));
	ck_assert_ptr_nonnull(strstr(data, "\"change\":\"resolved\""));
	ck_assert_ptr_nonnull(strstr(data, "\"id\":\"alert_001\""));
	/* A new episode is a new alert. */
	ck_assert_int_eq(raise_one(3, "fl_server", 0, 5000), id + 1);
}
END_TEST

START_TEST(filters)
{
	int64_t deleted;

	raise_one(3, "fl_server", 0, 1000);
	raise_one(3, "redis", 0, 2000);
	raise_one(6, NULL, 7, 3000);
	OK(store_begin(st, &e));
	OK(alert_resolve_rule(st, 3, "alice", "The rule was deleted", 4000, &e));
	OK(store_commit(st, &e));
	ck_assert_int_eq(count_alerts((struct alert_query){.severity = -1, .open = -1, .to_ms = INT64_MAX}), 3);
	ck_assert_int_eq(count_alerts((struct alert_query){.severity = -1, .open = 1, .to_ms = INT64_MAX}), 1);
	ck_assert_int_eq(count_alerts((struct alert_query){.severity = -1, .open = 0, .to_ms = INT64_MAX}), 2);
	ck_assert_int_eq(count_alerts((struct alert_query){.severity = -1, .open = -1, .status = "resolved", .service = "redis", .to_ms = INT64_MAX}), 1);
	ck_assert_int_eq(count_alerts((struct alert_query){.severity = -1, .open = -1, .experiment_id = 7, .to_ms = INT64_MAX}), 1);
	ck_assert_int_eq(count_alerts((struct alert_query){.severity = SEVERITY_CRITICAL, .open = -1, .to_ms = INT64_MAX}), 0);
	/* Both ends belong to it. */
	ck_assert_int_eq(count_alerts((struct alert_query){.severity = -1, .open = -1, .from_ms = 2000, .to_ms = 3000}), 2);
	OK(store_begin(st, &e));
	OK(alert_prune(st, 4001, 100, &deleted, &e));
	OK(store_commit(st, &e));
	ck_assert_int_eq(deleted, 2);
}
END_TEST

START_TEST(silences)
{
	struct silence s = {.service = "redis", .rule_id = 3, .until_ms = 6000, .reason = "upgrade", .created_at_ms = 1, .created_by = "alice"};
	int64_t a = raise_one(3, "redis", 0, 1000), b = raise_one(1, "redis", 0, 1000), c = raise_one(3, "fl_server", 0, 1000);
	struct alert x;

	OK(store_begin(st, &e));
	OK(silence_create(st, &s, &e));
	OK(store_commit(st, &e));
	OK(alert_get(st, a, 5000, &x, &e));
	ck_assert(x.silenced);
	alert_clear(&x);
	OK(alert_get(st, a, 6000, &x, &e));
	ck_assert(!x.silenced);
	alert_clear(&x);
	OK(alert_get(st, b, 5000, &x, &e));
	ck_assert(!x.silenced);
	alert_clear(&x);
	OK(alert_get(st, c, 5000, &x, &e));
	ck_assert(!x.silenced);
	alert_clear(&x);
	OK(store_begin(st, &e));
	OK(silence_end(st, s.id, 2000, &e));
	OK(silence_end(st, s.id, 3000, &e));
	ck_assert_int_eq(silence_end(st, 9, 3000, &e), -1);
	OK(store_commit(st, &e));
	OK(alert_get(st, a, 2500, &x, &e));
	ck_assert(!x.silenced);
	alert_clear(&x);
}
END_TEST

static void keep_notification(void *arg, const struct notification *n)
{
	snprintf(arg, 200, "%s %d %s %s", n->status, (int)n->attempts, n->alerts, n->last_error ? n->last_error : "-");
}

START_TEST(outbox)
{
	struct notification n = {.channel = CHANNEL_WEBHOOK, .target = "http://h", .subject = "s", .created_at_ms = 1000, .next_attempt_ms = 4000};
	int64_t a = raise_one(3, "redis", 0, 1000), b = raise_one(3, "fl_server", 0, 1000), id, at;
	char text[200] = "";

	OK(store_begin(st, &e));
	OK(notification_create(st, &n, &e));
	OK(notification_add_alert(st, n.id, a, "opened", &e));
	OK(notification_waiting(st, CHANNEL_WEBHOOK, 2000, &id, &e));
	ck_assert_int_eq(id, n.id);
	OK(notification_waiting(st, CHANNEL_SMTP, 2000, &id, &e));
	ck_assert_int_eq(id, 0);
	OK(notification_add_alert(st, n.id, b, "opened", &e));
	OK(notification_add_alert(st, n.id, b, "resolved", &e));
	OK(store_commit(st, &e));
	OK(notification_each_due(st, 3999, 10, keep_notification, text, &e));
	ck_assert_str_eq(text, "");
	OK(notification_each_due(st, 4000, 10, keep_notification, text, &e));
	ck_assert_str_eq(text, "pending 0 [1,2] -");
	OK(store_begin(st, &e));
	OK(notification_begin(st, n.id, "http://h", "s2", 9000, &e));
	OK(notification_waiting(st, CHANNEL_WEBHOOK, 4000, &id, &e));
	ck_assert_int_eq(id, 0);
	OK(notification_failed(st, n.id, "refused", 9500, &e));
	OK(store_commit(st, &e));
	OK(notification_next(st, &at, &e));
	ck_assert_int_eq(at, 9500);
	OK(store_begin(st, &e));
	OK(notification_failed(st, n.id, "given up", 0, &e));
	OK(store_commit(st, &e));
	OK(notification_get(st, n.id, keep_notification, text, &e));
	ck_assert_str_eq(text, "dropped 1 [1,2] given up");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("rules");
	TCase *pure = tcase_create("pure"), *stored = tcase_create("store");
	SRunner *r = srunner_create(s);
	int failed;

	suite_add_tcase(s, pure);
	tcase_add_loop_test(pure, episodes, 0, ARRAY_LEN(series));
	tcase_add_test(pure, simulated_day);
	tcase_add_test(pure, flapping_service);
	tcase_add_test(pure, less_than);
	tcase_add_test(pure, edited_rule);
	tcase_add_test(pure, clock_set_back);
	tcase_add_test(pure, words);
	tcase_add_test(pure, judging);
	suite_add_tcase(s, stored);
	tcase_add_checked_fixture(stored, setup, teardown);
	tcase_add_test(stored, default_rules);
	tcase_add_test(stored, life_of_an_alert);
	tcase_add_test(stored, filters);
	tcase_add_test(stored, silences);
	tcase_add_test(stored, outbox);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
