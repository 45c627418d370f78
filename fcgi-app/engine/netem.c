/* The arithmetic of the emulated network; see netem.h. */
#include "config.h"

#include "engine/netem.h"

double netem_attempt_ms(const struct netem *n, size_t bytes)
{
	double ms = 2 * n->latency_ms;

	if (n->bandwidth_bits_per_s > 0)
		ms += (double)bytes * 8 / n->bandwidth_bits_per_s * 1000;
	return ms;
}

struct netem_transfer netem_transfer(const struct netem *n, size_t bytes, struct rng *r)
{
	struct netem_transfer t = {.lost = true};

	while (t.lost && t.tries < NETEM_TRIES_MAX) {
		t.tries++;
		t.lost = rng_unit(r) < n->packet_loss;
	}
	t.ms = t.tries * netem_attempt_ms(n, bytes);
	t.bytes = (int64_t)t.tries * (int64_t)bytes;
	return t;
}

bool netem_active(const struct netem *n)
{
	return n->bandwidth_bits_per_s > 0 || n->latency_ms > 0 || n->packet_loss > 0;
}
