/*
 * Who has which samples.  Every sample belongs to exactly one client, and every client has at least one sample (samples ≥ clients is the caller's business).
 *
 * IID: a shuffled deal; sizes differ by at most one.
 * Dirichlet(alpha): per class, the shares of the clients are drawn from a symmetric Dirichlet distribution (Hsu, Qi and Brown, "Measuring the effects of
 * non-identical data distribution for federated visual classification", 2019, in the per-class form of Yurochkin et al. 2019): small alpha, few classes per client.
 * A client left without any sample is given one of the largest client's.
 */
#ifndef ENGINE_SPLIT_H
#define ENGINE_SPLIT_H

#include "engine/rng.h"

#include <stddef.h>
#include <stdint.h>

struct split {
	size_t clients;
	uint32_t *index; /* all samples, grouped by client */
	size_t *start;   /* clients + 1: client k has index[start[k]] … index[start[k + 1] - 1] */
};

void split_iid(struct split *s, size_t n, size_t clients, struct rng *r);
void split_dirichlet(struct split *s, const uint8_t *labels, size_t n, size_t clients, double alpha, struct rng *r);
size_t split_size(const struct split *s, size_t client);
void split_clear(struct split *s);

#endif
