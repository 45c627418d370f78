/*
 * Shared by the kernel_*.c files and nobody else: vectors of floats in GCC's notation (also clang's), which become AVX2, SSE or NEON registers,
 * and the scratch layouts.  KERNEL(name) gives each variant its own symbols.
 */
#ifndef ENGINE_KERNEL_IMPL_H
#define ENGINE_KERNEL_IMPL_H

#include "engine/kernel.h"

#include <stddef.h>
#include <stdint.h>

#ifndef KERNEL_VARIANT
#define KERNEL_VARIANT base
#endif
#define KERNEL_PASTE(a, b) a##_##b
#define KERNEL_PASTE2(a, b) KERNEL_PASTE(a, b)
#define KERNEL(name) KERNEL_PASTE2(name, KERNEL_VARIANT)

kernel_fn KERNEL(kernel_softmax), KERNEL(kernel_mlp), KERNEL(kernel_cnn);

/* As many floats as one register holds; vec is at any address that a float may have. */
#ifdef __AVX2__
#define VW 8
#else
#define VW 4
#endif
typedef float vec __attribute__((vector_size(4 * VW), aligned(4), may_alias));
typedef int32_t veci __attribute__((vector_size(4 * VW), aligned(4), may_alias));

#define VEC(p) (*(const vec *)(p))
#define VEC_OUT(p) (*(vec *)(p))

/* Widths are constants at every call; inlined, the loops over them are unrolled and the sums stay in registers. */
#define KERNEL_INLINE static inline __attribute__((always_inline))

#define PIXELS 784
#define CLASSES 10
#define LANES 16 /* ten classes, padded */
#define HIDDEN 32

/* The product of two rows of LANES floats. */
KERNEL_INLINE float kernel_dot(const float *a, const float *b)
{
	vec t = VEC(a) * VEC(b);
	float sum = 0;
	unsigned k;

	for (k = VW; k < LANES; k += VW)
		t += VEC(a + k) * VEC(b + k);
	for (k = 0; k < VW; k++)
		sum += t[k];
	return sum;
}

/* One sample of a batch between the forward pass and the update of a dense model: its pixels that are not zero, and what flows back. */
struct dense_sample {
	float delta[LANES];        /* dL/dz of the outputs */
	float hidden[HIDDEN];      /* mlp: after ReLU */
	float hidden_delta[HIDDEN];
	float value[PIXELS];
	uint16_t at[PIXELS];
	unsigned n;
};

#define IMAGE_STRIDE 32 /* floats a row: vectors of eight may read beyond column 27 */
#define POOL1_SIDE 12
#define POOL1 (POOL1_SIDE * POOL1_SIDE)
#define POOL2 16

struct cnn_scratch {
	/* one sample */
	float image[28 * IMAGE_STRIDE + 8];
	uint32_t row_mask[28];                /* bit x: pixel x of the row is not zero */
	float pool1[POOL1 * 8];               /* [y][x][channel], after ReLU */
	int32_t argmax1[POOL1 * 8];           /* which of the four places, 0 … 3 */
	uint8_t empty1[POOL1];                /* the 6x6 pixels below are all zero */
	float pool1_delta[POOL1 * 8];
	float pool2[POOL2 * 16];
	int32_t argmax2[POOL2 * 16];
	float pool2_delta[POOL2 * 16];
	float delta[LANES];
	/* one call */
	float w1[25 * 8];                     /* [place][channel]: the forward order */
	float w2[25 * 8 * 16];                /* [place][channel in][channel out] */
	float gradient[KERNEL_CNN_N];
	uint16_t active[POOL1 * 8];
};

/*
 * delta = p - onehot from z (ten values); adds loss and hit to the score.  A z that is not a number counts as a miss, its loss is not a number.
 */
void KERNEL(kernel_softmax_delta)(const float *z, unsigned label, float *delta, struct kernel_score *score);

#endif
