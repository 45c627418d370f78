/*
 * Samples: the numbers of each check, rolled up by minute and hour.  A raw sample is one JSON object of numbers; a level above holds [count, least, greatest, sum] of each.
 *
 * Housekeeping goes service by service, so that no step of it holds the monitor for long: sample_rollup() of every service up to a time, then sample_level_set() says
 * that the level is complete until there.  Repeating a step changes nothing.
 */
#ifndef STORE_SAMPLE_H
#define STORE_SAMPLE_H

#include "lib/err.h"
#include "store/store.h"

#include <stdint.h>

enum sample_level { SAMPLE_RAW, SAMPLE_MINUTE, SAMPLE_HOUR, SAMPLE_LEVELS };

/* Milliseconds of a row: 0, a minute, an hour. */
extern const int64_t sample_level_ms[SAMPLE_LEVELS];

/* In a transaction.  data: JSON object of finite numbers.  A second sample of the same millisecond replaces the first. */
int sample_add(struct store *st, int64_t service_id, int64_t at_ms, const char *data, struct err *e);

struct sample_point {
	int64_t at_ms; /* start of the step, a multiple of it */
	double value;  /* mean */
	double min, max;
	int64_t n;     /* samples */
};

struct sample_query {
	int64_t service_id;
	const char *metric;      /* [a-z0-9_]+ */
	int64_t from_ms, to_ms;  /* from ≤ at < to */
	int64_t step_ms;         /* ≥ 1; 1 gives the samples as they are */
};

/*
 * The metric over time, ascending, steps without a sample left out.  The coarsest level that serves the step is read where it is complete, finer ones for the newest part;
 * where raw samples are pruned already, minutes stand in for smaller steps.
 */
int sample_each(struct store *st, const struct sample_query *q, void (*fn)(void *arg, const struct sample_point *p), void *arg, struct err *e);

struct sample_extent {
	int64_t done_until_ms; /* complete below; not used for SAMPLE_RAW */
	int64_t kept_from_ms;  /* pruned below */
};
int sample_level_get(struct store *st, enum sample_level level, struct sample_extent *x, struct err *e);
/* In a transaction. */
int sample_level_set(struct store *st, enum sample_level level, const struct sample_extent *x, struct err *e);
/* In a transaction: make the rows of `level` (not SAMPLE_RAW) of one service for [from, to), both multiples of its length, from the level below. */
int sample_rollup(struct store *st, enum sample_level level, int64_t service_id, int64_t from_ms, int64_t to_ms, struct err *e);
/* In a transaction: delete up to batch rows of one service older than before_ms; *deleted is how many. */
int sample_prune(struct store *st, enum sample_level level, int64_t service_id, int64_t before_ms, int64_t batch, int64_t *deleted, struct err *e);
/* The time of a service's oldest row of a level, 0: none. */
int sample_oldest(struct store *st, enum sample_level level, int64_t service_id, int64_t *at_ms, struct err *e);
/* Ids of all services, also removed ones, ascending and greater than after: up to max; *n is how many. */
int sample_services(struct store *st, int64_t after, int64_t *ids, int64_t max, int64_t *n, struct err *e);

#endif
