/*
 * cnn; see kernel.h.  Convolution, ReLU and max-pooling are one step: a pooled cell needs its four places, and only the largest of them matters afterwards.
 *
 * Forward, channels are the lanes, and eight running sums hide the latency of the additions: two cells of the first layer with one register of channels, one of
 * the second with two.  A cell whose 6x6 pixels are all zero is known without arithmetic (half of MNIST's).
 * Backward, a pooled cell hands its gradient to one place only, a quarter of the work of a plain convolution; which cells carry one at all is first written
 * into a list without branches, since half of them do and no processor guesses which.
 */
#include "config.h"

#include "engine/kernel_impl.h"

#include <stdbool.h>
#include <string.h>

/* The larger of a and b by lane; where b is larger, at becomes i. */
#define KEEP_LARGER(a, b, at, i)                                            \
	do {                                                                \
		veci larger_ = (veci)((b) > (a));                           \
		a = (vec)(((veci)(b) & larger_) | ((veci)(a) & ~larger_));  \
		at = ((i) & larger_) | (at & ~larger_);                     \
	} while (0)

/* Bias, ReLU and the largest of four places for VW channels; the places' sums are stride apart. */
KERNEL_INLINE void pool_store(const vec *sum, size_t stride, vec bias, float *out, int32_t *argmax)
{
	const vec zero = {0};
	vec top = sum[0];
	veci at = {0}, positive;

	KEEP_LARGER(top, sum[stride], at, 1);
	KEEP_LARGER(top, sum[2 * stride], at, 2);
	KEEP_LARGER(top, sum[3 * stride], at, 3);
	top += bias;
	positive = (veci)(top > zero) | (veci)(top != top); /* NaN stays NaN */
	VEC_OUT(out) = (vec)((veci)top & positive);
	*(veci *)argmax = at;
}

static void image_load(struct cnn_scratch *c, const uint8_t *pixels)
{
	unsigned y, x;

	for (y = 0; y < 28; y++) {
		float *row = c->image + y * IMAGE_STRIDE;
		uint32_t mask = 0;

		for (x = 0; x < 28; x++)
			row[x] = (float)pixels[y * 28 + x] * (1.0f / 255);
		for (x = 0; x < 28; x++)
			mask |= (uint32_t)(pixels[y * 28 + x] != 0) << x;
		c->row_mask[y] = mask;
	}
}

/* Two neighbouring cells, VW channels: places (row 0, 1) x (column 0 … 3).  By cell, its four places one after the other. */
static void conv1_cells(const float *image, const float *w, vec sum[8])
{
	vec s0 = {0}, s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0, s7 = s0;
	unsigned ky, kx;

	for (ky = 0; ky < 5; ky++, image += IMAGE_STRIDE)
		for (kx = 0; kx < 5; kx++, w += 8) {
			const float *p = image + kx, *q = p + IMAGE_STRIDE;

			s0 += p[0] * VEC(w);
			s1 += p[1] * VEC(w);
			s2 += p[2] * VEC(w);
			s3 += p[3] * VEC(w);
			s4 += q[0] * VEC(w);
			s5 += q[1] * VEC(w);
			s6 += q[2] * VEC(w);
			s7 += q[3] * VEC(w);
		}
	sum[0] = s0;
	sum[1] = s1;
	sum[2] = s4;
	sum[3] = s5;
	sum[4] = s2;
	sum[5] = s3;
	sum[6] = s6;
	sum[7] = s7;
}

static void conv1_pair(struct cnn_scratch *c, const float *image, unsigned cell, bool empty, const float *bias)
{
	vec sum[8] = {{0}};
	unsigned ch;

	for (ch = 0; ch < 8; ch += VW) {
		float *out = c->pool1 + cell * 8 + ch;
		int32_t *argmax = c->argmax1 + cell * 8 + ch;

		if (!empty)
			conv1_cells(image, c->w1 + ch, sum);
		pool_store(sum, 1, VEC(bias + ch), out, argmax);
		pool_store(sum + 4, 1, VEC(bias + ch), out + 8, argmax + 8);
	}
}

static void conv1_forward(struct cnn_scratch *c, const float *bias)
{
	unsigned y, x, k, cell;

	for (y = 0; y < POOL1_SIDE; y++) {
		uint32_t rows = 0;

		for (k = 0; k < 6; k++)
			rows |= c->row_mask[2 * y + k];
		for (x = 0; x < POOL1_SIDE; x += 2) {
			cell = y * POOL1_SIDE + x;
			c->empty1[cell] = (rows >> (2 * x) & 63) == 0;
			c->empty1[cell + 1] = (rows >> (2 * x + 2) & 63) == 0;
			conv1_pair(c, c->image + 2 * y * IMAGE_STRIDE + 2 * x, cell, c->empty1[cell] && c->empty1[cell + 1], bias);
		}
	}
}

/* One cell, two times VW channels: four places, sum[place * 2 + half]. */
static void conv2_cell(const float *in, const float *w, vec sum[8])
{
	const unsigned row = POOL1_SIDE * 8;
	vec s0 = {0}, s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0, s7 = s0;
	unsigned ky, k;

	/* the five columns of eight channels are forty floats in a row; a column further is eight on */
	for (ky = 0; ky < 5; ky++, in += row)
		for (k = 0; k < 40; k++, w += 16) {
			vec w0 = VEC(w), w1 = VEC(w + VW);

			s0 += in[k] * w0;
			s1 += in[k] * w1;
			s2 += in[k + 8] * w0;
			s3 += in[k + 8] * w1;
			s4 += in[k + row] * w0;
			s5 += in[k + row] * w1;
			s6 += in[k + row + 8] * w0;
			s7 += in[k + row + 8] * w1;
		}
	sum[0] = s0;
	sum[1] = s1;
	sum[2] = s2;
	sum[3] = s3;
	sum[4] = s4;
	sum[5] = s5;
	sum[6] = s6;
	sum[7] = s7;
}

static void conv2_forward(struct cnn_scratch *c, const float *bias)
{
	unsigned y, x, ch, at;
	vec sum[8];

	for (y = 0; y < 4; y++)
		for (x = 0; x < 4; x++)
			for (ch = 0; ch < 16; ch += 2 * VW) {
				at = (y * 4 + x) * 16 + ch;
				conv2_cell(c->pool1 + (2 * y * POOL1_SIDE + 2 * x) * 8, c->w2 + ch, sum);
				pool_store(sum, 2, VEC(bias + ch), c->pool2 + at, c->argmax2 + at);
				pool_store(sum + 1, 2, VEC(bias + ch + VW), c->pool2 + at + VW, c->argmax2 + at + VW);
			}
}

static void fc_forward(const struct cnn_scratch *c, const float *w, float *z)
{
	vec a[LANES / VW], b[LANES / VW] = {{0}};
	unsigned i, k;

	for (k = 0; k < LANES / VW; k++)
		a[k] = VEC(w + 256 * LANES + k * VW);
	for (i = 0; i < 256; i += 2)
		for (k = 0; k < LANES / VW; k++) {
			a[k] += c->pool2[i] * VEC(w + i * LANES + k * VW);
			b[k] += c->pool2[i + 1] * VEC(w + (i + 1) * LANES + k * VW);
		}
	for (k = 0; k < LANES / VW; k++)
		VEC_OUT(z + k * VW) = a[k] + b[k];
}

/* The places of values that passed the ReLU, in order; returns how many. */
static unsigned list_active(const float *v, unsigned n, uint16_t *list)
{
	unsigned i, m = 0;

	for (i = 0; i < n; i++) {
		list[m] = (uint16_t)i;
		m += v[i] > 0;
	}
	return m;
}

static void fc_backward(struct cnn_scratch *c, const float *w, unsigned active_n)
{
	float *g = c->gradient + KERNEL_CNN_FC;
	unsigned j, k;

	for (j = 0; j < active_n; j++) {
		unsigned i = c->active[j];

		for (k = 0; k < LANES; k += VW)
			VEC_OUT(g + i * LANES + k) += c->pool2[i] * VEC(c->delta + k);
		c->pool2_delta[i] = kernel_dot(w + i * LANES, c->delta);
	}
	for (k = 0; k < LANES; k += VW)
		VEC_OUT(g + 256 * LANES + k) += VEC(c->delta + k);
}

static void conv2_backward(struct cnn_scratch *c, const float *w, unsigned active_n)
{
	float *gw = c->gradient + KERNEL_CNN_W2, *gb = c->gradient + KERNEL_CNN_B2;
	unsigned j, ky, kx;

	memset(c->pool1_delta, 0, sizeof(c->pool1_delta));
	for (j = 0; j < active_n; j++) {
		unsigned i = c->active[j], cell = i / 16, channel = i % 16, place = (unsigned)c->argmax2[i];
		unsigned at = ((cell / 4 * 2 + place / 2) * POOL1_SIDE + cell % 4 * 2 + place % 2) * 8;
		float *gp = gw + channel * 200, d = c->pool2_delta[i];
		const float *wp = w + channel * 200;

		gb[channel] += d;
		for (ky = 0; ky < 5; ky++, at += POOL1_SIDE * 8)
			for (kx = 0; kx < 40; kx += VW, gp += VW, wp += VW) {
				VEC_OUT(gp) += d * VEC(c->pool1 + at + kx);
				VEC_OUT(c->pool1_delta + at + kx) += d * VEC(wp);
			}
	}
}

/* Columns 5 to 7 of each row gather nonsense; apply() leaves them out. */
static void conv1_backward(struct cnn_scratch *c, unsigned active_n)
{
	float *gw = c->gradient + KERNEL_CNN_W1, *gb = c->gradient + KERNEL_CNN_B1;
	unsigned j, ky, kx;

	for (j = 0; j < active_n; j++) {
		unsigned i = c->active[j], cell = i / 8, channel = i % 8, place = (unsigned)c->argmax1[i];
		const float *p = c->image + (cell / POOL1_SIDE * 2 + place / 2) * IMAGE_STRIDE + cell % POOL1_SIDE * 2 + place % 2;
		float d = c->pool1_delta[i];

		gb[channel] += d;
		if (c->empty1[cell])
			continue;
		for (ky = 0; ky < 5; ky++)
			for (kx = 0; kx < 8; kx += VW)
				VEC_OUT(gw + channel * 40 + ky * 8 + kx) += d * VEC(p + ky * IMAGE_STRIDE + kx);
	}
}

static void prepare(struct cnn_scratch *c, const float *w)
{
	unsigned channel, k, in;

	for (channel = 0; channel < 8; channel++)
		for (k = 0; k < 25; k++)
			c->w1[k * 8 + channel] = w[KERNEL_CNN_W1 + channel * 40 + k / 5 * 8 + k % 5];
	for (k = 0; k < 25; k++)
		for (in = 0; in < 8; in++)
			for (channel = 0; channel < 16; channel++)
				c->w2[(k * 8 + in) * 16 + channel] = w[KERNEL_CNN_W2 + channel * 200 + k * 8 + in];
	memset(c->image, 0, sizeof(c->image));
	memset(c->gradient, 0, sizeof(c->gradient));
}

static void apply(struct cnn_scratch *c, float *w, float rate)
{
	unsigned i;

	for (i = 0; i < KERNEL_CNN_B1; i += 8)
		memset(c->gradient + i + 5, 0, 3 * sizeof(*c->gradient));
	for (i = 0; i < KERNEL_CNN_N; i += VW)
		VEC_OUT(w + i) -= rate * VEC(c->gradient + i);
}

void KERNEL(kernel_cnn)(float *w, const struct kernel_batch *b, float rate, void *scratch, struct kernel_score *score)
{
	struct cnn_scratch *c = scratch;
	float z[LANES];
	size_t i;

	prepare(c, w);
	for (i = 0; i < b->n; i++) {
		size_t at = b->index ? b->index[i] : i;

		image_load(c, b->images + at * PIXELS);
		conv1_forward(c, w + KERNEL_CNN_B1);
		conv2_forward(c, w + KERNEL_CNN_B2);
		fc_forward(c, w + KERNEL_CNN_FC, z);
		KERNEL(kernel_softmax_delta)(z, b->labels[at], c->delta, score);
		if (rate > 0) {
			unsigned n = list_active(c->pool2, POOL2 * 16, c->active);

			fc_backward(c, w + KERNEL_CNN_FC, n);
			conv2_backward(c, w + KERNEL_CNN_W2, n);
			conv1_backward(c, list_active(c->pool1, POOL1 * 8, c->active));
		}
	}
	if (rate > 0)
		apply(c, w, rate / (float)b->n);
}
