/* Rules over the stored history; see rule_trial.h. */
#include "config.h"

#include "api/rule_trial.h"

#include "experiment/judge.h"
#include "lib/mem.h"
#include "lib/text.h"
#include "store/experiment.h"
#include "store/round.h"
#include "store/sample.h"
#include "store/service.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS_MAX 1000      /* of one experiment */
#define SERVICES_FINE 4      /* with more, minutes are read instead of single samples: a day of 50 services would take seconds */
#define GAP_INTERVALS 3      /* nothing was known after so long without a sample */

struct span {
	char *service; /* NULL: none */
	int64_t experiment_id;
	int64_t started_at_ms, ended_at_ms;
	double peak;
};

struct trial {
	const struct rule *r;
	struct episode ep;
	const char *service; /* the subject now fed */
	int64_t experiment_id;
	int64_t last_ms, gap_ms;
	double last;
	int64_t samples, fired, from_ms, to_ms;
	struct span spans[TRIAL_EPISODES_MAX]; /* a ring: the newest */
};

static struct span *newest(struct trial *t)
{
	return &t->spans[(t->fired - 1) % TRIAL_EPISODES_MAX];
}

static void begin_subject(struct trial *t, const char *service, int64_t experiment_id, int64_t gap_ms)
{
	memset(&t->ep, 0, sizeof(t->ep));
	t->ep.peak = NAN;
	t->service = service;
	t->experiment_id = experiment_id;
	t->last_ms = 0;
	t->gap_ms = gap_ms;
}

static void observe(struct trial *t, double value, int64_t at_ms)
{
	bool open;
	struct span *s;

	switch (episode_observe(&t->ep, t->r, value, at_ms)) {
	case EPISODE_OPENED:
		t->fired++;
		s = newest(t);
		free(s->service);
		*s = (struct span){.service = t->service ? mem_strdup(t->service) : NULL, .experiment_id = t->experiment_id, .started_at_ms = at_ms, .peak = NAN};
		break;
	case EPISODE_RESOLVED:
		newest(t)->ended_at_ms = at_ms;
		t->ep.peak = NAN;
		break;
	default:
		break;
	}
	open = t->ep.state == EPISODE_FIRING || t->ep.state == EPISODE_RESOLVING;
	if (open && !isnan(value) && rule_worse(t->r, newest(t)->peak, value))
		newest(t)->peak = value;
}

/* One value of the history; what is longer ago than a gap was not known in between. */
static void feed(struct trial *t, int64_t at_ms, double value)
{
	if (t->last_ms && t->gap_ms && at_ms - t->last_ms > t->gap_ms)
		observe(t, NAN, t->last_ms + t->gap_ms);
	observe(t, value, at_ms);
	t->last_ms = at_ms;
	t->samples++;
	if (t->from_ms == 0 || at_ms < t->from_ms)
		t->from_ms = at_ms;
	if (at_ms > t->to_ms)
		t->to_ms = at_ms;
}

/* A value that held from one time to another: fed where it could make a difference. */
static void feed_held(struct trial *t, int64_t from_ms, int64_t to_ms, double value)
{
	int64_t opens = from_ms + t->r->for_s * 1000, clears = from_ms + t->r->clear_s * 1000;

	feed(t, from_ms, value);
	if (opens > from_ms && opens < to_ms)
		observe(t, value, opens);
	if (clears > from_ms && clears < to_ms)
		observe(t, value, clears);
}

/* Services, copied: what is fed from them needs the store. */
struct watched {
	int64_t id;
	char *name;
	char *state;
	int64_t since_ms, interval_ms;
	bool dashboard;
};

struct watch {
	struct watched *list;
	size_t n;
};

static void add_watched(void *arg, const struct service *s)
{
	struct watch *w = arg;

	w->list = mem_resize(w->list, (w->n + 1) * sizeof(*w->list));
	w->list[w->n++] = (struct watched){.id = s->id, .name = mem_strdup(s->name), .state = mem_strdup(s->state), .since_ms = s->since_ms, .interval_ms = s->interval_ms,
					   .dashboard = strcmp(s->role, "dashboard") == 0};
}

static void watch_clear(struct watch *w)
{
	while (w->n) {
		w->n--;
		free(w->list[w->n].name);
		free(w->list[w->n].state);
	}
	free(w->list);
}

struct states {
	struct trial *t;
	int64_t from_ms;
	bool any;
	char *state;
};

static double state_value(const struct trial *t, const char *state)
{
	if (strcmp(state, "unknown") == 0)
		return NAN;
	return strcmp(state, t->r->metric) == 0 ? 1 : 0;
}

static void add_change(void *arg, const struct service_change *c)
{
	struct states *s = arg;

	feed_held(s->t, s->from_ms, c->at_ms, state_value(s->t, s->any ? s->state : c->previous));
	s->any = true;
	s->from_ms = c->at_ms;
	free(s->state);
	s->state = mem_strdup(c->state);
}

static int try_states(struct store *st, struct trial *t, const struct watched *w, int64_t now_ms, struct err *e)
{
	struct service_change_query q = {.from_ms = now_ms - TRIAL_SPAN_MS, .to_ms = now_ms, .limit = 10000};
	struct states s = {.t = t, .from_ms = now_ms - TRIAL_SPAN_MS, .state = mem_strdup(w->state)};
	int64_t total;
	int rc = service_change_each(st, w->id, &q, add_change, &s, &total, e);

	if (!s.any && w->since_ms > s.from_ms)
		s.from_ms = w->since_ms;
	if (rc == 0) {
		feed_held(t, s.from_ms, now_ms, state_value(t, s.state));
		observe(t, state_value(t, s.state), now_ms);
	}
	free(s.state);
	return rc;
}

static void add_point(void *arg, const struct sample_point *p)
{
	struct trial *t = arg;
	bool less = t->r->comparison == COMPARE_LESS || t->r->comparison == COMPARE_LESS_EQUAL;

	feed(t, p->at_ms, less ? p->min : p->max);
}

static int try_samples(struct store *st, struct trial *t, const struct watched *w, bool fine, int64_t now_ms, struct err *e)
{
	struct sample_query q = {.service_id = w->id, .metric = t->r->metric, .from_ms = now_ms - TRIAL_SPAN_MS, .to_ms = now_ms + 1, .step_ms = fine ? 1 : 60000};

	return sample_each(st, &q, add_point, t, e);
}

static int try_services(struct store *st, struct trial *t, int64_t now_ms, struct err *e)
{
	bool platform = t->r->scope == SCOPE_PLATFORM, state = strcmp(t->r->metric, "unhealthy") == 0 || strcmp(t->r->metric, "degraded") == 0;
	struct watch w = {0};
	int rc = service_each(st, add_watched, &w, e);
	size_t i;

	for (i = 0; i < w.n && rc == 0; i++) {
		const struct watched *s = &w.list[i];
		bool fine = w.n <= SERVICES_FINE || t->r->service || platform;
		int64_t gap_ms = GAP_INTERVALS * s->interval_ms;

		if (s->dashboard != platform || (t->r->service && strcmp(t->r->service, s->name) != 0))
			continue;
		begin_subject(t, platform ? NULL : s->name, 0, state ? 0 : fine ? gap_ms : gap_ms + 120000);
		rc = state ? try_states(st, t, s, now_ms, e) : try_samples(st, t, s, fine, now_ms, e);
	}
	watch_clear(&w);
	return rc;
}

/* An experiment's rounds so far. */
struct rounds {
	struct judge_round list[ROUNDS_MAX];
	size_t n;
};

static void add_round(void *arg, const struct round *r)
{
	struct rounds *rounds = arg;

	if (rounds->n < ROUNDS_MAX && r->completed_at_ms > 0)
		rounds->list[rounds->n++] = (struct judge_round){.completed_at_ms = r->completed_at_ms, .accuracy = r->accuracy, .loss = r->loss, .duration_ms = r->duration_ms,
								  .clients = r->clients, .failed_clients = r->failed_clients};
}

static double judge(const char *metric, const struct judge_round *rounds, size_t n, int64_t expected)
{
	if (strcmp(metric, "loss_not_finite") == 0)
		return judge_loss_not_finite(rounds, n);
	if (strcmp(metric, "rounds_without_gain") == 0)
		return judge_rounds_without_gain(rounds, n);
	if (strcmp(metric, "round_time_ratio") == 0)
		return judge_round_time_ratio(rounds, n);
	if (strcmp(metric, "participation_percent") == 0)
		return judge_participation_percent(rounds, n, expected);
	return strcmp(metric, "accuracy") == 0 ? rounds[n - 1].accuracy : strcmp(metric, "loss") == 0 ? rounds[n - 1].loss : NAN;
}

struct run_seen {
	int64_t id, finished_at_ms;
	bool failed;
};

struct runs_seen {
	struct run_seen list[TRIAL_EXPERIMENTS];
	size_t n;
	int64_t only; /* 0: all */
};

static void add_run(void *arg, const struct experiment *x)
{
	struct runs_seen *s = arg;

	if (s->n < TRIAL_EXPERIMENTS && (s->only == 0 || s->only == x->id))
		s->list[s->n++] = (struct run_seen){.id = x->id, .finished_at_ms = x->finished_at_ms, .failed = x->status == STATUS_FAILED};
}

static int try_run(struct store *st, struct trial *t, const struct run_seen *run, struct rounds *rounds, struct err *e)
{
	bool has_ended = run->finished_at_ms > 0;
	int64_t total, fired = t->fired;
	size_t k;

	begin_subject(t, NULL, run->id, 0);
	if (strcmp(t->r->metric, "failed") == 0) {
		if (has_ended)
			feed(t, run->finished_at_ms, run->failed ? 1 : 0);
		return 0;
	}
	rounds->n = 0;
	if (round_each(st, run->id, 0, ROUNDS_MAX, 0, add_round, rounds, &total, e) == -1)
		return -1;
	for (k = 1; k <= rounds->n; k++)
		feed(t, rounds->list[k - 1].completed_at_ms, judge(t->r->metric, rounds->list, k, 0));
	if (t->fired > fired && has_ended && newest(t)->ended_at_ms == 0)
		newest(t)->ended_at_ms = run->finished_at_ms;
	return 0;
}

static int find_runs(struct store *st, struct trial *t, struct runs_seen *s, struct err *e)
{
	struct experiment_query q = {.sort = SORT_CREATED, .descending = true, .limit = TRIAL_EXPERIMENTS};
	struct experiment x;
	int64_t total;

	if (t->r->experiment_id == 0)
		return experiment_each(st, &q, add_run, s, &total, e);
	s->only = t->r->experiment_id;
	if (experiment_get(st, t->r->experiment_id, &x, e) == -1)
		return e->code == ERR_NOTFOUND ? 0 : -1;
	add_run(s, &x);
	experiment_clear(&x);
	return 0;
}

static int try_runs(struct store *st, struct trial *t, struct err *e)
{
	struct rounds *rounds = mem_alloc(sizeof(*rounds));
	struct runs_seen s = {0};
	int rc = find_runs(st, t, &s, e);
	size_t i;

	/* They come newest first; episodes are wanted in the order of their beginning. */
	for (i = s.n; i > 0 && rc == 0; i--)
		rc = try_run(st, t, &s.list[i - 1], rounds, e);
	free(rounds);
	return rc;
}

static int by_start(const void *a, const void *b)
{
	int64_t x = ((const struct span *)a)->started_at_ms, y = ((const struct span *)b)->started_at_ms;

	return (x > y) - (x < y);
}

static void put_answer(struct trial *t, struct json_out *j)
{
	size_t i, n = t->fired < TRIAL_EPISODES_MAX ? (size_t)t->fired : TRIAL_EPISODES_MAX;
	char id[TEXT_ID_MAX];

	qsort(t->spans, n, sizeof(*t->spans), by_start);
	json_object_begin(j, NULL);
	json_put_bool(j, "dry_run", true);
	json_put_i64(j, "would_have_fired", t->fired);
	json_put_time(j, "from", t->from_ms);
	json_put_time(j, "to", t->to_ms);
	json_put_i64(j, "samples", t->samples);
	json_array_begin(j, "episodes");
	for (i = 0; i < n; i++) {
		const struct span *s = &t->spans[i];

		json_object_begin(j, NULL);
		json_put_string(j, "service", s->service);
		json_put_string(j, "experiment_id", s->experiment_id ? text_from_id(EXPERIMENT_ID_PREFIX, s->experiment_id, id) : NULL);
		json_put_time(j, "started_at", s->started_at_ms);
		json_put_time(j, "ended_at", s->ended_at_ms);
		json_put_double(j, "peak_value", s->peak);
		json_object_end(j);
	}
	json_array_end(j);
	json_object_end(j);
}

int rule_trial(struct store *st, const struct rule *r, int64_t now_ms, struct json_out *j, struct err *e)
{
	struct trial *t = mem_alloc(sizeof(*t));
	size_t i;
	int rc;

	t->r = r;
	rc = r->scope == SCOPE_EXPERIMENT ? try_runs(st, t, e) : try_services(st, t, now_ms, e);
	if (rc == 0)
		put_answer(t, j);
	for (i = 0; i < TRIAL_EPISODES_MAX; i++)
		free(t->spans[i].service);
	free(t);
	return rc;
}
