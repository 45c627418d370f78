/* The split of the training samples; see split.h. */
#include "config.h"

#include "engine/split.h"

#include "engine/dataset.h"
#include "lib/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void begin(struct split *s, size_t n, size_t clients)
{
	s->clients = clients;
	s->index = mem_array(n, sizeof(*s->index));
	s->start = mem_array(clients + 1, sizeof(*s->start));
}

void split_iid(struct split *s, size_t n, size_t clients, struct rng *r)
{
	size_t i;

	begin(s, n, clients);
	for (i = 0; i < n; i++)
		s->index[i] = (uint32_t)i;
	rng_shuffle(r, s->index, n);
	for (i = 0; i <= clients; i++)
		s->start[i] = n * i / clients;
}

/* cut[k] = the share of clients 0 … k, cut[clients - 1] = 1: a Dirichlet draw is a set of gamma variates divided by their sum. */
static void draw_cuts(double *cut, size_t clients, double alpha, struct rng *r)
{
	double top = -INFINITY, sum = 0;
	size_t k;

	for (k = 0; k < clients; k++) {
		cut[k] = rng_log_gamma(r, alpha);
		top = fmax(top, cut[k]);
	}
	for (k = 0; k < clients; k++)
		cut[k] = sum += exp(cut[k] - top);
	for (k = 0; k < clients; k++)
		cut[k] /= sum;
	cut[clients - 1] = 1;
}

static void deal_class(uint32_t *owner, size_t *size, const uint32_t *members, size_t n, const double *cut, size_t clients)
{
	size_t k, i = 0;

	for (k = 0; k < clients; k++) {
		size_t end = (size_t)llround(cut[k] * (double)n);

		for (; i < end; i++) {
			owner[members[i]] = (uint32_t)k;
			size[k]++;
		}
	}
}

static void fill_empty(uint32_t *owner, size_t *size, size_t n, size_t clients)
{
	size_t k, j, i, largest;

	for (k = 0; k < clients; k++) {
		if (size[k])
			continue;
		for (largest = 0, j = 1; j < clients; j++)
			if (size[j] > size[largest])
				largest = j;
		if (size[largest] < 2)
			return; /* fewer samples than clients */
		for (i = 0; i < n && owner[i] != largest; i++)
			;
		owner[i] = (uint32_t)k;
		size[largest]--;
		size[k]++;
	}
}

void split_dirichlet(struct split *s, const uint8_t *labels, size_t n, size_t clients, double alpha, struct rng *r)
{
	uint32_t *owner = mem_array(n, sizeof(*owner)), *members = mem_array(n, sizeof(*members));
	size_t *size = mem_array(clients, sizeof(*size)), *at = mem_array(clients, sizeof(*at)), i, k;
	double *cut = mem_array(clients, sizeof(*cut));
	unsigned label;

	begin(s, n, clients);
	for (label = 0; label < DATASET_CLASSES; label++) {
		size_t m = 0;

		for (i = 0; i < n; i++)
			if (labels[i] == label)
				members[m++] = (uint32_t)i;
		rng_shuffle(r, members, m);
		draw_cuts(cut, clients, alpha, r);
		deal_class(owner, size, members, m, cut, clients);
	}
	fill_empty(owner, size, n, clients);
	for (k = 0; k < clients; k++) {
		at[k] = s->start[k];
		s->start[k + 1] = s->start[k] + size[k];
	}
	for (i = 0; i < n; i++)
		s->index[at[owner[i]]++] = (uint32_t)i;
	free(cut);
	free(at);
	free(size);
	free(members);
	free(owner);
}

size_t split_size(const struct split *s, size_t client)
{
	return s->start[client + 1] - s->start[client];
}

void split_clear(struct split *s)
{
	free(s->index);
	free(s->start);
	memset(s, 0, sizeof(*s));
}
