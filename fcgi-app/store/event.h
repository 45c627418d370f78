/*
 * The event log: what flopynet-stream, server-sent events and long polls send.  Written in the transaction of the change it reports.
 */
#ifndef STORE_EVENT_H
#define STORE_EVENT_H

#include "lib/err.h"
#include "store/store.h"

#include <stdint.h>

struct event {
	int64_t id;
	int64_t at_ms;
	const char *topic;     /* experiments, metrics, alerts */
	const char *type;      /* experiment_update, metrics_update, alert */
	int64_t experiment_id; /* 0: about none */
	const char *data;      /* JSON object */
};

/* In a transaction.  The id of ev is not used. */
int event_add(struct store *st, const struct event *ev, struct err *e);
/* Up to limit events with an id greater than after, ascending; fn gets each, borrowed.  fn returns 0 to go on, other to end. */
int event_each_after(struct store *st, int64_t after, int64_t limit, int (*fn)(void *arg, const struct event *ev), void *arg, struct err *e);
/* The oldest id that is still there (0: the log is empty) and the newest ever given (0: none). */
int event_bounds(struct store *st, int64_t *oldest, int64_t *newest, struct err *e);
/* In a transaction: delete up to batch of those older than before_ms or beyond the newest keep.  *deleted is how many. */
int event_prune(struct store *st, int64_t before_ms, int64_t keep, int64_t batch, int64_t *deleted, struct err *e);

#endif
