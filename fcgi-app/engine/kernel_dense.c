/*
 * softmax and mlp; see kernel.h.  Four of five MNIST pixels are zero, so a sample is turned into the list of those that are not: forward is a sum of weight
 * rows, the update a rank-one correction of the same rows, in place, once all of the batch has passed.  There is no gradient buffer.
 */
#include "config.h"

#include "engine/kernel_impl.h"

#include <math.h>
#include <string.h>

void KERNEL(kernel_softmax_delta)(const float *z, unsigned label, float *delta, struct kernel_score *score)
{
	float top = z[0], sum = 0, p[CLASSES];
	unsigned i, best = 0;

	for (i = 1; i < CLASSES; i++)
		if (z[i] > top) {
			top = z[i];
			best = i;
		}
	for (i = 0; i < CLASSES; i++)
		sum += p[i] = expf(z[i] - top);
	memset(delta, 0, LANES * sizeof(*delta));
	for (i = 0; i < CLASSES; i++)
		delta[i] = p[i] / sum - (i == label ? 1.0f : 0.0f);
	score->loss += (double)(top - z[label]) + log((double)sum);
	score->correct += best == label && sum == sum; /* sum is NaN when any z is */
}

static void gather(struct dense_sample *s, const uint8_t *pixels)
{
	unsigned i, j, n = 0;
	uint64_t eight;

	for (i = 0; i < PIXELS; i += 8) {
		memcpy(&eight, pixels + i, 8);
		if (!eight)
			continue;
		for (j = i; j < i + 8; j++) {
			s->at[n] = (uint16_t)j;
			s->value[n] = (float)pixels[j] * (1.0f / 255);
			n += pixels[j] != 0;
		}
	}
	s->n = n;
}

/* Two and four running sums hide the latency of the additions. */
static void rows16(const struct dense_sample *s, const float *w, float *z)
{
	v8 a0 = V8(w + PIXELS * 16), a1 = V8(w + PIXELS * 16 + 8), b0 = a0 - a0, b1 = b0;
	unsigned i;

	for (i = 0; i + 1 < s->n; i += 2) {
		const float *p = w + s->at[i] * 16, *q = w + s->at[i + 1] * 16;

		a0 += s->value[i] * V8(p);
		a1 += s->value[i] * V8(p + 8);
		b0 += s->value[i + 1] * V8(q);
		b1 += s->value[i + 1] * V8(q + 8);
	}
	if (i < s->n) {
		a0 += s->value[i] * V8(w + s->at[i] * 16);
		a1 += s->value[i] * V8(w + s->at[i] * 16 + 8);
	}
	V8_OUT(z) = a0 + b0;
	V8_OUT(z + 8) = a1 + b1;
}

static void rows32(const struct dense_sample *s, const float *w, float *z)
{
	const float *bias = w + PIXELS * 32;
	v8 a0 = V8(bias), a1 = V8(bias + 8), a2 = V8(bias + 16), a3 = V8(bias + 24);
	unsigned i;

	for (i = 0; i < s->n; i++) {
		const float *p = w + s->at[i] * 32, x = s->value[i];

		a0 += x * V8(p);
		a1 += x * V8(p + 8);
		a2 += x * V8(p + 16);
		a3 += x * V8(p + 24);
	}
	V8_OUT(z) = a0;
	V8_OUT(z + 8) = a1;
	V8_OUT(z + 16) = a2;
	V8_OUT(z + 24) = a3;
}

/* w[row] -= rate * x[row] * delta for the sample's rows and the biases (whose x is 1). */
static inline __attribute__((always_inline)) void correct_rows(const struct dense_sample *s, float *w, const float *delta, float rate, unsigned width)
{
	unsigned i, k;
	v8 d[4];

	for (k = 0; k < width / 8; k++) {
		d[k] = rate * V8(delta + k * 8);
		V8_OUT(w + PIXELS * width + k * 8) -= d[k];
	}
	for (i = 0; i < s->n; i++)
		for (k = 0; k < width / 8; k++)
			V8_OUT(w + s->at[i] * width + k * 8) -= s->value[i] * d[k];
}

static size_t sample_at(const struct kernel_batch *b, size_t i)
{
	return b->index ? b->index[i] : i;
}

void KERNEL(kernel_softmax)(float *w, const struct kernel_batch *b, float rate, void *scratch, struct kernel_score *score)
{
	struct dense_sample *samples = scratch, *s = samples;
	float z[LANES];
	size_t i;

	for (i = 0; i < b->n; i++) {
		size_t at = sample_at(b, i);

		s = rate > 0 ? &samples[i] : samples;
		gather(s, b->images + at * PIXELS);
		rows16(s, w, z);
		KERNEL(kernel_softmax_delta)(z, b->labels[at], s->delta, score);
	}
	for (i = 0; rate > 0 && i < b->n; i++)
		correct_rows(&samples[i], w, samples[i].delta, rate / (float)b->n, 16);
}

static void output_forward(const float *w, const float *hidden, float *z)
{
	v8 a0 = V8(w + HIDDEN * 16), a1 = V8(w + HIDDEN * 16 + 8);
	unsigned i;

	for (i = 0; i < HIDDEN; i++) {
		a0 += hidden[i] * V8(w + i * 16);
		a1 += hidden[i] * V8(w + i * 16 + 8);
	}
	V8_OUT(z) = a0;
	V8_OUT(z + 8) = a1;
}

/* Through the output layer and the ReLU (whose derivative at 0 is taken as 0). */
static void output_backward(const float *w, struct dense_sample *s)
{
	unsigned i, k;

	for (i = 0; i < HIDDEN; i++) {
		v8 t = V8(w + i * 16) * V8(s->delta) + V8(w + i * 16 + 8) * V8(s->delta + 8);
		float sum = 0;

		for (k = 0; k < 8; k++)
			sum += t[k];
		s->hidden_delta[i] = s->hidden[i] > 0 ? sum : 0;
	}
}

static void output_correct(float *w, const struct dense_sample *s, float rate)
{
	v8 d0 = rate * V8(s->delta), d1 = rate * V8(s->delta + 8);
	unsigned i;

	for (i = 0; i < HIDDEN; i++) {
		V8_OUT(w + i * 16) -= s->hidden[i] * d0;
		V8_OUT(w + i * 16 + 8) -= s->hidden[i] * d1;
	}
	V8_OUT(w + HIDDEN * 16) -= d0;
	V8_OUT(w + HIDDEN * 16 + 8) -= d1;
}

void KERNEL(kernel_mlp)(float *w, const struct kernel_batch *b, float rate, void *scratch, struct kernel_score *score)
{
	struct dense_sample *samples = scratch, *s = samples;
	float *out = w + KERNEL_MLP_OUTPUT, z[LANES];
	size_t i;
	unsigned k;

	for (i = 0; i < b->n; i++) {
		size_t at = sample_at(b, i);

		s = rate > 0 ? &samples[i] : samples;
		gather(s, b->images + at * PIXELS);
		rows32(s, w, s->hidden);
		for (k = 0; k < HIDDEN; k++)
			s->hidden[k] = s->hidden[k] < 0 ? 0 : s->hidden[k]; /* NaN stays NaN */
		output_forward(out, s->hidden, z);
		KERNEL(kernel_softmax_delta)(z, b->labels[at], s->delta, score);
		if (rate > 0)
			output_backward(out, s);
	}
	for (i = 0; rate > 0 && i < b->n; i++) {
		correct_rows(&samples[i], w, samples[i].hidden_delta, rate / (float)b->n, 32);
		output_correct(out, &samples[i], rate / (float)b->n);
	}
}
