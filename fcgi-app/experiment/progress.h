/* What is derived from the rounds of a run: the estimated end and the rate of convergence. */
#ifndef EXPERIMENT_PROGRESS_H
#define EXPERIMENT_PROGRESS_H

#include <stddef.h>
#include <stdint.h>

#define PROGRESS_ROUNDS_MAX 10 /* how many of the newest completed rounds are looked at */

struct progress_round {
	int64_t duration_ms;
	double accuracy; /* NAN: not known */
};

/*
 * When the run will end: now + the median of the recent durations for each round that is left.  The duration of a round is the engine's own and leaves out pauses.
 * rounds: the newest completed ones, oldest first, at most PROGRESS_ROUNDS_MAX.  Returns 0 and sets *why (static text) where it cannot be said.
 */
int64_t progress_estimate_end_ms(const struct progress_round *rounds, size_t n, int64_t rounds_left, int64_t now_ms, const char **why);

/* Mean gain of accuracy a round over the last five gains; NAN with fewer than two rounds that have one. */
double progress_convergence_rate(const struct progress_round *rounds, size_t n);

#endif
