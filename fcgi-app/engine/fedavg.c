/* Averaging and choosing; see fedavg.h. */
#include "config.h"

#include "engine/fedavg.h"

void fedavg_aggregate(float *out, const float *const *w, const size_t *samples, size_t n, size_t len)
{
	double total = 0;
	size_t i, k;

	for (k = 0; k < n; k++)
		total += (double)samples[k];
	for (i = 0; i < len; i++) {
		double sum = 0;

		for (k = 0; k < n; k++)
			sum += (double)samples[k] * (double)w[k][i];
		out[i] = (float)(sum / total);
	}
}

/* Selection sampling, as in dataset_keep(). */
void fedavg_choose(uint32_t *out, size_t k, size_t clients, struct rng *r)
{
	size_t i, chosen = 0;

	for (i = 0; chosen < k; i++)
		if (rng_below(r, (uint32_t)(clients - i)) < k - chosen)
			out[chosen++] = (uint32_t)i;
}
