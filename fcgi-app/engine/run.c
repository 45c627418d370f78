/* From spec.json to the final state; see run.h. */
#include "config.h"

#include "engine/run.h"

#include "engine/federation.h"
#include "engine/model_file.h"
#include "engine/round.h"
#include "lib/log.h"
#include "lib/mem.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SPEC_FILE "spec.json"
#define CONTROL_FIFO "control"
#define EVENTS_FILE "events.jsonl"
#define MODEL_FILE "model.bin"

static void *scratch_new(const struct federation *f)
{
	size_t n = (size_t)f->spec->batch_size;
	void *p = aligned_alloc(64, kernel_scratch_size(f->model->kernel, n));

	if (!p) {
		log_error("out of memory");
		abort();
	}
	return p;
}

static int prepare(struct federation *f, const char *search, struct err *e)
{
	const struct spec *spec = f->spec;
	size_t n = (size_t)spec->train_samples, clients = (size_t)spec->clients;
	struct rng r;
	unsigned i;

	if (dataset_load(&f->data, spec->dataset, search, e) == -1)
		return -1;
	if (f->data.train_n < clients)
		return err_set(e, ERR_INVALID, "The data set has %zu training samples, fewer than clients", f->data.train_n);
	rng_init(&r, (uint64_t)spec->seed, RNG_SUBSET, 0, 0);
	dataset_keep(&f->data, n, &r);
	rng_init(&r, (uint64_t)spec->seed, RNG_SPLIT, 0, 0);
	if (strcmp(spec->partition, "iid") == 0)
		split_iid(&f->split, f->data.train_n, clients, &r);
	else
		split_dirichlet(&f->split, f->data.train_labels, f->data.train_n, clients, spec->alpha, &r);
	f->model = model_find(spec->model);
	f->kernel = kernel_best();
	f->weights = mem_array(f->model->weights_n, sizeof(*f->weights));
	rng_init(&r, (uint64_t)spec->seed, RNG_WEIGHTS, 0, 0);
	model_init(f->model, f->weights, &r);
	f->pool = pool_new(spec->threads);
	f->scratch = mem_array(spec->threads, sizeof(*f->scratch));
	for (i = 0; i < spec->threads; i++)
		f->scratch[i] = scratch_new(f);
	return 0;
}

static void clear(struct federation *f)
{
	unsigned i;

	pool_free(f->pool);
	for (i = 0; f->scratch && i < f->spec->threads; i++)
		free(f->scratch[i]);
	free(f->scratch);
	free(f->weights);
	split_clear(&f->split);
	dataset_clear(&f->data);
}

static void introduce_network(const struct federation *f)
{
	const struct netem *n = &f->spec->network;
	double bits = n->bandwidth_bits_per_s;
	char rate[48] = "no bandwidth limit";

	if (!netem_active(n)) {
		events_log(f->events, "info", "The network is emulated; without limits, transfers take no time. The training is real.");
		return;
	}
	if (bits >= 1e6)
		snprintf(rate, sizeof(rate), "%.10g Mbit/s", bits / 1e6);
	else if (bits > 0)
		snprintf(rate, sizeof(rate), "%.10g kbit/s", bits / 1e3);
	events_log(f->events, "info", "The network is emulated: %s, latency %g ms, %g %% of transfers lost. The training is real.", rate, n->latency_ms,
	           n->packet_loss * 100);
}

/* What a reader of the timeline should know, and each client with its share. */
static void introduce(struct federation *f)
{
	const struct spec *s = f->spec;
	struct events_client c;
	uint32_t k;

	events_log(f->events, "info", "Training %s (%zu parameters) on %zu samples of %s, split %s over %d clients.", f->model->name, f->model->parameters_n,
	           f->data.train_n, s->dataset, s->partition, (int)s->clients);
	introduce_network(f);
	if (s->not_applied[0])
		events_not_applied(f->events, s->not_applied, "The emulated network knows bandwidth, latency and packet loss only.");
	if (s->policies_n)
		events_log(f->events, "info", "Policies have no effect on the emulated network.");
	for (k = 0; k < s->clients; k++) {
		c = events_client_init(k, 0, "idle");
		c.samples = (int64_t)split_size(&f->split, k);
		events_client(f->events, &c);
	}
}

static int save(struct federation *f, int rounds, const struct round_result *last)
{
	struct model_file_note note = {.dataset = f->spec->dataset, .seed = f->spec->seed, .rounds = rounds, .accuracy = last->accuracy, .loss = last->loss};
	struct err e;

	if (model_file_write(MODEL_FILE, f->model, f->weights, &note, &e) == -1) {
		events_error(f->events, e.msg);
		events_state(f->events, EVENTS_FAILED, "The model could not be saved.");
		return 1;
	}
	events_artifact(f->events, MODEL_FILE, "model", "The global model; see docs/model-format.md");
	return 0;
}

static int finish(struct federation *f, int rounds, int unfinished, const struct round_result *last)
{
	enum control_want want = control_want(f->control);

	if (want == CONTROL_ABORT) {
		events_state(f->events, EVENTS_ABORTED, NULL);
		return 0;
	}
	if (unfinished)
		events_log(f->events, "info", "Round %d was not finished, because the run was stopped while paused.", unfinished);
	if (save(f, rounds, last) != 0)
		return 1;
	events_state(f->events, want == CONTROL_RUN || want == CONTROL_PAUSE ? EVENTS_COMPLETED : EVENTS_STOPPED, NULL);
	return 0;
}

static int train(struct federation *f)
{
	struct round_result last = {.accuracy = NAN, .loss = NAN};
	int round = 0, unfinished = 0, rounds = (int)f->spec->rounds;
	bool diverged = false;

	introduce(f);
	control_begin(f->control);
	/* Working to the end: a pause that comes after the last round is not confirmed, the final state answers it. */
	control_resume_work(f->control);
	while (round < rounds && control_pass(f->control) && control_want(f->control) < CONTROL_STOP) {
		if (!round_run(f, round + 1, &last)) {
			unfinished = round + 1;
			break;
		}
		round++;
		if (!isfinite(last.loss) && !diverged) {
			diverged = true;
			events_log(f->events, "warning", "The loss is not a finite number any more: the learning rate may be too high.");
		}
	}
	return finish(f, round, unfinished, &last);
}

static int fail(struct events *ev, const struct err *e)
{
	log_error("%s", e->msg);
	events_error(ev, e->msg);
	events_state(ev, EVENTS_FAILED, e->msg);
	return 1;
}

int run_main(const char *search)
{
	struct federation f = {0};
	struct spec spec;
	struct err e;
	int rc;

	if (events_open(&f.events, EVENTS_FILE, &e) == -1) {
		log_error("%s", e.msg);
		return 1;
	}
	f.spec = &spec;
	if (spec_load(&spec, SPEC_FILE, &e) == -1 || control_open(&f.control, CONTROL_FIFO, f.events, &e) == -1) {
		rc = fail(f.events, &e);
		goto out;
	}
	rc = prepare(&f, search, &e) == -1 ? fail(f.events, &e) : train(&f);
out:
	clear(&f);
	control_close(f.control);
	events_close(f.events);
	return rc;
}
