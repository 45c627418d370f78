/* Random numbers by named stream; see rng.h. */
#include "config.h"

#include "engine/rng.h"

#include <math.h>

static uint64_t splitmix(uint64_t *x)
{
	uint64_t z = *x += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

void rng_init(struct rng *r, uint64_t seed, enum rng_stream stream, uint64_t a, uint64_t b)
{
	const uint64_t parts[] = {seed, (uint64_t)stream, a, b};
	uint64_t x = 0;
	size_t i;

	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		x ^= parts[i];
		x = splitmix(&x);
	}
	for (i = 0; i < 4; i++)
		r->s[i] = splitmix(&x);
}

static uint64_t rotl(uint64_t x, unsigned k)
{
	return (x << k) | (x >> (64 - k));
}

uint64_t rng_next(struct rng *r)
{
	uint64_t *s = r->s, out = rotl(s[1] * 5, 7) * 9, t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotl(s[3], 45);
	return out;
}

uint32_t rng_below(struct rng *r, uint32_t n)
{
	uint64_t limit = (UINT64_C(1) << 32) - (UINT64_C(1) << 32) % n, v;

	do
		v = rng_next(r) >> 32;
	while (v >= limit);
	return (uint32_t)(v % n);
}

double rng_unit(struct rng *r)
{
	return (double)(rng_next(r) >> 11) * 0x1p-53;
}

double rng_normal(struct rng *r)
{
	double u, v, q;

	do {
		u = 2 * rng_unit(r) - 1;
		v = 2 * rng_unit(r) - 1;
		q = u * u + v * v;
	} while (q >= 1 || q == 0);
	return u * sqrt(-2 * log(q) / q);
}

double rng_log_gamma(struct rng *r, double shape)
{
	double boost = 0, d, c, x, v;

	if (shape < 1) {
		boost = log(1 - rng_unit(r)) / shape;
		shape += 1;
	}
	d = shape - 1.0 / 3;
	c = 1 / sqrt(9 * d);
	for (;;) {
		x = rng_normal(r);
		v = 1 + c * x;
		if (v <= 0)
			continue;
		v = v * v * v;
		if (log(1 - rng_unit(r)) < x * x / 2 + d - d * v + d * log(v))
			return boost + log(d * v);
	}
}

void rng_shuffle(struct rng *r, uint32_t *v, size_t n)
{
	size_t i;

	for (i = n; i > 1; i--) {
		uint32_t j = rng_below(r, (uint32_t)i), t = v[i - 1];

		v[i - 1] = v[j];
		v[j] = t;
	}
}
