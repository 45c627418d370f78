/* platform/: states of services and the plan of checks, with a clock that is only a number. */
#include "config.h"

#include "lib/mem.h"
#include "platform/health.h"
#include "platform/schedule.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct health_rules rules = {.failure_threshold = 3, .success_threshold = 2, .degraded_ms = 100};
static const struct health_rules guessed = {.failure_threshold = 3, .success_threshold = 2, .degraded_ms = 100, .by_default = true};

/* w well, d degraded, f failed, s slow; after each the state: u unknown, H healthy, D degraded, U unhealthy, n not configured. */
static const struct {
	const char *name;
	const struct health_rules *rules;
	const char *checks, *states;
} lives[] = {
	{"well from the first answer", &rules, "www", "HHH"},
	{"three failures before it is unhealthy", &rules, "wfff", "HHHU"},
	{"unknown until three failures", &rules, "fff", "uuU"},
	{"two successes back", &rules, "wfffww", "HHHUUH"},
	{"one failure is forgotten by a success", &rules, "wffwffw", "HHHHHHH"},
	{"up and down alternately stays as it was", &rules, "wfwfwfwfwf", "HHHHHHHHHH"},
	{"up and down alternately stays unhealthy", &rules, "fffwfwfwfwf", "uuUUUUUUUUU"},
	{"its own word counts at once", &rules, "wd", "HD"},
	{"two clean answers out of degraded", &rules, "wdww", "HDDH"},
	{"degraded and back alternately is one state", &rules, "wdwdwdw", "HDDDDDD"},
	{"from unhealthy to degraded", &rules, "fffdd", "uuUUD"},
	{"slow thrice is degraded", &rules, "wsss", "HHHD"},
	{"a slow one in between resets", &rules, "wsswss", "HHHHHH"},
	{"slow then well needs two", &rules, "wsssww", "HHHDDH"},
	{"silence at a guessed address is no outage", &guessed, "ffffff", "nnnnnn"},
	{"something else at a guessed address", &guessed, "ddd", "nnn"},
	{"found at a guessed address, then gone", &guessed, "ffwfff", "nnHHHU"},
};

START_TEST(states)
{
	static const char letters[] = {[HEALTH_UNKNOWN] = 'u', [HEALTH_HEALTHY] = 'H', [HEALTH_DEGRADED] = 'D', [HEALTH_UNHEALTHY] = 'U', [HEALTH_NOT_CONFIGURED] = 'n'};
	struct health h = {.state = HEALTH_UNKNOWN};
	size_t i;

	for (i = 0; lives[_i].checks[i]; i++) {
		char c = lives[_i].checks[i];
		enum health_state before = h.state;
		enum health_seen seen = c == 'f' ? SEEN_FAILED : c == 'd' ? SEEN_DEGRADED : SEEN_WELL;
		bool changed = health_observe(&h, lives[_i].rules, seen, c == 's' ? 250 : c == 'f' ? NAN : 2, (int64_t)i + 1000);

		ck_assert_msg(letters[h.state] == lives[_i].states[i], "%s: after %zu checks %c, wanted %c", lives[_i].name, i + 1, letters[h.state], lives[_i].states[i]);
		ck_assert_int_eq(changed, before != h.state);
		if (changed)
			ck_assert_int_eq(h.since_ms, (int64_t)i + 1000);
	}
}
END_TEST

START_TEST(stale)
{
	ck_assert(!health_is_stale(1000, 5000, 16000));
	ck_assert(health_is_stale(1000, 5000, 16001));
	/* The clock was set back: nothing that was seen "later" is new. */
	ck_assert(!health_is_stale(16000, 5000, 1000));
	ck_assert(health_is_stale(16001, 5000, 1000));
	ck_assert_int_eq(health_shown(HEALTH_HEALTHY, 3600000, 5000, 1000), HEALTH_UNKNOWN);
	ck_assert_int_eq(health_shown(HEALTH_HEALTHY, 1000, 5000, 31000), HEALTH_HEALTHY);
	ck_assert_int_eq(health_shown(HEALTH_HEALTHY, 1000, 5000, 31001), HEALTH_UNKNOWN);
	ck_assert_int_eq(health_shown(HEALTH_UNHEALTHY, 1000, 60000, 181000), HEALTH_UNHEALTHY);
	ck_assert_int_eq(health_shown(HEALTH_NOT_CONFIGURED, 0, 5000, 1000000), HEALTH_NOT_CONFIGURED);
	ck_assert_int_eq(health_from_name("degraded"), HEALTH_DEGRADED);
	ck_assert_int_eq(health_from_name("no such"), HEALTH_UNKNOWN);
}
END_TEST

#define TARGETS 1000
#define INTERVAL 5000

/* Ten simulated minutes of a thousand targets at 5 s: each keeps its pace, and no tenth of a second gets more than its share. */
START_TEST(thousand_targets)
{
	static int64_t due[TARGETS];
	static uint64_t n[TARGETS];
	int64_t now, busiest = 0, in_this = 0;
	size_t t;

	for (t = 0; t < TARGETS; t++) {
		due[t] = schedule_first(42, t, INTERVAL, TARGETS, 0);
		ck_assert(due[t] >= 0 && due[t] < INTERVAL);
	}
	for (now = 0; now < 600 * 1000; now += 20) {
		if (now % 100 == 0) {
			busiest = in_this > busiest ? in_this : busiest;
			in_this = 0;
		}
		for (t = 0; t < TARGETS; t++) {
			int64_t next;

			if (due[t] > now)
				continue;
			in_this++;
			next = schedule_next(42, t, n[t]++, INTERVAL, due[t], now);
			ck_assert_int_ge(next - due[t], INTERVAL - INTERVAL / 20);
			ck_assert_int_le(next - due[t], INTERVAL + INTERVAL / 20);
			due[t] = next;
		}
	}
	for (t = 0; t < TARGETS; t++)
		ck_assert_msg(n[t] >= 116 && n[t] <= 124, "target %zu was checked %lu times in ten minutes", t, (unsigned long)n[t]);
	/* 20 are the even share. */
	ck_assert_msg(busiest < 60, "%lld checks in one tenth of a second", (long long)busiest);
}
END_TEST

START_TEST(late)
{
	int64_t next = schedule_next(1, 2, 3, 5000, 0, 100000), again = schedule_next(1, 2, 3, 5000, 0, 100000);

	ck_assert_int_ge(next, 100000);
	ck_assert_int_le(next, 100250);
	ck_assert_int_eq(next, again);
	/* Few targets are not made to wait for their first check. */
	ck_assert_int_lt(schedule_first(1, 2, 5000, 7, 0), 7 * SCHEDULE_SPREAD_MS);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("health");
	TCase *t = tcase_create("health");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(t, states, 0, (int)ARRAY_LEN(lives));
	tcase_add_test(t, stale);
	tcase_add_test(t, thousand_targets);
	tcase_add_test(t, late);
	suite_add_tcase(suite, t);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
