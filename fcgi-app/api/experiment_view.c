/* How an experiment is shown; see experiment_view.h. */
#include "config.h"

#include "api/experiment_view.h"

#include "api/engine_view.h"
#include "experiment/progress.h"
#include "lib/json_in.h"
#include "lib/mem.h"
#include "lib/text.h"
#include "store/round.h"
#include "store/timeline.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CURVE_POINTS 40 /* of accuracy_curve, and one more at most */

struct recent {
	struct progress_round rounds[PROGRESS_ROUNDS_MAX]; /* filled from the end: the store gives the newest first */
	size_t n;
	int64_t newest_ms;
};

static void add_recent(void *arg, const struct round *r)
{
	struct recent *recent = arg;

	if (recent->n == 0)
		recent->newest_ms = r->completed_at_ms;
	recent->n++;
	recent->rounds[PROGRESS_ROUNDS_MAX - recent->n] = (struct progress_round){.duration_ms = r->duration_ms, .accuracy = r->accuracy};
}

static const struct progress_round *recent_rounds(const struct recent *r)
{
	return r->rounds + PROGRESS_ROUNDS_MAX - r->n;
}

/*
 * The estimate counts from the newest round's end (or from the end of the pause after it), not from now: it is the same for everybody who asks, and the answer can be kept
 * until the store changes.
 */
static void put_estimate(struct json_out *j, const struct experiment *x, const struct recent *recent)
{
	const char *why = NULL;
	int64_t from = recent->newest_ms > x->status_since_ms ? recent->newest_ms : x->status_since_ms, at = 0;

	if (x->status == STATUS_RUNNING)
		at = progress_estimate_end_ms(recent_rounds(recent), recent->n, x->rounds_total - x->rounds_completed, from, &why);
	else if (x->status == STATUS_PAUSED || x->status == STATUS_PAUSING)
		why = "Paused";
	else if (!status_is_terminal(x->status))
		why = "Not running yet";
	json_put_time(j, "estimated_completion", at);
	json_put_string(j, "eta_reason", why);
}

static void put_duration(struct json_out *j, const struct experiment *x)
{
	if (x->started_at_ms && x->finished_at_ms)
		json_put_double(j, "duration_seconds", (double)(x->finished_at_ms - x->started_at_ms - x->paused_total_ms) / 1000.0);
	else
		json_put_null(j, "duration_seconds");
}

bool experiment_view_may(const struct engine *g, enum status status, enum action a)
{
	static const char *const needed[ACTION_MAX] = {[ACTION_PAUSE] = "pause", [ACTION_RESUME] = "pause", [ACTION_STOP] = "stop", [ACTION_ABORT] = "abort"};
	enum status next;

	/* What is only queued can be taken out of the queue, whatever the engine can. */
	return lifecycle_request(status, a, &next) && (!g || !needed[a] || status == STATUS_QUEUED || engine_can(g, needed[a]));
}

const char *experiment_view_allowed(const struct engine *g, enum status status, char *out, size_t size)
{
	size_t n = 0;
	int a;

	snprintf(out, size, "none");
	for (a = 0; a < ACTION_MAX && n < size; a++)
		if (experiment_view_may(g, status, (enum action)a))
			n += (size_t)snprintf(out + n, size - n, "%s%s", n ? ", " : "", action_name((enum action)a));
	return out;
}

static void put_allowed(struct json_out *j, const struct engine *g, enum status status)
{
	int a;

	json_array_begin(j, "allowed_actions");
	for (a = 0; a < ACTION_MAX; a++)
		if (experiment_view_may(g, status, (enum action)a))
			json_put_string(j, NULL, action_name((enum action)a));
	json_array_end(j);
}

static int put_queue_position(struct request *q, struct json_out *j, const struct experiment *x, struct err *e)
{
	int64_t position;

	if (x->status != STATUS_QUEUED) {
		json_put_null(j, "queue_position");
		return 0;
	}
	if (experiment_queue_position(q->app->store, x->id, &position, e) == -1)
		return -1;
	json_put_i64(j, "queue_position", position);
	return 0;
}

static void put_overhead(struct json_out *j, int64_t bytes)
{
	char text[24];

	json_put_string(j, "communication_overhead", text_from_bytes(bytes, text, sizeof(text)));
	json_put_i64(j, "communication_overhead_bytes", bytes);
}

/* What list and detail have in common. */
static int put_common(struct request *q, struct json_out *j, const struct experiment *x, const struct recent *recent, struct err *e)
{
	char id[TEXT_ID_MAX];

	json_put_string(j, "id", text_from_id(EXPERIMENT_ID_PREFIX, x->id, id));
	json_put_string(j, "name", x->name);
	json_put_string(j, "status", status_name(x->status));
	json_put_string(j, "scenario", x->scenario);
	json_put_string(j, "engine", x->engine);
	json_put_i64(j, "clients_count", x->clients_count);
	json_put_i64(j, "rounds_completed", x->rounds_completed);
	json_put_i64(j, "rounds_total", x->rounds_total);
	json_put_i64(j, "current_round", x->current_round);
	json_put_double(j, "accuracy", x->accuracy);
	json_put_double(j, "loss", x->loss);
	put_overhead(j, x->bytes_total);
	json_put_time(j, "created_at", x->created_at_ms);
	json_put_string(j, "created_by", x->created_by);
	json_put_time(j, "scheduled_at", x->scheduled_at_ms);
	json_put_time(j, "started_at", x->started_at_ms);
	json_put_time(j, "finished_at", x->finished_at_ms);
	json_put_time(j, "status_since", x->status_since_ms);
	json_put_time(j, "updated_at", x->updated_at_ms);
	put_estimate(j, x, recent);
	put_duration(j, x);
	json_put_raw(j, "waiting_for", x->waiting_for);
	json_put_string(j, "failure", x->failure);
	put_allowed(j, catalog_engine(&q->app->catalog, x->engine), x->status);
	json_put_raw(j, "tags", x->tags);
	json_put_string(j, "notes", x->notes);
	return put_queue_position(q, j, x, e);
}

static int read_recent(struct request *q, const struct experiment *x, struct recent *recent, struct err *e)
{
	recent->n = 0;
	recent->newest_ms = 0;
	if (x->rounds_completed == 0)
		return 0;
	return round_each_recent(q->app->store, x->id, PROGRESS_ROUNDS_MAX, add_recent, recent, e);
}

static void add_point(void *arg, const struct round *r)
{
	struct json_out *j = arg;

	json_array_begin(j, NULL);
	json_put_i64(j, NULL, r->round);
	json_put_double(j, NULL, r->accuracy);
	json_array_end(j);
}

/* Some of its points, evenly, and the last: as many as a small picture can show. */
static int put_curve(struct request *q, struct json_out *j, const struct experiment *x, struct err *e)
{
	int rc = 0;

	json_array_begin(j, "accuracy_curve");
	if (x->rounds_completed > 0)
		rc = round_each_some(q->app->store, x->id, x->rounds_completed / CURVE_POINTS + 1, add_point, j, e);
	json_array_end(j);
	return rc;
}

int experiment_view_item(struct request *q, struct json_out *j, const struct experiment *x, bool curve, struct err *e)
{
	struct recent recent = {.n = 0};

	/* Only a running one has an estimate: the others cost no further query. */
	if (x->status == STATUS_RUNNING && read_recent(q, x, &recent, e) == -1)
		return -1;
	json_object_begin(j, NULL);
	if (put_common(q, j, x, &recent, e) == -1 || (curve && put_curve(q, j, x, e) == -1))
		return -1;
	json_object_end(j);
	return 0;
}

struct client_row {
	struct client c; /* texts owned */
	int64_t busy_ms; /* train + transfer in its last round, -1: not known */
};

struct client_rows {
	struct client_row *rows;
	size_t n, cap;
	/* Of one round, which nearly all of them last worked in */
	int64_t round, median;
	size_t telling; /* clients that say how long they were busy in it; 0: not counted yet */
};

static void keep_client(void *arg, const struct client *c)
{
	struct client_rows *all = arg;
	struct client_row *row;

	if (all->n == all->cap) {
		all->cap = all->cap ? all->cap * 2 : 32;
		all->rows = mem_resize(all->rows, all->cap * sizeof(*all->rows));
	}
	row = &all->rows[all->n++];
	row->c = *c;
	row->c.client = mem_strdup(c->client);
	row->c.status = mem_strdup(c->status);
	row->c.detail = c->detail ? mem_strdup(c->detail) : NULL;
	row->busy_ms = c->train_ms < 0 && c->transfer_ms < 0 ? -1 : (c->train_ms > 0 ? c->train_ms : 0) + (c->transfer_ms > 0 ? c->transfer_ms : 0);
}

static int by_value(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void count_round(struct client_rows *all, int64_t round)
{
	int64_t *busy = mem_array(all->n, sizeof(*busy));
	size_t i, n = 0;

	for (i = 0; i < all->n; i++)
		if (all->rows[i].c.round == round && all->rows[i].busy_ms >= 0)
			busy[n++] = all->rows[i].busy_ms;
	qsort(busy, n, sizeof(*busy), by_value);
	all->round = round;
	all->telling = n;
	all->median = n % 2 ? busy[n / 2] : (busy[n / 2 - 1] + busy[n / 2]) / 2;
	free(busy);
}

/*
 * How much longer than the median client of the same round it was busy: the time that a round waits for it.  -1 where fewer than three clients tell, or it does not itself.
 */
static int64_t slows_by(struct client_rows *all, const struct client_row *row)
{
	if (row->busy_ms < 0)
		return -1;
	if (!all->telling || all->round != row->c.round)
		count_round(all, row->c.round);
	if (all->telling < 3)
		return -1;
	return row->busy_ms > all->median ? row->busy_ms - all->median : 0;
}

static void put_client(struct json_out *j, struct client_rows *all, const struct client_row *row)
{
	const struct client *c = &row->c;

	json_object_begin(j, NULL);
	json_put_string(j, "id", c->client);
	json_put_string(j, "status", c->status);
	json_put_double(j, "accuracy", c->accuracy);
	json_put_double(j, "loss", c->loss);
	json_put_time(j, "last_update", c->last_update_ms);
	json_put_count(j, "round", c->round);
	json_put_i64(j, "rounds_participated", c->rounds_count);
	json_put_count(j, "samples", c->samples);
	json_put_count(j, "train_ms", c->train_ms);
	json_put_count(j, "transfer_ms", c->transfer_ms);
	json_put_i64(j, "bytes", c->bytes_total);
	json_put_count(j, "slows_round_by_ms", slows_by(all, row));
	json_put_string(j, "detail", c->detail);
	json_object_end(j);
}

int experiment_view_clients(struct request *q, struct json_out *j, const char *name, int64_t id, int64_t limit, int64_t offset, int64_t *total, struct err *e)
{
	struct client_rows all = {0};
	size_t i;
	int rc = client_each(q->app->store, id, limit, offset, keep_client, &all, total, e);

	json_array_begin(j, name);
	for (i = 0; rc == 0 && i < all.n; i++)
		put_client(j, &all, &all.rows[i]);
	json_array_end(j);
	for (i = 0; i < all.n; i++) {
		free((void *)(uintptr_t)all.rows[i].c.client);
		free((void *)(uintptr_t)all.rows[i].c.status);
		free((void *)(uintptr_t)all.rows[i].c.detail);
	}
	free(all.rows);
	return rc;
}

void experiment_view_network(struct json_out *j, const struct json_object *settings)
{
	const char *text;
	double loss;

	json_put_string(j, "bandwidth_limit", json_get_string(settings, "bandwidth_limit", &text) ? text : NULL);
	json_put_string(j, "latency", json_get_string(settings, "latency", &text) ? text : NULL);
	json_put_double(j, "packet_loss", json_get_double(settings, "packet_loss", &loss) ? loss : NAN);
}

void experiment_view_timeline_entry(void *json_out, const struct timeline_entry *t)
{
	struct json_out *j = json_out;

	json_object_begin(j, NULL);
	json_put_i64(j, "id", t->id);
	json_put_time(j, "timestamp", t->at_ms);
	json_put_string(j, "event", t->event);
	json_put_string(j, "details", t->details);
	json_put_string(j, "actor", t->actor);
	json_object_end(j);
}

static void put_metrics(struct json_out *j, const struct experiment *x, const struct recent *recent)
{
	json_object_begin(j, "metrics");
	json_put_i64(j, "current_round", x->current_round);
	json_put_double(j, "global_accuracy", x->accuracy);
	json_put_double(j, "global_loss", x->loss);
	json_put_double(j, "convergence_rate", progress_convergence_rate(recent_rounds(recent), recent->n));
	put_overhead(j, x->bytes_total);
	json_object_end(j);
}

static void put_network(struct json_out *j, const struct experiment *x)
{
	struct json_object *settings = NULL;

	json_in_parse_object(x->network_settings, strlen(x->network_settings), &settings, NULL);
	json_object_begin(j, "network_settings");
	experiment_view_network(j, settings);
	json_put_raw(j, "not_applied", x->not_applied);
	json_object_end(j);
	json_object_put(settings);
}

int experiment_view_detail(struct request *q, struct json_out *j, const struct experiment *x, struct err *e)
{
	struct recent recent;
	int64_t total;

	if (read_recent(q, x, &recent, e) == -1)
		return -1;
	json_object_begin(j, "experiment");
	if (put_common(q, j, x, &recent, e) == -1)
		return -1;
	/* Of interest until it has begun; later what the run itself says counts. */
	if (engine_view_obstacle(q, j, x->status == STATUS_CREATED || x->status == STATUS_QUEUED ? catalog_engine(&q->app->catalog, x->engine) : NULL, e) == -1)
		return -1;
	json_put_raw(j, "configuration", x->configuration);
	put_network(j, x);
	json_put_raw(j, "policies", x->policies);
	json_put_raw(j, "policy_status", x->policy_status);
	put_metrics(j, x, &recent);
	if (experiment_view_clients(q, j, "clients", x->id, VIEW_CLIENTS_MAX, 0, &total, e) == -1)
		return -1;
	json_array_begin(j, "timeline");
	if (timeline_each_newest(q->app->store, x->id, VIEW_TIMELINE_MAX, experiment_view_timeline_entry, j, e) == -1)
		return -1;
	json_array_end(j);
	json_object_end(j);
	return 0;
}
