/*
 * Random numbers that depend on nothing but the seed: xoshiro256** (Blackman and Vigna, "Scrambled linear pseudorandom number generators", 2018), started by
 * SplitMix64.  Every use has a stream of its own, named by what it is for and up to two numbers (a round, a client), so that no draw depends on the order in which
 * threads happen to run or on how often another part has drawn.
 */
#ifndef ENGINE_RNG_H
#define ENGINE_RNG_H

#include <stddef.h>
#include <stdint.h>

/* The numbers are part of "same seed, same run": append only. */
enum rng_stream { RNG_SUBSET = 1, RNG_SPLIT = 2, RNG_WEIGHTS = 3, RNG_CHOICE = 4, RNG_TRAINING = 5, RNG_NETWORK = 6 };

struct rng {
	uint64_t s[4];
};

void rng_init(struct rng *r, uint64_t seed, enum rng_stream stream, uint64_t a, uint64_t b);
uint64_t rng_next(struct rng *r);
/* Uniform in 0 … n-1, without bias; n ≥ 1. */
uint32_t rng_below(struct rng *r, uint32_t n);
/* Uniform in [0, 1). */
double rng_unit(struct rng *r);
/* Standard normal. */
double rng_normal(struct rng *r);
/*
 * The logarithm of a Gamma(shape, 1) variate (Marsaglia and Tsang, "A simple method for generating gamma variables", 2000; for shape < 1 the boost
 * G(a) = G(a + 1) U^(1/a)).  The logarithm, because for shape 0.01 the variate itself is often below the smallest double.
 */
double rng_log_gamma(struct rng *r, double shape);
/* Fisher-Yates. */
void rng_shuffle(struct rng *r, uint32_t *v, size_t n);

#endif
