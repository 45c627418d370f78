/*
 * engine: the models.  A reference in plain loops and doubles computes the loss from the published tensors, as docs/model-format.md describes them; the kernels
 * must agree with its loss and, weight by weight, with its slope (central finite differences).
 */
#include "config.h"

#include "engine_fixture.h"

#include "engine/kernel.h"
#include "engine/model.h"
#include "engine/model_file.h"
#include "lib/json_in.h"
#include "lib/mem.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BATCH 5
#define PIXELS 784

static const char *const names[] = {"softmax", "mlp", "cnn"};

static const struct kernel *const kernels[] = {
	&kernel_base,
#ifdef HAVE_KERNEL_AVX2
	&kernel_avx2,
#endif
};

struct bench {
	const struct model *model;
	uint8_t images[BATCH * PIXELS], labels[BATCH];
	struct kernel_batch batch;
	float *w;           /* as the kernels have it */
	double *published;  /* the same, in published order */
	void *scratch;
};

/* ---- the reference ---- */

static double cross_entropy(const double *z, unsigned label)
{
	double top = z[0], sum = 0;
	int i;

	for (i = 1; i < 10; i++)
		top = fmax(top, z[i]);
	for (i = 0; i < 10; i++)
		sum += exp(z[i] - top);
	return log(sum) + top - z[label];
}

/* out[n] = bias + w[n][m] · in */
static void linear(double *out, const double *w, const double *bias, const double *in, int n, int m)
{
	int i, k;

	for (i = 0; i < n; i++) {
		out[i] = bias[i];
		for (k = 0; k < m; k++)
			out[i] += w[i * m + k] * in[k];
	}
}

/* out[co][side-4][side-4]: w[co][ci][5][5] over in[ci][side][side], ReLU, then 2x2 maxima into out[co][(side-4)/2][(side-4)/2] */
static void conv_pool(double *out, const double *w, const double *bias, const double *in, int co, int ci, int side)
{
	int half = (side - 4) / 2, o, y, x, i, ky, kx, place;

	for (o = 0; o < co; o++)
		for (y = 0; y < half; y++)
			for (x = 0; x < half; x++) {
				double top = 0; /* ReLU */

				for (place = 0; place < 4; place++) {
					double sum = bias[o];

					for (i = 0; i < ci; i++)
						for (ky = 0; ky < 5; ky++)
							for (kx = 0; kx < 5; kx++)
								sum += w[((o * ci + i) * 5 + ky) * 5 + kx] *
								       in[(i * side + 2 * y + place / 2 + ky) * side + 2 * x + place % 2 + kx];
					top = fmax(top, sum);
				}
				out[(o * half + y) * half + x] = top;
			}
}

static void reference_outputs(const struct model *m, const double *p, const double *in, double *z)
{
	double hidden[32], pool1[8 * 144], pool2[256];
	int i;

	switch (m->kernel) {
	case KERNEL_SOFTMAX:
		linear(z, p, p + 7840, in, 10, 784);
		break;
	case KERNEL_MLP:
		linear(hidden, p, p + 25088, in, 32, 784);
		for (i = 0; i < 32; i++)
			hidden[i] = fmax(hidden[i], 0);
		linear(z, p + 25120, p + 25440, hidden, 10, 32);
		break;
	default:
		conv_pool(pool1, p, p + 200, in, 8, 1, 28);
		conv_pool(pool2, p + 208, p + 3408, pool1, 16, 8, 12);
		linear(z, p + 3424, p + 5984, pool2, 10, 256);
	}
}

/* The mean loss over the batch. */
static double reference_loss(const struct bench *b)
{
	double in[PIXELS], z[10], sum = 0;
	size_t i, k;

	for (i = 0; i < BATCH; i++) {
		for (k = 0; k < PIXELS; k++)
			in[k] = b->images[i * PIXELS + k] / 255.0;
		reference_outputs(b->model, b->published, in, z);
		sum += cross_entropy(z, b->labels[i]);
	}
	return sum / BATCH;
}

/* ---- ---- */

static void bench_init(struct bench *b, const char *name)
{
	float *published;
	struct rng r;
	size_t i, k;

	b->model = model_find(name);
	b->w = mem_array(b->model->weights_n, sizeof(float));
	b->published = mem_array(b->model->parameters_n, sizeof(double));
	b->scratch = aligned_alloc(64, kernel_scratch_size(b->model->kernel, BATCH));
	b->batch = (struct kernel_batch){b->images, b->labels, NULL, BATCH};
	published = mem_array(b->model->parameters_n, sizeof(float));
	rng_init(&r, 3, RNG_WEIGHTS, 0, 0);
	/* images like digits: a block of strokes, zero around; but 0 is empty, 1 is full, 2 and 3 have a few single pixels */
	for (i = 0; i < BATCH; i++) {
		b->labels[i] = (uint8_t)rng_below(&r, 10);
		for (k = 0; k < PIXELS; k++) {
			bool block = k / 28 > 5 && k / 28 < 22 && k % 28 > 7 && k % 28 < 20 && rng_below(&r, 3);
			bool inside = i == 1 || (i > 3 && block) || ((i == 2 || i == 3) && rng_below(&r, 60) == 0);

			b->images[i * PIXELS + k] = inside ? (uint8_t)rng_below(&r, 256) : 0;
		}
	}
	model_init(b->model, b->w, &r);
	model_export(b->model, b->w, published);
	/* biases that are not zero, too */
	for (i = 0; i < b->model->parameters_n; i++) {
		if (published[i] == 0)
			published[i] = (float)(0.1 * rng_normal(&r));
		b->published[i] = (double)published[i];
	}
	model_import(b->model, published, b->w);
	free(published);
}

static void bench_clear(struct bench *b)
{
	free(b->w);
	free(b->published);
	free(b->scratch);
}

static void step(const struct bench *b, const struct kernel *k, float *w, float rate, struct kernel_score *score)
{
	memset(score, 0, sizeof(*score));
	k->step[b->model->kernel](w, &b->batch, rate, b->scratch, score);
}

static bool runnable(const struct kernel *k)
{
	return k == &kernel_base || k == kernel_best();
}

/* The kernel's gradient is what a step of rate 1 takes off; in published order. */
static void gradient(const struct bench *b, const struct kernel *k, float *g)
{
	float *w = mem_array(b->model->weights_n, sizeof(*w)), *after = mem_array(b->model->parameters_n, sizeof(*after));
	struct kernel_score score;
	size_t i, zero = 0;

	memcpy(w, b->w, b->model->weights_n * sizeof(*w));
	step(b, k, w, 1, &score);
	model_export(b->model, w, after);
	for (i = 0; i < b->model->parameters_n; i++)
		g[i] = (float)(b->published[i] - (double)after[i]);
	/* padding stays zero */
	model_import(b->model, after, b->w);
	for (i = 0; i < b->model->weights_n; i++)
		zero += w[i] != b->w[i];
	ck_assert_uint_eq(zero, 0);
	free(w);
	free(after);
}

START_TEST(loss_and_slopes)
{
	const struct kernel *k = kernels[_i / 3];
	struct bench b;
	struct kernel_score score;
	float *g;
	size_t i, stride;
	double base, up, down, slope, p;

	if (!runnable(k))
		return;
	bench_init(&b, names[_i % 3]);
	step(&b, k, b.w, 0, &score);
	base = reference_loss(&b);
	ck_assert_double_eq_tol(score.loss / BATCH, base, 1e-5);

	g = mem_array(b.model->parameters_n, sizeof(*g));
	gradient(&b, k, g);
	/* Primes, so that all tensors, rows and columns come up. */
	stride = b.model->kernel == KERNEL_CNN ? 11 : 17;
	for (i = 0; i < b.model->parameters_n; i += stride) {
		p = b.published[i];
		b.published[i] = p + 1e-6;
		up = reference_loss(&b);
		b.published[i] = p - 1e-6;
		down = reference_loss(&b);
		b.published[i] = p;
		slope = (up - down) / 2e-6;
		ck_assert_msg(fabs(slope - (double)g[i]) < 1e-5 + 1e-3 * fabs(slope), "%s %s parameter %zu: slope %g, kernel %g", k->name, b.model->name, i,
		              slope, (double)g[i]);
	}
	free(g);
	bench_clear(&b);
}
END_TEST

START_TEST(variants_agree)
{
	struct bench b;
	struct kernel_score one, two;
	const struct kernel *best = kernel_best();

	bench_init(&b, names[_i]);
	step(&b, &kernel_base, b.w, 0, &one);
	step(&b, best, b.w, 0, &two);
	ck_assert_double_eq_tol(one.loss, two.loss, 1e-4);
	ck_assert_uint_eq(one.correct, two.correct);
	bench_clear(&b);
}
END_TEST

START_TEST(batches_are_picked_by_index)
{
	static const uint32_t index[] = {4, 2};
	struct bench b;
	struct kernel_score one = {0}, two = {0};

	bench_init(&b, names[_i]);
	b.batch = (struct kernel_batch){b.images, b.labels, index, 2};
	kernel_base.step[b.model->kernel](b.w, &b.batch, 0, b.scratch, &one);
	b.batch = (struct kernel_batch){b.images + 4 * PIXELS, b.labels + 4, NULL, 1};
	kernel_base.step[b.model->kernel](b.w, &b.batch, 0, b.scratch, &two);
	b.batch = (struct kernel_batch){b.images + 2 * PIXELS, b.labels + 2, NULL, 1};
	kernel_base.step[b.model->kernel](b.w, &b.batch, 0, b.scratch, &two);
	ck_assert_double_eq(one.loss, two.loss);
	bench_clear(&b);
}
END_TEST

/* Weights that are not finite: no crash, the loss says so, nothing counts as a hit. */
START_TEST(divergence_shows)
{
	const struct kernel *k = kernels[_i / 3];
	struct bench b;
	struct kernel_score score;

	if (!runnable(k))
		return;
	bench_init(&b, names[_i % 3]);
	b.w[b.model->tensors[b.model->tensors_n - 1].offset] = NAN; /* the last bias of class 0 */
	step(&b, k, b.w, 0.1f, &score);
	ck_assert(!isfinite(score.loss));
	ck_assert_uint_eq(score.correct, 0);
	bench_clear(&b);
}
END_TEST

START_TEST(files)
{
	const struct model *m = model_find(names[_i]);
	float *w = mem_array(m->weights_n, sizeof(*w)), *published = mem_array(m->parameters_n, sizeof(*published));
	struct model_file_note note = {.dataset = "mnist", .seed = 1, .rounds = 3, .accuracy = 0.9, .loss = NAN};
	struct json_object *o = NULL, *meta;
	const char *text;
	struct buf b = {0};
	struct err e;
	struct rng r;
	uint64_t header = 0;
	int i;

	rng_init(&r, 1, RNG_WEIGHTS, 0, 0);
	model_init(m, w, &r);
	model_export(m, w, published);
	model_file_build(m, w, &note, &b);
	for (i = 7; i >= 0; i--)
		header = header << 8 | (uint8_t)b.data[i];
	ck_assert_uint_eq(header % 8, 0);
	ck_assert_uint_eq(b.len, 8 + header + model_bytes(m));
	ck_assert_msg(json_in_parse_object(b.data + 8, header, &o, &e) == 0, "%s", e.msg);
	meta = json_get(o, "__metadata__", NULL);
	ck_assert(json_get_string(meta, "model", &text) && strcmp(text, m->name) == 0);
	ck_assert(json_get_string(meta, "loss", &text) && *text == '\0');
	for (i = 0; i < (int)m->tensors_n; i++)
		ck_assert_ptr_nonnull(json_get(o, m->tensors[i].name, NULL));
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	ck_assert_mem_eq(b.data + 8 + header, published, model_bytes(m));
#endif
	json_object_put(o);
	buf_clear(&b);
	free(w);
	free(published);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("engine model");
	TCase *t = tcase_create("model");
	SRunner *runner;
	int failed, variants = (int)ARRAY_LEN(kernels) * 3;

	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, loss_and_slopes, 0, variants);
	tcase_add_loop_test(t, variants_agree, 0, 3);
	tcase_add_loop_test(t, batches_are_picked_by_index, 0, 3);
	tcase_add_loop_test(t, divergence_shows, 0, variants);
	tcase_add_loop_test(t, files, 0, 3);
	suite_add_tcase(suite, t);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
