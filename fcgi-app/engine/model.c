/* The models' shapes; see model.h. */
#include "config.h"

#include "engine/model.h"

#include <math.h>
#include <string.h>

static const struct model models[] = {
	{
		.name = "softmax",
		.alias = "logreg",
		.weights_n = KERNEL_SOFTMAX_N,
		.parameters_n = 7850,
		.kernel = KERNEL_SOFTMAX,
		.tensors_n = 2,
		.tensors = {
			{"fc.weight", 2, {10, 784}, {1, 16}, 0, 2, 784, 10},
			{"fc.bias", 1, {10}, {1}, 784 * 16, 1, 0, 0},
		},
	},
	{
		.name = "mlp",
		.weights_n = KERNEL_MLP_N,
		.parameters_n = 25450,
		.kernel = KERNEL_MLP,
		.tensors_n = 4,
		.tensors = {
			{"hidden.weight", 2, {32, 784}, {1, 32}, 0, 2, 784, 32},
			{"hidden.bias", 1, {32}, {1}, 784 * 32, 1, 0, 0},
			{"output.weight", 2, {10, 32}, {1, 16}, KERNEL_MLP_OUTPUT, 2, 32, 10},
			{"output.bias", 1, {10}, {1}, KERNEL_MLP_OUTPUT + 32 * 16, 1, 0, 0},
		},
	},
	{
		.name = "cnn",
		.weights_n = KERNEL_CNN_N,
		.parameters_n = 5994,
		.kernel = KERNEL_CNN,
		.tensors_n = 6,
		.tensors = {
			{"conv1.weight", 4, {8, 1, 5, 5}, {40, 0, 8, 1}, KERNEL_CNN_W1, 4, 25, 200},
			{"conv1.bias", 1, {8}, {1}, KERNEL_CNN_B1, 1, 0, 0},
			{"conv2.weight", 4, {16, 8, 5, 5}, {200, 1, 40, 8}, KERNEL_CNN_W2, 4, 200, 400},
			{"conv2.bias", 1, {16}, {1}, KERNEL_CNN_B2, 1, 0, 0},
			{"fc.weight", 4, {10, 16, 4, 4}, {1, 16, 1024, 256}, KERNEL_CNN_FC, 2, 256, 10},
			{"fc.bias", 1, {10}, {1}, KERNEL_CNN_FC + 256 * 16, 1, 0, 0},
		},
	},
};

const struct model *model_find(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(models) / sizeof(models[0]); i++)
		if (strcmp(models[i].name, name) == 0 || (models[i].alias && strcmp(models[i].alias, name) == 0))
			return &models[i];
	return NULL;
}

static size_t tensor_size(const struct model_tensor *t)
{
	size_t n = 1;
	unsigned d;

	for (d = 0; d < t->rank; d++)
		n *= t->shape[d];
	return n;
}

/* Where the k-th element in published (row-major) order lies. */
static size_t tensor_at(const struct model_tensor *t, size_t k)
{
	size_t at = t->offset;
	unsigned d;

	for (d = t->rank; d-- > 0; k /= t->shape[d])
		at += k % t->shape[d] * t->stride[d];
	return at;
}

void model_export(const struct model *m, const float *w, float *out)
{
	size_t i, k, n;

	for (i = 0; i < m->tensors_n; i++)
		for (k = 0, n = tensor_size(&m->tensors[i]); k < n; k++)
			*out++ = w[tensor_at(&m->tensors[i], k)];
}

void model_import(const struct model *m, const float *in, float *w)
{
	size_t i, k, n;

	memset(w, 0, m->weights_n * sizeof(*w));
	for (i = 0; i < m->tensors_n; i++)
		for (k = 0, n = tensor_size(&m->tensors[i]); k < n; k++)
			w[tensor_at(&m->tensors[i], k)] = *in++;
}

void model_init(const struct model *m, float *w, struct rng *r)
{
	size_t i, k, n;

	memset(w, 0, m->weights_n * sizeof(*w));
	for (i = 0; i < m->tensors_n; i++) {
		const struct model_tensor *t = &m->tensors[i];
		double limit;

		if (!t->fan_in)
			continue;
		limit = sqrt(6.0 / (t->fan_in + t->fan_out));
		for (k = 0, n = tensor_size(t); k < n; k++)
			w[tensor_at(t, k)] = (float)((2 * rng_unit(r) - 1) * limit);
	}
}

size_t model_bytes(const struct model *m)
{
	return m->parameters_n * sizeof(float);
}
