/*
 * cnn; see kernel.h.  Convolution, ReLU and max-pooling are one step: a pooled cell needs its four places, and only the largest of them matters afterwards.
 *
 * Forward, eight channels (or twice eight) are the lanes, and eight running sums hide the latency of the additions: two cells of the first layer, one of the
 * second.  A cell whose 6x6 pixels are all zero is known without arithmetic (half of MNIST's).
 * Backward, a pooled cell hands its gradient to one place only, a quarter of the work of a plain convolution; which cells carry one at all is first written
 * into a list without branches, since half of them do and no processor guesses which.
 */
#include "config.h"

#include "engine/kernel_impl.h"

#include <stdbool.h>
#include <string.h>

static v8 broadcast(float x)
{
	return (v8){x, x, x, x, x, x, x, x};
}

/* The larger of a and b by lane; where b is larger, at becomes i. */
#define KEEP_LARGER(a, b, at, i)                                        \
	do {                                                            \
		v8i larger_ = (v8i)((b) > (a));                         \
		a = (v8)(((v8i)(b) & larger_) | ((v8i)(a) & ~larger_)); \
		at = ((i) & larger_) | (at & ~larger_);                 \
	} while (0)

static inline __attribute__((always_inline)) void pool_store(const v8 *sum, size_t stride, v8 bias, float *out, int32_t *argmax)
{
	const v8 zero = {0};
	v8 top = sum[0];
	v8i at = {0}, positive;

	KEEP_LARGER(top, sum[stride], at, 1);
	KEEP_LARGER(top, sum[2 * stride], at, 2);
	KEEP_LARGER(top, sum[3 * stride], at, 3);
	top += bias;
	positive = (v8i)(top > zero) | (v8i)(top != top); /* NaN stays NaN */
	V8_OUT(out) = (v8)((v8i)top & positive);
	*(v8i *)argmax = at;
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

/* Two neighbouring cells: places (row 0, 1) x (column 0 … 3) in sum[row * 4 + column]. */
static void conv1_cells(const struct cnn_scratch *c, const float *image, v8 sum[8])
{
	v8 s0 = {0}, s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0, s7 = s0;
	unsigned ky, kx;

	for (ky = 0; ky < 5; ky++, image += IMAGE_STRIDE)
		for (kx = 0; kx < 5; kx++) {
			v8 w = V8(c->w1 + (ky * 5 + kx) * 8);
			const float *p = image + kx, *q = p + IMAGE_STRIDE;

			s0 += p[0] * w;
			s1 += p[1] * w;
			s2 += p[2] * w;
			s3 += p[3] * w;
			s4 += q[0] * w;
			s5 += q[1] * w;
			s6 += q[2] * w;
			s7 += q[3] * w;
		}
	/* by cell: its four places one after the other */
	sum[0] = s0;
	sum[1] = s1;
	sum[2] = s4;
	sum[3] = s5;
	sum[4] = s2;
	sum[5] = s3;
	sum[6] = s6;
	sum[7] = s7;
}

static void conv1_forward(struct cnn_scratch *c, const float *bias)
{
	const v8 zero = {0}, b = V8(bias);
	const v8 none[4] = {zero, zero, zero, zero};
	unsigned y, x, k, cell;
	v8 sum[8];

	for (y = 0; y < POOL1_SIDE; y++) {
		uint32_t rows = 0;

		for (k = 0; k < 6; k++)
			rows |= c->row_mask[2 * y + k];
		for (x = 0; x < POOL1_SIDE; x += 2) {
			cell = y * POOL1_SIDE + x;
			c->empty1[cell] = (rows >> (2 * x) & 63) == 0;
			c->empty1[cell + 1] = (rows >> (2 * x + 2) & 63) == 0;
			if (c->empty1[cell] && c->empty1[cell + 1]) {
				pool_store(none, 1, b, c->pool1 + cell * 8, c->argmax1 + cell * 8);
				pool_store(none, 1, b, c->pool1 + cell * 8 + 8, c->argmax1 + cell * 8 + 8);
				continue;
			}
			conv1_cells(c, c->image + 2 * y * IMAGE_STRIDE + 2 * x, sum);
			pool_store(sum, 1, b, c->pool1 + cell * 8, c->argmax1 + cell * 8);
			pool_store(sum + 4, 1, b, c->pool1 + cell * 8 + 8, c->argmax1 + cell * 8 + 8);
		}
	}
}

/* One cell: four places of twice eight channels, sum[place * 2 + half]. */
static void conv2_cell(const struct cnn_scratch *c, const float *in, v8 sum[8])
{
	const unsigned row = POOL1_SIDE * 8;
	v8 s0 = {0}, s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0, s7 = s0;
	const float *w = c->w2;
	unsigned ky, k;

	/* the five columns of eight channels are forty floats in a row; a column further is eight on */
	for (ky = 0; ky < 5; ky++, in += row)
		for (k = 0; k < 40; k++, w += 16) {
			v8 w0 = V8(w), w1 = V8(w + 8);

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
	unsigned y, x, cell;
	v8 sum[8];

	for (y = 0; y < 4; y++)
		for (x = 0; x < 4; x++) {
			cell = y * 4 + x;
			conv2_cell(c, c->pool1 + (2 * y * POOL1_SIDE + 2 * x) * 8, sum);
			pool_store(sum, 2, V8(bias), c->pool2 + cell * 16, c->argmax2 + cell * 16);
			pool_store(sum + 1, 2, V8(bias + 8), c->pool2 + cell * 16 + 8, c->argmax2 + cell * 16 + 8);
		}
}

static void fc_forward(const struct cnn_scratch *c, const float *w, float *z)
{
	v8 a0 = V8(w + 256 * 16), a1 = V8(w + 256 * 16 + 8), b0 = {0}, b1 = b0;
	unsigned i;

	for (i = 0; i < 256; i += 2) {
		const float *p = w + i * 16;

		a0 += c->pool2[i] * V8(p);
		a1 += c->pool2[i] * V8(p + 8);
		b0 += c->pool2[i + 1] * V8(p + 16);
		b1 += c->pool2[i + 1] * V8(p + 24);
	}
	V8_OUT(z) = a0 + b0;
	V8_OUT(z + 8) = a1 + b1;
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
	v8 d0 = V8(c->delta), d1 = V8(c->delta + 8);
	unsigned j, k;

	for (j = 0; j < active_n; j++) {
		unsigned i = c->active[j];
		v8 x = broadcast(c->pool2[i]), t = V8(w + i * 16) * d0 + V8(w + i * 16 + 8) * d1;
		float sum = 0;

		V8_OUT(g + i * 16) += x * d0;
		V8_OUT(g + i * 16 + 8) += x * d1;
		for (k = 0; k < 8; k++)
			sum += t[k];
		c->pool2_delta[i] = sum;
	}
	V8_OUT(g + 256 * 16) += d0;
	V8_OUT(g + 256 * 16 + 8) += d1;
}

static void conv2_backward(struct cnn_scratch *c, const float *w, unsigned active_n)
{
	float *gw = c->gradient + KERNEL_CNN_W2, *gb = c->gradient + KERNEL_CNN_B2;
	unsigned j, ky, kx;

	memset(c->pool1_delta, 0, sizeof(c->pool1_delta));
	for (j = 0; j < active_n; j++) {
		unsigned i = c->active[j], cell = i / 16, channel = i % 16, place = (unsigned)c->argmax2[i];
		unsigned at = ((cell / 4 * 2 + place / 2) * POOL1_SIDE + cell % 4 * 2 + place % 2) * 8;
		float *gp = gw + channel * 200;
		const float *wp = w + channel * 200;
		v8 d = broadcast(c->pool2_delta[i]);

		gb[channel] += c->pool2_delta[i];
		for (ky = 0; ky < 5; ky++, at += POOL1_SIDE * 8)
			for (kx = 0; kx < 40; kx += 8, gp += 8, wp += 8) {
				V8_OUT(gp) += d * V8(c->pool1 + at + kx);
				V8_OUT(c->pool1_delta + at + kx) += d * V8(wp);
			}
	}
}

/* Lanes 5 to 7 of each row gather nonsense; the update leaves them out. */
static void conv1_backward(struct cnn_scratch *c, unsigned active_n)
{
	float *gw = c->gradient + KERNEL_CNN_W1, *gb = c->gradient + KERNEL_CNN_B1;
	unsigned j, ky;

	for (j = 0; j < active_n; j++) {
		unsigned i = c->active[j], cell = i / 8, channel = i % 8, place = (unsigned)c->argmax1[i];
		const float *p = c->image + (cell / POOL1_SIDE * 2 + place / 2) * IMAGE_STRIDE + cell % POOL1_SIDE * 2 + place % 2;
		v8 d = broadcast(c->pool1_delta[i]);

		gb[channel] += c->pool1_delta[i];
		if (c->empty1[cell])
			continue;
		for (ky = 0; ky < 5; ky++)
			V8_OUT(gw + channel * 40 + ky * 8) += d * V8(p + ky * IMAGE_STRIDE);
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
	static const v8 columns = {1, 1, 1, 1, 1, 0, 0, 0};
	unsigned i;

	for (i = 0; i < KERNEL_CNN_B1; i += 8)
		V8_OUT(c->gradient + i) *= columns;
	for (i = 0; i < KERNEL_CNN_N; i += 8)
		V8_OUT(w + i) -= rate * V8(c->gradient + i);
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
