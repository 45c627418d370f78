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

/*
 * z = bias + sum of x[row] * w[row].  Two sums in turn, where there are registers for them, hide the latency of the additions.
 */
KERNEL_INLINE void rows(const struct dense_sample *s, const float *w, float *z, unsigned width)
{
	vec a[HIDDEN / VW] = {{0}}, b[HIDDEN / VW] = {{0}};
	unsigned i = 0, k;

	for (k = 0; k < width / VW; k++)
		a[k] = VEC(w + PIXELS * width + k * VW);
	for (; width / VW <= 4 && i + 1 < s->n; i += 2)
		for (k = 0; k < width / VW; k++) {
			a[k] += s->value[i] * VEC(w + s->at[i] * width + k * VW);
			b[k] += s->value[i + 1] * VEC(w + s->at[i + 1] * width + k * VW);
		}
	for (; i < s->n; i++)
		for (k = 0; k < width / VW; k++)
			a[k] += s->value[i] * VEC(w + s->at[i] * width + k * VW);
	for (k = 0; k < width / VW; k++)
		VEC_OUT(z + k * VW) = a[k] + b[k];
}

/* w[row] -= rate * x[row] * delta for the sample's rows and the biases (whose x is 1). */
KERNEL_INLINE void correct_rows(const struct dense_sample *s, float *w, const float *delta, float rate, unsigned width)
{
	unsigned i, k;
	vec d[HIDDEN / VW];

	for (k = 0; k < width / VW; k++) {
		d[k] = rate * VEC(delta + k * VW);
		VEC_OUT(w + PIXELS * width + k * VW) -= d[k];
	}
	for (i = 0; i < s->n; i++)
		for (k = 0; k < width / VW; k++)
			VEC_OUT(w + s->at[i] * width + k * VW) -= s->value[i] * d[k];
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
		rows(s, w, z, LANES);
		KERNEL(kernel_softmax_delta)(z, b->labels[at], s->delta, score);
	}
	for (i = 0; rate > 0 && i < b->n; i++)
		correct_rows(&samples[i], w, samples[i].delta, rate / (float)b->n, LANES);
}

static void output_forward(const float *w, const float *hidden, float *z)
{
	vec a[LANES / VW];
	unsigned i, k;

	for (k = 0; k < LANES / VW; k++)
		a[k] = VEC(w + HIDDEN * LANES + k * VW);
	for (i = 0; i < HIDDEN; i++)
		for (k = 0; k < LANES / VW; k++)
			a[k] += hidden[i] * VEC(w + i * LANES + k * VW);
	for (k = 0; k < LANES / VW; k++)
		VEC_OUT(z + k * VW) = a[k];
}

/* Through the output layer and the ReLU (whose derivative at 0 is taken as 0). */
static void output_backward(const float *w, struct dense_sample *s)
{
	unsigned i;

	for (i = 0; i < HIDDEN; i++)
		s->hidden_delta[i] = s->hidden[i] > 0 ? kernel_dot(w + i * LANES, s->delta) : 0;
}

static void output_correct(float *w, const struct dense_sample *s, float rate)
{
	vec d[LANES / VW];
	unsigned i, k;

	for (k = 0; k < LANES / VW; k++) {
		d[k] = rate * VEC(s->delta + k * VW);
		VEC_OUT(w + HIDDEN * LANES + k * VW) -= d[k];
	}
	for (i = 0; i < HIDDEN; i++)
		for (k = 0; k < LANES / VW; k++)
			VEC_OUT(w + i * LANES + k * VW) -= s->hidden[i] * d[k];
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
		rows(s, w, s->hidden, HIDDEN);
		for (k = 0; k < HIDDEN; k++)
			s->hidden[k] = s->hidden[k] < 0 ? 0 : s->hidden[k]; /* NaN stays NaN */
		output_forward(out, s->hidden, z);
		KERNEL(kernel_softmax_delta)(z, b->labels[at], s->delta, score);
		if (rate > 0)
			output_backward(out, s);
	}
	for (i = 0; rate > 0 && i < b->n; i++) {
		correct_rows(&samples[i], w, samples[i].hidden_delta, rate / (float)b->n, HIDDEN);
		output_correct(out, &samples[i], rate / (float)b->n);
	}
}
