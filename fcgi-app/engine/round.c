/* One round; see round.h. */
#include "config.h"

#include "engine/round.h"

#include "engine/fedavg.h"
#include "engine/netem.h"
#include "engine/train.h"
#include "lib/mem.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum phase { RECEIVING, READY, TRAINED, SENDING, FINISHED, LOST };

struct participant {
	struct federation *f;
	uint32_t client;
	int round;
	size_t samples;
	struct netem_transfer down, up;
	_Atomic int phase; /* enum phase; a worker sets TRAINED, all else is the round's thread */
	double due_ms;     /* receiving, sending: when it is through, on the run's clock */
	float *weights;
	struct train_score score;
	double train_ms;
};

static void report(const struct participant *p, const char *status, const char *detail)
{
	struct events_client c = events_client_init(p->client, p->round, status);
	int phase = p->phase;
	bool trained = phase == TRAINED || phase == SENDING || phase == FINISHED || (phase == LOST && !p->down.lost);

	c.samples = (int64_t)p->samples;
	c.detail = detail;
	if (trained) {
		c.accuracy = p->score.accuracy;
		c.loss = p->score.loss;
		c.train_ms = p->train_ms;
	}
	if (phase >= FINISHED) {
		c.transfer_ms = p->down.ms + (trained ? p->up.ms : 0);
		c.bytes_down = p->down.bytes;
		c.bytes_up = trained ? p->up.bytes : 0;
	}
	events_client(p->f->events, &c);
}

/* A job of the pool. */
static void train(void *arg, unsigned worker)
{
	struct participant *p = arg;
	struct federation *f = p->f;
	double start;

	if (!control_enter(f->control))
		return;
	start = control_clock_ms(f->control);
	report(p, "training", NULL);
	memcpy(p->weights, f->weights, f->model->weights_n * sizeof(*p->weights));
	if (train_client(f, p->client, p->round, p->weights, f->scratch[worker], &p->score)) {
		p->train_ms = control_clock_ms(f->control) - start;
		atomic_store(&p->phase, TRAINED);
	}
	control_leave(f->control);
	control_wake(f->control);
}

static void participant_init(struct participant *p, struct federation *f, uint32_t client, int round, double now_ms)
{
	size_t bytes = model_bytes(f->model);
	struct rng r;

	p->f = f;
	p->client = client;
	p->round = round;
	p->samples = split_size(&f->split, client);
	p->weights = mem_array(f->model->weights_n, sizeof(*p->weights));
	rng_init(&r, (uint64_t)f->spec->seed, RNG_NETWORK, (uint64_t)round, client);
	p->down = netem_transfer(&f->spec->network, bytes, &r);
	p->up = netem_transfer(&f->spec->network, bytes, &r);
	p->phase = RECEIVING;
	p->due_ms = now_ms + p->down.ms;
	if (p->down.ms > 0)
		report(p, "transferring", "receives the global model");
}

/* Move on by what time and the worker have brought; false once it is finished or lost. */
static bool participant_step(struct participant *p, double now_ms)
{
	if (p->phase == RECEIVING && now_ms >= p->due_ms) {
		p->phase = p->down.lost ? LOST : READY;
		if (p->phase == LOST)
			report(p, "lost", "the global model did not reach it in 5 tries");
		else
			pool_submit(p->f->pool, train, p);
	}
	if (p->phase == TRAINED) {
		p->phase = SENDING;
		p->due_ms = now_ms + p->up.ms;
		report(p, "transferring", "sends its update");
	}
	if (p->phase == SENDING && now_ms >= p->due_ms) {
		p->phase = p->up.lost ? LOST : FINISHED;
		report(p, p->up.lost ? "lost" : "finished", p->up.lost ? "its update did not arrive in 5 tries" : NULL);
	}
	return p->phase < FINISHED;
}

/* Until all are finished or lost; false when the round is dropped. */
static bool exchange(struct federation *f, struct participant *all, size_t n)
{
	size_t i, left;
	double now, next;

	do {
		now = control_clock_ms(f->control);
		next = INFINITY;
		for (i = 0, left = 0; i < n; i++) {
			if (!participant_step(&all[i], now))
				continue;
			left++;
			if (all[i].phase == RECEIVING || all[i].phase == SENDING)
				next = fmin(next, all[i].due_ms - now);
		}
		/* A tenth of a millisecond more, so that it is past due after the wait. */
		if (left && !control_wait(f->control, next + 0.1))
			break;
	} while (left);
	pool_drain(f->pool);
	return !control_dropped(f->control);
}

/* The new global weights into f; the old ones when nobody got through.  Returns how many did. */
static size_t aggregate(struct federation *f, const struct participant *all, size_t n)
{
	const float **w = mem_array(n, sizeof(*w));
	size_t *samples = mem_array(n, sizeof(*samples)), i, m = 0;

	for (i = 0; i < n; i++)
		if (all[i].phase == FINISHED) {
			w[m] = all[i].weights;
			samples[m++] = all[i].samples;
		}
	if (m)
		fedavg_aggregate(f->weights, w, samples, m, f->model->weights_n);
	free(samples);
	free(w);
	return m;
}

static int64_t bytes_moved(const struct participant *all, size_t n)
{
	int64_t sum = 0;
	size_t i;

	for (i = 0; i < n; i++)
		sum += all[i].down.bytes + (all[i].down.lost ? 0 : all[i].up.bytes);
	return sum;
}

bool round_run(struct federation *f, int round, struct round_result *result)
{
	size_t n = (size_t)f->spec->clients_per_round, i;
	struct participant *all = mem_array(n, sizeof(*all));
	uint32_t *chosen = mem_array(n, sizeof(*chosen));
	float *before = mem_array(f->model->weights_n, sizeof(*before));
	struct events_round done = {.round = round};
	struct train_score score;
	double start = control_clock_ms(f->control);
	struct rng r;
	bool ok = false;

	memcpy(before, f->weights, f->model->weights_n * sizeof(*before));
	rng_init(&r, (uint64_t)f->spec->seed, RNG_CHOICE, (uint64_t)round, 0);
	fedavg_choose(chosen, n, (size_t)f->spec->clients, &r);
	events_round_started(f->events, round, chosen, n);
	for (i = 0; i < n; i++)
		participant_init(&all[i], f, chosen[i], round, start);
	if (!exchange(f, all, n))
		goto out;
	done.clients = aggregate(f, all, n);
	if (!train_test(f, &score)) {
		memcpy(f->weights, before, f->model->weights_n * sizeof(*before));
		goto out;
	}
	done.failed_clients = n - done.clients;
	done.bytes = bytes_moved(all, n);
	result->accuracy = done.accuracy = score.accuracy;
	result->loss = done.loss = score.loss;
	done.duration_ms = control_clock_ms(f->control) - start;
	events_round_completed(f->events, &done);
	ok = true;
out:
	for (i = 0; i < n; i++)
		free(all[i].weights);
	free(before);
	free(chosen);
	free(all);
	return ok;
}
