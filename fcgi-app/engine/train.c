/* Local training and testing; see train.h. */
#include "config.h"

#include "engine/train.h"

#include "lib/mem.h"

#include <stdlib.h>
#include <string.h>

/* Large enough to cost nothing per chunk, small enough that a pause takes hold in some milliseconds with the slowest model. */
#define TEST_CHUNK 100

static struct train_score score_of(const struct kernel_score *s, size_t n)
{
	return (struct train_score){.accuracy = (double)s->correct / (double)n, .loss = s->loss / (double)n};
}

bool train_client(const struct federation *f, uint32_t client, int round, float *w, void *scratch, struct train_score *score)
{
	const struct spec *spec = f->spec;
	size_t n = split_size(&f->split, client), at, batch_n = (size_t)spec->batch_size;
	uint32_t *order = mem_array(n, sizeof(*order));
	struct kernel_score sum = {0};
	struct rng r;
	int64_t epoch;
	bool on = true;

	memcpy(order, f->split.index + f->split.start[client], n * sizeof(*order));
	rng_init(&r, (uint64_t)spec->seed, RNG_TRAINING, (uint64_t)round, client);
	for (epoch = 0; on && epoch < spec->local_epochs; epoch++) {
		memset(&sum, 0, sizeof(sum));
		rng_shuffle(&r, order, n);
		for (at = 0; at < n && (on = control_pass(f->control)); at += batch_n) {
			struct kernel_batch b = {f->data.train_images, f->data.train_labels, order + at, n - at < batch_n ? n - at : batch_n};

			f->kernel->step[f->model->kernel](w, &b, (float)spec->learning_rate, scratch, &sum);
		}
	}
	*score = score_of(&sum, n);
	free(order);
	return on;
}

struct chunk {
	const struct federation *f;
	size_t at, n;
	struct kernel_score score;
};

static void test_chunk(void *arg, unsigned worker)
{
	struct chunk *c = arg;
	const struct federation *f = c->f;
	struct kernel_batch b = {f->data.test_images + c->at * DATASET_PIXELS, f->data.test_labels + c->at, NULL, c->n};

	if (!control_enter(f->control))
		return;
	f->kernel->step[f->model->kernel](f->weights, &b, 0, f->scratch[worker], &c->score);
	control_leave(f->control);
}

bool train_test(const struct federation *f, struct train_score *score)
{
	size_t n = f->data.test_n, chunks_n = (n + TEST_CHUNK - 1) / TEST_CHUNK, i;
	struct chunk *chunks = mem_array(chunks_n, sizeof(*chunks));
	struct kernel_score sum = {0};

	control_leave(f->control);
	for (i = 0; i < chunks_n; i++) {
		chunks[i].f = f;
		chunks[i].at = i * TEST_CHUNK;
		chunks[i].n = n - chunks[i].at < TEST_CHUNK ? n - chunks[i].at : TEST_CHUNK;
		pool_submit(f->pool, test_chunk, &chunks[i]);
	}
	pool_drain(f->pool);
	control_resume_work(f->control);
	for (i = 0; i < chunks_n; i++) {
		sum.loss += chunks[i].score.loss;
		sum.correct += chunks[i].score.correct;
	}
	*score = score_of(&sum, n);
	free(chunks);
	return !control_dropped(f->control);
}
