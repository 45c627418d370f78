/*
 * What the probes want to have in the store, gathered and written in one transaction every RECORD_EVERY_MS, at once when a state has changed.  It neither waits for another writer nor
 * for the disk; while the store cannot be written all is kept here, up to a bound, and a store error is never a service's fault.
 */
#ifndef MONITOR_RECORD_H
#define MONITOR_RECORD_H

#include "lib/err.h"
#include "monitor/watched.h"
#include "store/store.h"

#include <stdint.h>

#define RECORD_EVERY_MS 500
#define RECORD_NOTES_MAX 20000 /* changes and samples that wait; the oldest go first */

struct record;

struct record *record_new(void);
void record_free(struct record *r);
/* w has come to another state. */
void record_change(struct record *r, const struct watched *w, enum health_state previous);
/* w has a new sample. */
void record_sample(struct record *r, const struct watched *w);
/* A service is no longer watched: what waits for it is dropped, and its row goes. */
void record_removed(struct record *r, const struct watched *w);

struct watched_list {
	struct watched **list;
	size_t n;
};

/* Write what is due; all, when `all`.  ERR_BUSY and the like: nothing was written, it will be tried again. */
int record_turn(struct record *r, struct store *st, const struct watched_list *services, bool all, int64_t now_ms, int64_t mono_ms, struct err *e);

#endif
