/* What happened to an experiment, for people. */
#ifndef STORE_TIMELINE_H
#define STORE_TIMELINE_H

#include "lib/err.h"
#include "store/store.h"

#include <stdbool.h>
#include <stdint.h>

#define TIMELINE_DETAILS_MAX 2000 /* bytes kept of one entry's text */

struct timeline_entry {
	int64_t id;
	int64_t at_ms;
	const char *event;   /* experiment_started, … */
	const char *details; /* one sentence */
	const char *actor;   /* NULL: the engine or the monitor */
};

/* In a transaction.  The id of t is not used. */
int timeline_add(struct store *st, int64_t experiment_id, const struct timeline_entry *t, struct err *e);
/* The newest n, in ascending order.  fn gets each, borrowed. */
int timeline_each_newest(struct store *st, int64_t experiment_id, int64_t n, void (*fn)(void *arg, const struct timeline_entry *t), void *arg, struct err *e);
/* A page, ascending, and how many there are in all; rounds: with the entry that every completed round leaves. */
int timeline_each(struct store *st, int64_t experiment_id, bool rounds, int64_t limit, int64_t offset, void (*fn)(void *arg, const struct timeline_entry *t),
		  void *arg, int64_t *total, struct err *e);

#endif
