/* What alert rules ask of a run; see judge.h. */
#include "config.h"

#include "experiment/judge.h"

#include "lib/mem.h"

#include <math.h>
#include <stdlib.h>

double judge_loss_not_finite(const struct judge_round *rounds, size_t n)
{
	return isnan(rounds[n - 1].loss) ? 1 : 0;
}

double judge_rounds_without_gain(const struct judge_round *rounds, size_t n)
{
	double best = NAN;
	size_t i, since = 0;

	for (i = 0; i < n; i++) {
		if (isnan(rounds[i].accuracy))
			continue;
		if (isnan(best) || rounds[i].accuracy >= best + JUDGE_GAIN_MIN) {
			best = rounds[i].accuracy;
			since = i;
		}
	}
	return isnan(best) ? NAN : (double)(n - 1 - since);
}

static int by_value(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

double judge_round_time_ratio(const struct judge_round *rounds, size_t n)
{
	int64_t *before = mem_array(n, sizeof(*before));
	double ratio = NAN, median;
	size_t i, k = 0;

	for (i = 0; i + 1 < n; i++)
		if (rounds[i].duration_ms > 0)
			before[k++] = rounds[i].duration_ms;
	if (k >= JUDGE_ROUNDS_MIN && rounds[n - 1].duration_ms > 0) {
		qsort(before, k, sizeof(*before), by_value);
		median = k % 2 ? (double)before[k / 2] : ((double)before[k / 2 - 1] + (double)before[k / 2]) / 2;
		ratio = (double)rounds[n - 1].duration_ms / median;
	}
	free(before);
	return ratio;
}

double judge_participation_percent(const struct judge_round *rounds, size_t n, int64_t expected)
{
	const struct judge_round *r = &rounds[n - 1];

	if (r->clients < 0)
		return NAN;
	if (expected <= 0)
		expected = r->clients + (r->failed_clients > 0 ? r->failed_clients : 0);
	return expected > 0 ? 100.0 * (double)r->clients / (double)expected : NAN;
}
