/* Derived values of a run; see progress.h. */
#include "config.h"

#include "experiment/progress.h"

#include <math.h>
#include <stdlib.h>

#define ROUNDS_NEEDED 3
#define GAINS 5
#define YEAR_10000_MS INT64_C(253402300800000) /* no time after it can be written */

static int by_value(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

int64_t progress_estimate_end_ms(const struct progress_round *rounds, size_t n, int64_t rounds_left, int64_t now_ms, const char **why)
{
	int64_t durations[PROGRESS_ROUNDS_MAX], median;
	size_t i;

	*why = NULL;
	if (n > PROGRESS_ROUNDS_MAX) {
		rounds += n - PROGRESS_ROUNDS_MAX;
		n = PROGRESS_ROUNDS_MAX;
	}
	if (n < ROUNDS_NEEDED) {
		*why = "Known after three completed rounds";
		return 0;
	}
	for (i = 0; i < n; i++)
		durations[i] = rounds[i].duration_ms;
	qsort(durations, n, sizeof(durations[0]), by_value);
	median = n % 2 ? durations[n / 2] : (durations[n / 2 - 1] + durations[n / 2]) / 2;
	if (rounds_left <= 0)
		return now_ms;
	if (median > (YEAR_10000_MS - 1 - now_ms) / rounds_left) {
		*why = "Not before the year 10000";
		return 0;
	}
	return now_ms + median * rounds_left;
}

double progress_convergence_rate(const struct progress_round *rounds, size_t n)
{
	double newest = NAN, oldest = NAN;
	size_t gains = 0, i;

	for (i = n; i-- > 0 && gains < GAINS;) {
		if (!isfinite(rounds[i].accuracy))
			continue;
		if (!isfinite(newest)) {
			newest = rounds[i].accuracy;
		} else {
			oldest = rounds[i].accuracy;
			gains++;
		}
	}
	return gains ? (newest - oldest) / (double)gains : NAN;
}
