/* What alert rules ask of a run, from its rounds and clients.  Pure. */
#ifndef EXPERIMENT_JUDGE_H
#define EXPERIMENT_JUDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A gain in accuracy below this is none: a tenth of a percentage point, well under what one batch order makes. */
#define JUDGE_GAIN_MIN 0.001
/* A median of fewer rounds says nothing. */
#define JUDGE_ROUNDS_MIN 3

/* A completed round; NAN and -1: not known. */
struct judge_round {
	int64_t completed_at_ms;
	double accuracy, loss;
	int64_t duration_ms;
	int64_t clients, failed_clients;
};

/* All of the newest of n rounds, ascending, n ≥ 1.  NAN: cannot be said. */

/* 1: the engine's loss was not finite (it reports null then), 0: it was. */
double judge_loss_not_finite(const struct judge_round *rounds, size_t n);
/* Rounds since the best accuracy last rose by JUDGE_GAIN_MIN. */
double judge_rounds_without_gain(const struct judge_round *rounds, size_t n);
/* The newest round's duration to the median of those before it; NAN with fewer than JUDGE_ROUNDS_MIN before. */
double judge_round_time_ratio(const struct judge_round *rounds, size_t n);
/* Clients that took part, of those expected (0: not known, then of those that tried). */
double judge_participation_percent(const struct judge_round *rounds, size_t n, int64_t expected);

#endif
