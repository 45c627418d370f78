/* The queue; see queue.h.  Who is next is the store's rule (experiment_queue_next); here is when, and what those who wait are told. */
#include "config.h"

#include "monitor/queue.h"

#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/json_out.h"
#include "lib/log.h"
#include "lib/mem.h"
#include "store/experiment.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOOK_EVERY_MS 200 /* for a time that has come; a place that is free shows as a change of the store */
#define TOLD_MAX 100      /* how many of the queue are told what they wait for */

/* 1: one was started, 0: there is nothing to start, -1: trouble. */
static int start_next(struct monitor *m, struct err *e)
{
	struct experiment x;
	int64_t active, id;
	int rc = -1;

	if (store_begin(m->store, e) == -1)
		return -1;
	if (experiment_active_count(m->store, &active, e) == -1)
		goto out;
	id = 0;
	if (m->settings.experiment_scheduling && active < m->settings.max_experiments && experiment_queue_next(m->store, m->now_ms, &id, e) == -1)
		goto out;
	rc = 0;
	if (id == 0)
		goto out;
	rc = -1;
	if (experiment_get(m->store, id, &x, e) == -1)
		goto out;
	if (experiment_move(m->store, &x, STATUS_STARTING, NULL, NULL, m->now_ms, e) == 0 && store_commit(m->store, e) == 0)
		rc = 1;
	experiment_clear(&x);
out:
	store_rollback(m->store);
	return rc;
}

struct waiting {
	struct monitor *m;
	struct {
		int64_t id;
		char *text; /* what it is to be told */
	} told[TOLD_MAX];
	size_t n;
};

static void describe(const struct monitor *m, const struct experiment *x, struct buf *out)
{
	char detail[160], time[CLOCK_TEXT_MAX];
	bool later = x->scheduled_at_ms > m->now_ms;
	struct json_out j;

	if (!m->settings.experiment_scheduling)
		snprintf(detail, sizeof(detail), "The queue is held: scheduling is switched off (features.experiment_scheduling)");
	else if (later)
		snprintf(detail, sizeof(detail), "Starts at %s", clock_format(x->scheduled_at_ms, time));
	else
		snprintf(detail, sizeof(detail), "All places are taken: at most %lld experiments are active at once (dashboard.max_experiments)",
			 (long long)m->settings.max_experiments);
	json_out_init(&j, out);
	json_object_begin(&j, NULL);
	json_put_string(&j, "what", later || !m->settings.experiment_scheduling ? "schedule" : "slot");
	json_put_null(&j, "needed");
	json_put_null(&j, "present");
	json_put_string(&j, "detail", detail);
	json_object_end(&j);
}

static void add_waiting(void *arg, const struct experiment *x)
{
	struct waiting *w = arg;
	struct buf text = {0};

	describe(w->m, x, &text);
	if (w->n < TOLD_MAX && (!x->waiting_for || strcmp(x->waiting_for, buf_str(&text)) != 0)) {
		w->told[w->n].id = x->id;
		w->told[w->n++].text = mem_strdup(buf_str(&text));
	}
	buf_clear(&text);
}

static int tell_all(struct monitor *m, const struct waiting *w, struct err *e)
{
	struct experiment x;
	size_t i;
	int rc = 0;

	if (store_begin(m->store, e) == -1)
		return -1;
	for (i = 0; rc == 0 && i < w->n; i++) {
		rc = experiment_get(m->store, w->told[i].id, &x, e);
		if (rc == 0 && x.status == STATUS_QUEUED)
			rc = experiment_wait(m->store, x.id, w->told[i].text, m->now_ms, e);
		experiment_clear(&x);
		if (rc == -1 && e->code == ERR_NOTFOUND)
			rc = 0; /* deleted meanwhile */
	}
	if (rc == 0)
		rc = store_commit(m->store, e);
	store_rollback(m->store);
	return rc;
}

static int tell_waiting(struct monitor *m, struct err *e)
{
	const struct experiment_query q = {.status = "queued", .sort = SORT_CREATED, .limit = TOLD_MAX};
	struct waiting w = {.m = m};
	int64_t total;
	int rc = experiment_each(m->store, &q, add_waiting, &w, &total, e);

	if (rc == 0 && w.n)
		rc = tell_all(m, &w, e);
	while (w.n)
		free(w.told[--w.n].text);
	return rc;
}

static int64_t queue_turn(struct monitor *m)
{
	int64_t counts[STATUS_MAX];
	struct err e;
	int rc;

	if (m->phase != MONITOR_RUNNING || !monitor_may_write(m))
		return m->mono_ms + LOOK_EVERY_MS;
	if (experiment_counts(m->store, counts, &e) == -1) {
		monitor_trouble(m, "the queue cannot be read", &e);
		return m->mono_ms + LOOK_EVERY_MS;
	}
	if (counts[STATUS_QUEUED] == 0)
		return m->mono_ms + LOOK_EVERY_MS;
	while ((rc = start_next(m, &e)) == 1)
		;
	if (rc == -1 || tell_waiting(m, &e) == -1)
		monitor_trouble(m, "the queue cannot be moved on", &e);
	return m->mono_ms + LOOK_EVERY_MS;
}

const struct monitor_part part_queue = {.name = "queue", .turn = queue_turn, .on_change = true};
