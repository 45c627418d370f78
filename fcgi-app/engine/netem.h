/*
 * The emulated network, as plain arithmetic: how long a transfer takes and how often it is tried.  Nobody sleeps here.
 *
 * One attempt to move `bytes` over a link takes 2 * latency (the request and the answer travel once each) + bytes * 8 / bandwidth.  An attempt is lost with
 * probability packet_loss; a lost one costs its full time and bytes and is repeated, and after NETEM_TRIES_MAX lost ones the client is lost for the round.
 */
#ifndef ENGINE_NETEM_H
#define ENGINE_NETEM_H

#include "engine/rng.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NETEM_TRIES_MAX 5u

struct netem {
	double bandwidth_bits_per_s; /* 0: no limit */
	double latency_ms;           /* one way */
	double packet_loss;          /* 0 … 1 */
};

struct netem_transfer {
	unsigned tries;
	bool lost;
	double ms;     /* of all tries */
	int64_t bytes; /* of all tries */
};

/* Milliseconds of one attempt. */
double netem_attempt_ms(const struct netem *n, size_t bytes);
/* One transfer, with as many draws from r as attempts. */
struct netem_transfer netem_transfer(const struct netem *n, size_t bytes, struct rng *r);
/* True when there is anything to emulate. */
bool netem_active(const struct netem *n);

#endif
