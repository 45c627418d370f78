/* Services, experiments and the platform as rules see them; see subjects.h. */
#include "config.h"

#include "monitor/subjects.h"

#include "experiment/judge.h"
#include "lib/json_in.h"
#include "lib/mem.h"
#include "lib/text.h"
#include "platform/health.h"
#include "platform/settings.h"
#include "store/experiment.h"
#include "store/round.h"
#include "store/service.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS_MAX 1000 /* of the newest, to judge by */

/* Kept from look to look, so that a document is parsed once. */
struct service_seen {
	int64_t id;
	enum health_state state; /* HEALTH_UNKNOWN when stale */
	double response_ms;
	int64_t data_at_ms, interval_ms;
	struct json_object *data;
	char *issues; /* JSON array */
	bool here;    /* in this look */
};

struct run_seen {
	int64_t id;
	enum status status;
	int64_t rounds_completed, finished_at_ms, expected;
	char *failure;
	struct judge_round newest; /* only with rounds_judged > 0 */
	int64_t rounds_judged;     /* the rounds_completed that the values below are of */
	int64_t newest_round;
	double loss_not_finite, rounds_without_gain, round_time_ratio, participation;
	char client[80];
	int64_t client_at_ms; /* the most silent one; 0: none works */
	bool known, here; /* before; in this look */
};

struct subjects {
	struct subject *list;
	size_t n, cap;
	struct service_seen **services;
	size_t services_n, hint;
	struct run_seen **runs;
	size_t runs_n, runs_hint;
	struct platform_seen platform;
	bool moves;
};

struct subjects *subjects_new(void)
{
	return mem_alloc(sizeof(struct subjects));
}

static void clear_list(struct subjects *s)
{
	while (s->n) {
		s->n--;
		free(s->list[s->n].service);
		free(s->list[s->n].title);
	}
}

static void service_free(struct service_seen *v)
{
	json_object_put(v->data);
	free(v->issues);
	free(v);
}

static void run_free(struct run_seen *v)
{
	free(v->failure);
	free(v);
}

void subjects_free(struct subjects *s)
{
	if (!s)
		return;
	clear_list(s);
	free(s->list);
	while (s->services_n)
		service_free(s->services[--s->services_n]);
	free(s->services);
	while (s->runs_n)
		run_free(s->runs[--s->runs_n]);
	free(s->runs);
	free(s);
}

static struct subject *add(struct subjects *s, enum rule_scope scope)
{
	if (s->n == s->cap) {
		s->cap = s->cap ? s->cap * 2 : 32;
		s->list = mem_resize(s->list, s->cap * sizeof(*s->list));
	}
	s->list[s->n] = (struct subject){.scope = scope};
	return &s->list[s->n++];
}

/* Services */

struct look {
	struct subjects *s;
	int64_t now_ms;
};

static struct service_seen *service_seen(struct subjects *s, int64_t id)
{
	size_t i, k;

	/* They come in the same order each time, so the one wanted is nearly always the next. */
	for (k = 0; k < s->services_n; k++) {
		i = (s->hint + k) % s->services_n;
		if (s->services[i]->id == id) {
			s->hint = i + 1;
			return s->services[i];
		}
	}
	s->services = mem_resize(s->services, (s->services_n + 1) * sizeof(*s->services));
	s->services[s->services_n] = mem_alloc(sizeof(**s->services));
	s->services[s->services_n]->id = id;
	return s->services[s->services_n++];
}

static void look_at_service(void *arg, const struct service *row)
{
	struct look *l = arg;
	struct service_seen *v;
	struct subject *sub;

	if (strcmp(row->role, "dashboard") == 0)
		return;
	v = service_seen(l->s, row->id);
	v->here = true;
	v->interval_ms = row->interval_ms;
	v->state = health_from_name(row->state);
	if (v->state != HEALTH_NOT_CONFIGURED && health_is_stale(row->last_check_ms, row->interval_ms, l->now_ms))
		v->state = HEALTH_UNKNOWN;
	v->response_ms = row->response_time_ms;
	if (v->data_at_ms != row->data_at_ms || !v->data) {
		json_object_put(v->data);
		v->data = NULL;
		json_in_parse_object(row->data, strlen(row->data), &v->data, NULL);
		v->data_at_ms = row->data_at_ms;
	}
	free(v->issues);
	v->issues = mem_strdup(row->issues);
	sub = add(l->s, SCOPE_SERVICE);
	sub->service = mem_strdup(row->name);
	sub->title = mem_strdup(row->title ? row->title : service_title(row->name));
	sub->seen = v;
}

static double service_value(const struct service_seen *v, const char *metric, int64_t now_ms)
{
	double d = NAN;
	bool b;

	if (strcmp(metric, "unhealthy") == 0)
		return v->state == HEALTH_UNKNOWN ? NAN : v->state == HEALTH_UNHEALTHY;
	if (strcmp(metric, "degraded") == 0)
		return v->state == HEALTH_UNKNOWN ? NAN : v->state == HEALTH_DEGRADED;
	if (strcmp(metric, "response_time_ms") == 0)
		return v->state == HEALTH_UNKNOWN || v->state == HEALTH_UNHEALTHY ? NAN : v->response_ms;
	if (health_is_stale(v->data_at_ms, v->interval_ms, now_ms))
		return NAN;
	if (!json_get_double(v->data, metric, &d))
		return json_get_bool(v->data, metric, &b) ? b : NAN;
	return d;
}

/* Experiments */

static struct run_seen *run_seen(struct subjects *s, int64_t id)
{
	size_t i, k;

	for (k = 0; k < s->runs_n; k++) {
		i = (s->runs_hint + k) % s->runs_n;
		if (s->runs[i]->id == id) {
			s->runs_hint = i + 1;
			return s->runs[i];
		}
	}
	s->runs = mem_resize(s->runs, (s->runs_n + 1) * sizeof(*s->runs));
	s->runs[s->runs_n] = mem_alloc(sizeof(**s->runs));
	s->runs[s->runs_n]->id = id;
	return s->runs[s->runs_n++];
}

static int64_t clients_per_round(const char *configuration)
{
	struct json_object *c = NULL;
	int64_t n = 0;

	if (json_in_parse_object(configuration, strlen(configuration), &c, NULL) == 0)
		json_get_i64(c, "clients_per_round", &n);
	json_object_put(c);
	return n;
}

static void look_at_run(void *arg, const struct experiment *x)
{
	struct look *l = arg;
	struct run_seen *v = run_seen(l->s, x->id);
	struct subject *sub;
	struct buf title = {0};
	char id[TEXT_ID_MAX];

	if (v->here)
		return;
	if (!v->known)
		v->expected = clients_per_round(x->configuration);
	v->known = v->here = true;
	v->status = x->status;
	v->rounds_completed = x->rounds_completed;
	v->finished_at_ms = x->finished_at_ms;
	free(v->failure);
	v->failure = x->failure ? mem_strdup(x->failure) : NULL;
	sub = add(l->s, SCOPE_EXPERIMENT);
	sub->experiment_id = x->id;
	buf_addf(&title, "Experiment \"%s\" (%s)", x->name, text_from_id(EXPERIMENT_ID_PREFIX, x->id, id));
	sub->title = buf_take(&title);
	sub->seen = v;
	if (x->status == STATUS_FAILED)
		sub->since_ms = x->finished_at_ms;
}

struct rounds {
	struct judge_round list[ROUNDS_MAX]; /* filled from the end */
	int64_t newest_round;
	size_t n;
};

static void add_round(void *arg, const struct round *r)
{
	struct rounds *rounds = arg;

	if (rounds->n == 0)
		rounds->newest_round = r->round;
	if (rounds->n < ROUNDS_MAX)
		rounds->list[ROUNDS_MAX - ++rounds->n] = (struct judge_round){.completed_at_ms = r->completed_at_ms, .accuracy = r->accuracy, .loss = r->loss,
									    .duration_ms = r->duration_ms, .clients = r->clients, .failed_clients = r->failed_clients};
}

static int judge_run(struct run_seen *v, struct store *st, struct err *e)
{
	struct rounds *rounds = mem_alloc(sizeof(*rounds));
	const struct judge_round *r;
	int rc = round_each_recent(st, v->id, ROUNDS_MAX, add_round, rounds, e);

	if (rc == 0 && rounds->n > 0) {
		r = &rounds->list[ROUNDS_MAX - rounds->n];
		v->newest = r[rounds->n - 1];
		v->newest_round = rounds->newest_round;
		v->loss_not_finite = judge_loss_not_finite(r, rounds->n);
		v->rounds_without_gain = judge_rounds_without_gain(r, rounds->n);
		v->round_time_ratio = judge_round_time_ratio(r, rounds->n);
		v->participation = judge_participation_percent(r, rounds->n, v->expected);
		v->rounds_judged = v->rounds_completed;
	}
	free(rounds);
	return rc;
}

static int look_into_run(struct run_seen *v, struct store *st, struct err *e)
{
	v->client_at_ms = 0;
	if (v->status == STATUS_RUNNING && client_most_silent(st, v->id, v->client, sizeof(v->client), &v->client_at_ms, e) == -1)
		return -1;
	return v->rounds_completed == v->rounds_judged ? 0 : judge_run(v, st, e);
}

static double run_value(const struct run_seen *v, const char *metric, int64_t now_ms)
{
	if (strcmp(metric, "failed") == 0)
		return v->status == STATUS_FAILED;
	if (strcmp(metric, "client_silent_s") == 0)
		return v->client_at_ms && now_ms > v->client_at_ms ? (double)(now_ms - v->client_at_ms) / 1000 : 0;
	if (v->rounds_judged == 0)
		return NAN;
	if (strcmp(metric, "loss_not_finite") == 0)
		return v->loss_not_finite;
	if (strcmp(metric, "rounds_without_gain") == 0)
		return v->rounds_without_gain;
	if (strcmp(metric, "round_time_ratio") == 0)
		return v->round_time_ratio;
	if (strcmp(metric, "participation_percent") == 0)
		return v->participation;
	return strcmp(metric, "accuracy") == 0 ? v->newest.accuracy : strcmp(metric, "loss") == 0 ? v->newest.loss : NAN;
}

static void run_detail(const struct run_seen *v, const char *metric, int64_t now_ms, struct buf *out)
{
	if (strcmp(metric, "failed") == 0) {
		buf_adds(out, v->failure ? v->failure : "no reason is known");
	} else if (strcmp(metric, "client_silent_s") == 0) {
		if (v->client_at_ms)
			buf_addf(out, "%s was last heard of %" PRId64 " s ago", v->client, (now_ms - v->client_at_ms) / 1000);
	} else if (v->rounds_judged == 0) {
		return;
	} else if (strcmp(metric, "round_time_ratio") == 0) {
		buf_addf(out, "round %" PRId64 " took %.1f s", v->newest_round, (double)v->newest.duration_ms / 1000);
	} else if (strcmp(metric, "participation_percent") == 0) {
		buf_addf(out, "round %" PRId64 " had %" PRId64 " clients", v->newest_round, v->newest.clients);
	} else {
		buf_addf(out, "after round %" PRId64, v->newest_round);
	}
}

/* The whole */

static void drop_gone(struct subjects *s)
{
	size_t i, kept = 0;

	for (i = 0; i < s->services_n; i++) {
		if (s->services[i]->here)
			s->services[kept++] = s->services[i];
		else
			service_free(s->services[i]);
	}
	s->services_n = kept;
	for (i = kept = 0; i < s->runs_n; i++) {
		if (s->runs[i]->here)
			s->runs[kept++] = s->runs[i];
		else
			run_free(s->runs[i]);
	}
	s->runs_n = kept;
}

int subjects_look(struct subjects *s, struct store *st, const struct platform_seen *platform, int64_t now_ms, struct err *e)
{
	struct look l = {.s = s, .now_ms = now_ms};
	struct subject *sub;
	size_t i;

	clear_list(s);
	for (i = 0; i < s->services_n; i++)
		s->services[i]->here = false;
	for (i = 0; i < s->runs_n; i++)
		s->runs[i]->here = false;
	s->platform = *platform;
	if (service_each(st, look_at_service, &l, e) == -1 || experiment_each_active(st, look_at_run, &l, e) == -1 ||
	    experiment_each_finished(st, now_ms - SUBJECT_FAILED_AFTER_MS, look_at_run, &l, e) == -1)
		return -1;
	drop_gone(s);
	s->moves = false;
	for (i = 0; i < s->runs_n; i++) {
		if (s->runs[i]->finished_at_ms == 0 || now_ms - s->runs[i]->finished_at_ms < SUBJECT_RUN_AFTER_MS)
			s->moves = true;
		if (look_into_run(s->runs[i], st, e) == -1)
			return -1;
	}
	sub = add(s, SCOPE_PLATFORM);
	sub->title = mem_strdup("The platform's");
	sub->seen = &s->platform;
	return 0;
}

size_t subjects_count(const struct subjects *s)
{
	return s->n;
}

const struct subject *subjects_at(const struct subjects *s, size_t i)
{
	return &s->list[i];
}

const struct subject *subjects_find(const struct subjects *s, const char *service, int64_t experiment_id)
{
	size_t i;

	for (i = 0; i < s->n; i++) {
		const struct subject *sub = &s->list[i];

		if (sub->experiment_id == experiment_id && (service ? sub->service && strcmp(sub->service, service) == 0 : !sub->service))
			return sub;
	}
	return NULL;
}

bool subjects_move(const struct subjects *s)
{
	return s->moves;
}

double subject_value(const struct subject *s, const char *metric, int64_t now_ms)
{
	const struct platform_seen *p;

	if (s->scope == SCOPE_SERVICE)
		return service_value(s->seen, metric, now_ms);
	if (s->scope == SCOPE_EXPERIMENT)
		return run_value(s->seen, metric, now_ms);
	p = s->seen;
	return strcmp(metric, "monitor_lag_ms") == 0 ? p->monitor_lag_ms : strcmp(metric, "store_used_percent") == 0 ? p->store_used_percent : NAN;
}

bool subject_counts(const struct subject *s, const char *metric, int64_t now_ms)
{
	const struct run_seen *v = s->seen;

	if (s->scope != SCOPE_EXPERIMENT || v->finished_at_ms == 0)
		return true;
	return strcmp(metric, "failed") == 0 ? v->status == STATUS_FAILED : now_ms - v->finished_at_ms < SUBJECT_RUN_AFTER_MS;
}

void subject_detail(const struct subject *s, const char *metric, int64_t now_ms, struct buf *out)
{
	const struct service_seen *v = s->seen;
	struct json_object *issues = NULL;
	size_t i;

	if (s->scope == SCOPE_EXPERIMENT)
		run_detail(s->seen, metric, now_ms, out);
	if (s->scope != SCOPE_SERVICE || (strcmp(metric, "unhealthy") != 0 && strcmp(metric, "degraded") != 0))
		return;
	if (json_in_parse(v->issues, strlen(v->issues), &issues, NULL) == 0 && json_object_is_type(issues, json_type_array))
		for (i = 0; i < json_object_array_length(issues); i++)
			buf_addf(out, "%s%s", i ? "; " : "", json_object_get_string(json_object_array_get_idx(issues, i)));
	json_object_put(issues);
}
