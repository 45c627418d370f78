/*
 * Services and dependencies: how each is now, and how its state changed.  The monitor writes, everyone reads; what a state means is platform/health.h's business.
 */
#ifndef STORE_SERVICE_H
#define STORE_SERVICE_H

#include "lib/err.h"
#include "store/store.h"

#include <stdbool.h>
#include <stdint.h>

/* Texts are borrowed, except in what service_get() filled: those are owned, see service_clear(). */
struct service {
	int64_t id;
	const char *name;
	const char *title;      /* NULL: none */
	const char *kind;
	const char *role;       /* service, dependency, dashboard */
	int64_t position;
	const char *state;      /* healthy, degraded, unhealthy, unknown, not_configured: as the monitor last knew */
	int64_t since_ms;
	bool found;             /* it has been well once at this address */
	const char *target;     /* what the state is about */
	double response_time_ms;/* NAN: none */
	const char *version;    /* NULL: not known */
	const char *issues;     /* JSON array */
	int64_t failures, successes; /* in a row */
	int64_t interval_ms;
	int64_t last_check_ms, next_check_ms, observed_at_ms; /* 0: never, none */
	const char *data;       /* JSON object of the newest metrics */
	int64_t data_at_ms;
};

struct service_change {
	int64_t at_ms, until_ms; /* until 0: it is the newest */
	const char *state, *previous;
	const char *issues;      /* JSON array */
	double response_time_ms;
};

/* All that are watched, in order of display; fn must not use the store. */
int service_each(struct store *st, void (*fn)(void *arg, const struct service *s), void *arg, struct err *e);
/* ERR_NOTFOUND also for one that was removed. */
int service_get(struct store *st, const char *name, struct service *s, struct err *e);
void service_clear(struct service *s);

/* In a transaction: the row as given, made when its name is new, revived when it was removed.  Fills id. */
int service_put(struct store *st, struct service *s, struct err *e);
/* In a transaction: no longer watched. */
int service_remove(struct store *st, const char *name, int64_t now_ms, struct err *e);
/* In a transaction: delete those removed before before_ms, whose samples are gone by then. */
int service_purge(struct store *st, int64_t before_ms, struct err *e);

/* In a transaction: a change of state. */
int service_change_add(struct store *st, int64_t service_id, const struct service_change *c, struct err *e);
struct service_change_query {
	int64_t from_ms, to_ms; /* changes at from ≤ at < to */
	bool descending;
	int64_t limit, offset;
};
/* A page and the number of all that match. */
int service_change_each(struct store *st, int64_t service_id, const struct service_change_query *q, void (*fn)(void *arg, const struct service_change *c), void *arg,
			int64_t *total, struct err *e);
/* In a transaction: delete up to batch of those that ended before before_ms. */
int service_change_prune(struct store *st, int64_t before_ms, int64_t batch, int64_t *deleted, struct err *e);

#endif
