/* Alerts, rules, silences and the outbox in a store. */
#include "config.h"

#include "store_fixture.h"

#include "lib/buf.h"
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
	int64_t a = raise_one(3, "redis", 0, 1000), b = raise_one(3, "fl_server", 0, 1000), id;
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
	OK(notification_each_due(st, CHANNEL_WEBHOOK, 3999, 10, keep_notification, text, &e));
	ck_assert_str_eq(text, "");
	OK(notification_each_due(st, CHANNEL_WEBHOOK, 4000, 10, keep_notification, text, &e));
	ck_assert_str_eq(text, "pending 0 [1,2] -");
	/* A clock that was set back makes nobody wait for it to come round again. */
	text[0] = '\0';
	OK(notification_each_due(st, CHANNEL_WEBHOOK, 999, 10, keep_notification, text, &e));
	ck_assert_str_eq(text, "pending 0 [1,2] -");
	OK(store_begin(st, &e));
	OK(notification_begin(st, n.id, "http://h", "s2", 9000, &e));
	OK(notification_waiting(st, CHANNEL_WEBHOOK, 4000, &id, &e));
	ck_assert_int_eq(id, 0);
	OK(notification_failed(st, n.id, "refused", 9500, &e));
	OK(store_commit(st, &e));
	OK(notification_each_due(st, CHANNEL_WEBHOOK, 9499, 10, keep_notification, text, &e));
	ck_assert_str_eq(text, "pending 0 [1,2] -");
	OK(notification_each_due(st, CHANNEL_WEBHOOK, 9500 - 3700001, 10, keep_notification, text, &e));
	ck_assert_str_eq(text, "pending 1 [1,2] refused");
	snprintf(text, sizeof(text), "pending 0 [1,2] -");
	OK(notification_each_due(st, CHANNEL_WEBHOOK, 9500, 10, keep_notification, text, &e));
	ck_assert_str_eq(text, "pending 1 [1,2] refused");
	OK(store_begin(st, &e));
	OK(notification_failed(st, n.id, "given up", 0, &e));
	OK(store_commit(st, &e));
	OK(notification_get(st, n.id, keep_notification, text, &e));
	ck_assert_str_eq(text, "dropped 1 [1,2] given up");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("alerts");
	TCase *stored = tcase_create("store");
	SRunner *r = srunner_create(s);
	int failed;

	suite_add_tcase(s, stored);
	tcase_add_checked_fixture(stored, store_setup, store_teardown);
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
