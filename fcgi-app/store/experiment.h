/*
 * Experiments.  Every change of an experiment goes through this file (and run.c, for what the engine says): it updates the row, adds to the timeline and to the event log,
 * in the caller's transaction, so that the three never disagree.
 */
#ifndef STORE_EXPERIMENT_H
#define STORE_EXPERIMENT_H

#include "experiment/lifecycle.h"
#include "lib/err.h"
#include "lib/json_out.h"
#include "store/store.h"

#include <stdbool.h>
#include <stdint.h>

#define EXPERIMENT_ID_PREFIX "exp_"

/* Texts are borrowed until the next call on the store, except in what experiment_get() filled: those are owned, see experiment_clear(). JSON texts are JSON already. */
struct experiment {
	int64_t id;
	const char *name, *scenario, *engine;
	enum status status;
	const char *configuration, *network_settings, *not_applied, *policies, *policy_status, *tags, *notes;
	int64_t clients_count, rounds_total, rounds_completed, current_round;
	double accuracy, loss; /* NAN: none yet */
	int64_t bytes_total;
	const char *waiting_for, *failure; /* NULL: none */
	const char *created_by;
	int64_t created_at_ms, scheduled_at_ms, queued_at_ms, started_at_ms, finished_at_ms, status_since_ms; /* 0: not happened */
	int64_t paused_total_ms, updated_at_ms;
};

enum experiment_sort {
	SORT_CREATED, SORT_NAME, SORT_STATUS, SORT_SCENARIO, SORT_ACCURACY, SORT_LOSS, SORT_STARTED, SORT_FINISHED, SORT_ROUNDS, SORT_MAX
};

/* The names of the sort fields in the API, by enum. */
extern const char *const experiment_sort_names[SORT_MAX];

struct experiment_query {
	const char *status, *scenario; /* NULL: any */
	const char *q;                 /* part of the name, NULL: any */
	int active;                    /* 1: only active ones, -1: only others, 0: any */
	enum experiment_sort sort;
	bool descending;
	int64_t limit, offset;
};

/* In a transaction: status created.  Fills id.  Only name … rounds_total, created_by, created_at_ms of x are read; not_applied may be NULL. */
int experiment_create(struct store *st, struct experiment *x, struct err *e);
/* ERR_NOTFOUND when there is none. */
int experiment_get(struct store *st, int64_t id, struct experiment *x, struct err *e);
void experiment_clear(struct experiment *x);
/* A page and the number of all that match. */
int experiment_each(struct store *st, const struct experiment_query *q, void (*fn)(void *arg, const struct experiment *x), void *arg, int64_t *total,
		    struct err *e);
/* Every active one, by id; fn must not use the store. */
int experiment_each_active(struct store *st, void (*fn)(void *arg, const struct experiment *x), void *arg, struct err *e);
/* Every one that ended at or after since_ms, in that order; fn must not use the store. */
int experiment_each_finished(struct store *st, int64_t since_ms, void (*fn)(void *arg, const struct experiment *x), void *arg, struct err *e);
int experiment_active_count(struct store *st, int64_t *n, struct err *e);
/* How many there are of each status. */
int experiment_counts(struct store *st, int64_t counts[STATUS_MAX], struct err *e);
/* Completed rounds of all that are kept. */
int experiment_rounds_total(struct store *st, int64_t *rounds, struct err *e);
/* In a transaction: new name, tags, notes; NULL leaves one as it is. */
int experiment_edit(struct store *st, int64_t id, const char *name, const char *tags, const char *notes, const char *actor, int64_t now_ms, struct err *e);
/* In a transaction; ERR_CONFLICT while active or queued.  The run directory is the caller's to remove. */
int experiment_delete(struct store *st, int64_t id, int64_t now_ms, struct err *e);

/*
 * In a transaction: move to a state that lifecycle.h allows, with a timeline entry (event NULL: the state's usual one) and an event.  actor NULL: the engine or the monitor.
 * reason may be NULL.  Ends a pause's clock, the open commands that are fulfilled or have become impossible, and on a terminal state the rounds and clients in progress.
 */
int experiment_move(struct store *st, const struct experiment *x, enum status to, const char *actor, const char *reason, int64_t now_ms, struct err *e);
/* In a transaction: say (JSON object) or clear (NULL) what it waits for; an event is written only when that is news. */
int experiment_wait(struct store *st, int64_t id, const char *waiting_for, int64_t now_ms, struct err *e);
/* In a transaction: why it fails, before experiment_move(…, STATUS_FAILED). */
int experiment_set_failure(struct store *st, int64_t id, const char *failure, struct err *e);
/* In a transaction: an event experiment_update for the row as it is now; change says what happened; extra (JSON members without braces, may be NULL) is added. */
int experiment_announce(struct store *st, int64_t id, const char *change, const char *extra, int64_t now_ms, struct err *e);

/* The queue: the id that may start next at now_ms (0: none), and the place of one that is queued (1 is next). */
int experiment_queue_next(struct store *st, int64_t now_ms, int64_t *id, struct err *e);
int experiment_queue_position(struct store *st, int64_t id, int64_t *position, struct err *e);

/*
 * Idempotency-Key: what an earlier request of the subject with this key made.  *id 0: nothing in the last 24 h.
 * ERR_CONFLICT when its body was another.
 */
int idempotency_find(struct store *st, const char *subject, const char *key, const unsigned char body_sha256[32], int64_t now_ms, int64_t *id, struct err *e);
/* In the transaction of the creation. */
int idempotency_keep(struct store *st, const char *subject, const char *key, const unsigned char body_sha256[32], int64_t id, int64_t now_ms, struct err *e);
int idempotency_prune(struct store *st, int64_t now_ms, struct err *e);

#endif
