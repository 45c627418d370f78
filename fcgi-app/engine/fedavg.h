/*
 * Federated averaging (McMahan et al., "Communication-efficient learning of deep networks from decentralized data", 2017, algorithm 1):
 * the new global model is the mean of the clients' models, each weighted by its number of samples.
 */
#ifndef ENGINE_FEDAVG_H
#define ENGINE_FEDAVG_H

#include "engine/rng.h"

#include <stddef.h>
#include <stdint.h>

/* out[i] = sum over k of samples[k] * w[k][i], divided by the sum of samples; summed in double, in the order given.  n ≥ 1; out may be one of the w. */
void fedavg_aggregate(float *out, const float *const *w, const size_t *samples, size_t n, size_t len);
/* k of the clients 0 … clients-1, each set equally likely, ascending. */
void fedavg_choose(uint32_t *out, size_t k, size_t clients, struct rng *r);

#endif
