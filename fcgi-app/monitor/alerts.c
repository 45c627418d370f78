/* Judging by rules; see alerts.h. */
#include "config.h"

#include "monitor/alerts.h"

#include "lib/log.h"
#include "lib/mem.h"
#include "lib/text.h"
#include "monitor/episodes.h"
#include "monitor/subjects.h"
#include "store/alert.h"
#include "store/experiment.h"
#include "store/rule.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define EVALUATE_EVERY_MS 1000
#define VALUE_EVERY_MS 5000     /* how often the value of an open alert is written when nothing else is */
#define RULES_MAX 10000
#define LAG_KEPT_MS 5000        /* how long one late turn counts: half of what monitor_behind waits for, so that one hiccup is no alert */
#define PRUNE_EVERY_MS 20000
#define PRUNE_BATCH 200

struct alerts {
	struct subjects *subjects;
	struct episodes *episodes;
	struct rule *rules;
	size_t rules_n;
	int64_t seen_version;         /* of the store, at the last look; -1: none yet */
	int64_t due_mono_ms, values_mono_ms, pruned_mono_ms;
	int64_t lag_mono_ms;          /* when m->lag_ms was measured */
	int64_t judged_lag_ms;        /* what it was at the last look: it moves without a change in the store */
	/* Of the evaluation under way */
	struct monitor *m;
	struct err *e;
	bool writes;                  /* there is something to write: a transaction is open */
	bool values;                  /* values are to be written this time */
};

static void rules_clear(struct alerts *a)
{
	while (a->rules_n)
		rule_clear(&a->rules[--a->rules_n]);
	free(a->rules);
	a->rules = NULL;
}

static void add_rule(void *arg, const struct rule *r)
{
	struct alerts *a = arg;

	a->rules = mem_resize(a->rules, (a->rules_n + 1) * sizeof(*a->rules));
	rule_copy(&a->rules[a->rules_n++], r);
}

/* The open alerts of the store: what was opened before a restart has an entry from now on, and what a person has resolved has none. */
static void note_open(void *arg, const struct alert *row)
{
	struct alerts *a = arg;
	struct entry *x = episodes_find(a->episodes, row->rule_id, row->service, row->experiment_id);

	if (!x)
		x = episodes_add(a->episodes, row->rule_id, row->service, row->experiment_id);
	if (x->alert_id != row->id) {
		x->alert_id = row->id;
		x->is = (struct episode){.state = EPISODE_FIRING, .severity = row->severity, .peak = row->current_value};
		x->value = row->current_value;
	}
	x->open_in_store = true;
}

static int drop_resolved(void *arg, struct entry *x)
{
	(void)arg;
	if (x->alert_id && !x->open_in_store) {
		x->alert_id = 0;
		x->is = (struct episode){.peak = NAN};
	}
	return 0;
}

static int read_open(struct alerts *a)
{
	episodes_begin(a->episodes);
	if (alert_each_open(a->m->store, a->m->now_ms, note_open, a, a->e) == -1)
		return -1;
	episodes_each(a->episodes, drop_resolved, NULL);
	episodes_begin(a->episodes);
	return 0;
}

/* What one evaluation reads; the store is consistent with itself because only the API writes beside us, and it wakes us again. */
static int look(struct alerts *a)
{
	struct monitor *m = a->m;
	struct platform_seen platform = {.monitor_lag_ms = (double)m->lag_ms};
	int64_t total, bytes;

	rules_clear(a);
	if (rule_each(m->store, RULE_SORT_ID, false, RULES_MAX, 0, add_rule, a, &total, a->e) == -1 || store_bytes(m->store, &bytes, a->e) == -1)
		return -1;
	platform.store_used_percent = 100.0 * (double)bytes / ((double)m->settings.retention_size_mb * 1e6);
	if (subjects_look(a->subjects, m->store, &platform, m->now_ms, a->e) == -1)
		return -1;
	return read_open(a);
}

/* The transaction begins with the first thing to write. */
static int begin_write(struct alerts *a)
{
	if (a->writes)
		return 0;
	if (store_begin(a->m->store, a->e) == -1)
		return -1;
	a->writes = true;
	return 0;
}

static double passed_threshold(const struct rule *r, enum severity severity)
{
	return severity > r->severity && !isnan(r->critical_threshold) ? r->critical_threshold : r->threshold;
}

static void describe(const struct alerts *a, const struct rule *r, enum severity severity, const struct subject *s, struct buf *out)
{
	struct buf detail = {0};

	subject_detail(s, r->metric, a->m->now_ms, &detail);
	rule_describe(r, passed_threshold(r, severity), s->title, buf_str(&detail), out);
	buf_clear(&detail);
}

/* A failure is raised once, also when a person has resolved the alert since. */
static int was_raised(struct alerts *a, const struct rule *r, const struct subject *s, bool *raised)
{
	*raised = false;
	if (s->since_ms == 0 || strcmp(r->metric, "failed") != 0)
		return 0;
	return alert_was_raised(a->m->store, r->id, s->experiment_id, s->since_ms, raised, a->e);
}

static int open_alert(struct alerts *a, const struct rule *r, const struct subject *s, struct entry *x, double value)
{
	struct buf title = {0}, description = {0};
	struct alert alert = {.rule_id = r->id, .severity = x->next.severity, .service = s->service, .experiment_id = s->experiment_id, .metric = r->metric,
			      .current_value = value, .created_at_ms = a->m->now_ms};
	bool raised;
	int rc = -1;

	if (was_raised(a, r, s, &raised) == -1)
		return -1;
	if (raised) {
		x->next = (struct episode){.peak = NAN};
		return 0;
	}
	rule_title(r, s->service ? s->title : NULL, s->experiment_id ? s->title : NULL, &title);
	describe(a, r, x->next.severity, s, &description);
	alert.title = buf_str(&title);
	alert.description = buf_str(&description);
	alert.threshold = passed_threshold(r, x->next.severity);
	if (begin_write(a) == 0 && alert_raise(a->m->store, &alert, a->e) == 0) {
		x->next_alert_id = alert.id;
		x->value = value;
		rc = 0;
	}
	buf_clear(&title);
	buf_clear(&description);
	return rc;
}

static int escalate(struct alerts *a, const struct rule *r, const struct subject *s, struct entry *x)
{
	struct buf description = {0};
	int rc = begin_write(a);

	describe(a, r, x->next.severity, s, &description);
	if (rc == 0)
		rc = alert_escalate(a->m->store, x->alert_id, x->next.severity, passed_threshold(r, x->next.severity), buf_str(&description), a->m->now_ms, a->e);
	buf_clear(&description);
	return rc;
}

static int resolve(struct alerts *a, struct entry *x, const char *why)
{
	x->next = (struct episode){.peak = NAN};
	x->next_alert_id = 0;
	return begin_write(a) == -1 ? -1 : alert_resolve(a->m->store, x->alert_id, NULL, why, a->m->now_ms, a->e);
}

/* By itself: what it is like now. */
static int resolve_well(struct alerts *a, const struct rule *r, const struct subject *s, struct entry *x, double value)
{
	struct buf why = {0};
	int rc;

	if (strcmp(r->metric, "unhealthy") == 0 || strcmp(r->metric, "degraded") == 0 || strcmp(r->metric, "failed") == 0)
		buf_addf(&why, "%s is not %s any more", s->title, r->metric);
	else
		buf_addf(&why, "The value is %.4g now", value);
	rc = begin_write(a) == 0 && alert_set_value(a->m->store, x->alert_id, value, a->e) == 0 ? resolve(a, x, why.data) : -1;
	buf_clear(&why);
	return rc;
}

static int write_value(struct alerts *a, struct entry *x, double value)
{
	if (!a->values || !x->next_alert_id || isnan(value) || (value <= x->value && value >= x->value))
		return 0;
	x->value = value;
	return begin_write(a) == -1 ? -1 : alert_set_value(a->m->store, x->next_alert_id, value, a->e);
}

static bool covers(const struct rule *r, const struct subject *s, int64_t now_ms)
{
	return r->enabled && r->scope == s->scope && (!r->service || strcmp(r->service, s->service) == 0) &&
	       (r->experiment_id == 0 || r->experiment_id == s->experiment_id) && subject_counts(s, r->metric, now_ms);
}

static int observe(struct alerts *a, const struct rule *r, const struct subject *s)
{
	double value = subject_value(s, r->metric, a->m->now_ms);
	struct entry *x = episodes_find(a->episodes, r->id, s->service, s->experiment_id);

	if (!x) {
		/* Nothing is under way and nothing begins: the usual case. */
		if (isnan(value) || !rule_holds(r, value))
			return 0;
		x = episodes_add(a->episodes, r->id, s->service, s->experiment_id);
	}
	x->touched = true;
	switch (episode_observe(&x->next, r, value, a->m->now_ms)) {
	case EPISODE_OPENED:
		return open_alert(a, r, s, x, value);
	case EPISODE_ESCALATED:
		return escalate(a, r, s, x);
	case EPISODE_RESOLVED:
		return resolve_well(a, r, s, x, value);
	default:
		return write_value(a, x, value);
	}
}

static int observe_all(struct alerts *a)
{
	size_t i, k, n = subjects_count(a->subjects);

	for (i = 0; i < a->rules_n; i++)
		for (k = 0; k < n; k++) {
			const struct subject *s = subjects_at(a->subjects, k);

			if (covers(&a->rules[i], s, a->m->now_ms) && observe(a, &a->rules[i], s) == -1)
				return -1;
		}
	return 0;
}

/* Why nothing observes this one any more. */
static const char *why_gone(struct alerts *a, const struct entry *x)
{
	size_t i;

	for (i = 0; i < a->rules_n && a->rules[i].id != x->rule_id; i++)
		;
	if (i == a->rules_n)
		return "The rule was deleted";
	if (!a->rules[i].enabled)
		return "The rule was switched off";
	if (x->service && !subjects_find(a->subjects, x->service, 0))
		return "The service was removed from the configuration";
	if (x->experiment_id && subjects_find(a->subjects, NULL, x->experiment_id))
		return strcmp(a->rules[i].metric, "failed") == 0 ? "The experiment is not failed any more" : "The experiment has ended";
	if (x->experiment_id) {
		struct experiment run;

		if (experiment_get(a->m->store, x->experiment_id, &run, NULL) == -1)
			return "The experiment was deleted";
		experiment_clear(&run);
		return strcmp(a->rules[i].metric, "failed") == 0 ? "The failure is more than a day old" : "The experiment has ended";
	}
	return "The rule does not cover it any more";
}

static int end_untouched(void *arg, struct entry *x)
{
	struct alerts *a = arg;

	if (x->touched)
		return 0;
	if (x->alert_id)
		return resolve(a, x, why_gone(a, x));
	x->next = (struct episode){.peak = NAN};
	return 0;
}

static int evaluate(struct alerts *a)
{
	int rc = -1;

	a->writes = false;
	if (look(a) == 0 && observe_all(a) == 0 && episodes_each(a->episodes, end_untouched, a) == 0 && (!a->writes || store_commit(a->m->store, a->e) == 0))
		rc = 0;
	if (rc == -1 && a->writes)
		store_rollback(a->m->store);
	if (rc == 0)
		episodes_keep(a->episodes);
	else
		episodes_forget(a->episodes);
	return rc;
}

/* This part wants a turn at a fixed time; by how much it comes later is how far the loop is behind. */
static void measure_lag(struct alerts *a, struct monitor *m)
{
	int64_t late = a->due_mono_ms ? m->mono_ms - a->due_mono_ms : 0;

	if (late >= m->lag_ms || m->mono_ms - a->lag_mono_ms > LAG_KEPT_MS) {
		m->lag_ms = late > 0 ? late : 0;
		a->lag_mono_ms = m->mono_ms;
	}
}

/* Resolved ones go with the rest of the history. */
static void prune(struct alerts *a, struct monitor *m)
{
	int64_t before_ms = m->now_ms - m->settings.retention_days * 86400000, deleted = 0;
	struct err e;

	if (a->pruned_mono_ms && m->mono_ms - a->pruned_mono_ms < PRUNE_EVERY_MS)
		return;
	if (store_begin(m->store, &e) == -1 || alert_prune(m->store, before_ms, PRUNE_BATCH, &deleted, &e) == -1 || store_commit(m->store, &e) == -1)
		monitor_trouble(m, "old alerts cannot be deleted", &e);
	store_rollback(m->store);
	if (deleted < PRUNE_BATCH)
		a->pruned_mono_ms = m->mono_ms;
}

static int alerts_open(struct monitor *m, struct err *e)
{
	struct alerts *a = mem_alloc(sizeof(*a));

	(void)e;
	a->subjects = subjects_new();
	a->episodes = episodes_new();
	a->seen_version = -1;
	m->alerts = a;
	return 0;
}

static void alerts_close(struct monitor *m)
{
	struct alerts *a = m->alerts;

	if (!a)
		return;
	rules_clear(a);
	subjects_free(a->subjects);
	episodes_free(a->episodes);
	free(a);
	m->alerts = NULL;
}

static int64_t alerts_turn(struct monitor *m)
{
	struct alerts *a = m->alerts;
	struct err e;

	measure_lag(a, m);
	a->due_mono_ms = m->mono_ms + EVALUATE_EVERY_MS;
	/* A monitor that ends its runs does not also report that they have ended. */
	if (m->phase != MONITOR_RUNNING)
		return a->due_mono_ms;
	if (m->version != a->seen_version || episodes_wait(a->episodes) || subjects_move(a->subjects) || m->lag_ms >= EVALUATE_EVERY_MS || m->lag_ms < a->judged_lag_ms) {
		a->m = m;
		a->e = &e;
		a->values = m->mono_ms - a->values_mono_ms >= VALUE_EVERY_MS;
		if (evaluate(a) == 0) {
			a->seen_version = m->version;
			a->judged_lag_ms = m->lag_ms;
			if (a->values)
				a->values_mono_ms = m->mono_ms;
		} else {
			monitor_trouble(m, "alert rules cannot be evaluated", &e);
		}
	}
	prune(a, m);
	return a->due_mono_ms;
}

const struct monitor_part part_alerts = {.name = "alerts", .open = alerts_open, .turn = alerts_turn, .close = alerts_close};
