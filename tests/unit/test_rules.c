/* platform/rule and experiment/judge: episodes over a simulated day, without a clock. */
#include "config.h"

#include "experiment/judge.h"
#include "lib/clock.h"
#include "lib/mem.h"
#include "platform/rule.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/* Up and down for 20 polls. */
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

int main(void)
{
	Suite *s = suite_create("rules");
	TCase *pure = tcase_create("pure");
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
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
