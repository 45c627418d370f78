/*
 * The three models, over 28x28 grey images with pixels scaled to 0 … 1 and ten classes, trained by plain mini-batch SGD on the mean cross-entropy:
 *
 *   softmax (alias logreg)   784 → 10                                                                   7,850 parameters
 *   mlp                      784 → 32, ReLU → 10                                                       25,450
 *   cnn                      conv 5x5, 8 → ReLU → max-pool 2 → conv 5x5, 16 → ReLU → max-pool 2 → 10     5,994
 *
 * A model's weights are one flat array of floats, laid out and padded for the kernels (kernel.h): averaging them (FedAvg) is one loop.  The published form,
 * without padding and in the usual order (docs/model-format.md), is made by model_export().  Padding is zero and stays zero.
 */
#ifndef ENGINE_MODEL_H
#define ENGINE_MODEL_H

#include "engine/kernel.h"
#include "engine/rng.h"

#include <stdbool.h>
#include <stddef.h>

#define MODEL_TENSORS_MAX 6
#define MODEL_RANK_MAX 4

/* How one published tensor lies in the flat array: element (i, j, …) is at offset + i * stride[0] + j * stride[1] + … */
struct model_tensor {
	const char *name;
	unsigned rank;
	unsigned shape[MODEL_RANK_MAX];
	unsigned stride[MODEL_RANK_MAX];
	unsigned offset;
	unsigned published_rank; /* the last published dimension is the product of the remaining ones */
	unsigned fan_in, fan_out; /* for the first weights; both 0 for biases, which begin at 0 */
};

struct model {
	const char *name;
	const char *alias; /* or NULL */
	size_t weights_n;    /* floats in the flat array */
	size_t parameters_n; /* without padding: what a transfer counts */
	enum kernel_model kernel;
	size_t tensors_n;
	struct model_tensor tensors[MODEL_TENSORS_MAX];
};

/* NULL when there is none of this name. */
const struct model *model_find(const char *name);
/* Weights uniform in ±sqrt(6 / (fan_in + fan_out)) (Glorot and Bengio, 2010), biases 0. */
void model_init(const struct model *m, float *w, struct rng *r);
/* Between the flat array and the published order, parameters_n floats. */
void model_export(const struct model *m, const float *w, float *out);
void model_import(const struct model *m, const float *in, float *w);
/* Bytes of one transfer of the model: float32. */
size_t model_bytes(const struct model *m);

#endif
