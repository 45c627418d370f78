/*
 * The arithmetic: forward, backward and update of one mini-batch.  kernel_*.c know nothing of files, threads or rounds; they are compiled twice, for the plain
 * processor and (where the compiler can) for AVX2 with FMA, and kernel_best() picks at run time.  On one machine the same input gives the same bits; the
 * two variants differ in the last ones, because FMA rounds once where the other rounds twice.
 *
 * Cross-entropy with softmax: L = -log p[label], dL/dz = p - onehot(label) (Goodfellow, Bengio and Courville, "Deep Learning", 6.2.2.3).  A step is
 * w ← w - rate · (mean of the batch's gradients).
 *
 * Ten classes are padded to 16 lanes; padded outputs have weight 0, take no part in the softmax and get no gradient.
 */
#ifndef ENGINE_KERNEL_H
#define ENGINE_KERNEL_H

#include <stddef.h>
#include <stdint.h>

enum kernel_model { KERNEL_SOFTMAX, KERNEL_MLP, KERNEL_CNN, KERNEL_MODEL_MAX };

/* Sizes and places in the flat array of weights, in floats. */
enum {
	KERNEL_SOFTMAX_N = 785 * 16, /* 784 rows of 16, then the biases */
	KERNEL_MLP_OUTPUT = 785 * 32, /* before it: 784 rows of 32, then the biases */
	KERNEL_MLP_N = KERNEL_MLP_OUTPUT + 33 * 16,
	KERNEL_CNN_W1 = 0,                          /* [8 channels][5 rows][8: 5 columns and padding] */
	KERNEL_CNN_B1 = 320,                        /* [8] */
	KERNEL_CNN_W2 = 328,                        /* [16 channels][25 places][8 channels in] */
	KERNEL_CNN_B2 = KERNEL_CNN_W2 + 16 * 200,   /* [16] */
	KERNEL_CNN_FC = KERNEL_CNN_B2 + 16,         /* [4 rows][4 columns][16 channels][16], then the biases */
	KERNEL_CNN_N = KERNEL_CNN_FC + 257 * 16
};

struct kernel_batch {
	const uint8_t *images; /* of 784 bytes each */
	const uint8_t *labels;
	const uint32_t *index; /* which samples; NULL: 0 … n-1 */
	size_t n;
};

/* Added to, not set. */
struct kernel_score {
	double loss; /* sum over samples, with the weights before the step */
	size_t correct;
};

/* One step of SGD; rate 0 only scores and leaves w alone.  scratch: kernel_scratch_size() bytes, aligned to 64, content of no meaning between calls. */
typedef void kernel_fn(float *w, const struct kernel_batch *batch, float rate, void *scratch, struct kernel_score *score);

struct kernel {
	const char *name;
	kernel_fn *step[KERNEL_MODEL_MAX];
};

extern const struct kernel kernel_base;
#ifdef HAVE_KERNEL_AVX2
extern const struct kernel kernel_avx2;
#endif

/* The fastest that this processor can run. */
const struct kernel *kernel_best(void);
/* Bytes of scratch for batches of up to n samples. */
size_t kernel_scratch_size(enum kernel_model model, size_t n);

#endif
