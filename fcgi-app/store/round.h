/* Rounds and clients of a run: reading.  They are written by run.c, from the engine's events. */
#ifndef STORE_ROUND_H
#define STORE_ROUND_H

#include "lib/err.h"
#include "store/store.h"

#include <stddef.h>
#include <stdint.h>

/* Unknown numbers are -1, unknown measures NAN, times that have not come 0. */
struct round {
	int64_t round;
	int64_t started_at_ms, completed_at_ms;
	double accuracy, loss;
	int64_t duration_ms;
	int64_t clients, failed_clients;
	int64_t bytes;
};

struct client {
	const char *client;
	const char *status; /* idle, training, transferring, finished, lost */
	int64_t round;      /* it last worked in */
	int64_t rounds_count;
	double accuracy, loss;
	int64_t samples;
	int64_t train_ms, transfer_ms; /* in its last round */
	int64_t bytes_total;
	const char *detail;
	int64_t last_update_ms;
};

struct client_round {
	int64_t round;
	const char *client;
	const char *status;
	double accuracy, loss;
	int64_t samples;
	int64_t train_ms, transfer_ms;
	int64_t bytes;
};

/* Completed rounds greater than after, ascending, and how many there are.  limit -1: all. */
int round_each(struct store *st, int64_t experiment_id, int64_t after, int64_t limit, int64_t offset, void (*fn)(void *arg, const struct round *r), void *arg,
	       int64_t *total, struct err *e);
/* Completed rounds in ascending order: those that are a multiple of stride beyond the first, and the last. */
int round_each_some(struct store *st, int64_t experiment_id, int64_t stride, void (*fn)(void *arg, const struct round *r), void *arg, struct err *e);
/* The newest n completed rounds, newest first. */
int round_each_recent(struct store *st, int64_t experiment_id, int64_t n, void (*fn)(void *arg, const struct round *r), void *arg, struct err *e);
/* By name, and how many there are. */
int client_each(struct store *st, int64_t experiment_id, int64_t limit, int64_t offset, void (*fn)(void *arg, const struct client *c), void *arg,
		int64_t *total, struct err *e);
/* Of the clients at work, the one that was heard of longest ago: its name into name, *at_ms 0 when there is none. */
int client_most_silent(struct store *st, int64_t experiment_id, char *name, size_t size, int64_t *at_ms, struct err *e);
/* Clients that are at work now, in all experiments. */
int client_count_active(struct store *st, int64_t *n, struct err *e);
/* What every client did in every round, by round and client. */
int client_round_each(struct store *st, int64_t experiment_id, void (*fn)(void *arg, const struct client_round *c), void *arg, struct err *e);

/* One of them, by its key: fn is called once, or not at all when there is none. */
int round_one(struct store *st, int64_t experiment_id, int64_t round, void (*fn)(void *arg, const struct round *r), void *arg, struct err *e);
int client_one(struct store *st, int64_t experiment_id, const char *client, void (*fn)(void *arg, const struct client *c), void *arg, struct err *e);
int client_round_one(struct store *st, int64_t experiment_id, int64_t round, const char *client, void (*fn)(void *arg, const struct client_round *c), void *arg,
		     struct err *e);

#endif
