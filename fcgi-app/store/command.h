/*
 * Commands: what the API asks of the monitor.  A worker that accepts an action inserts one in the transaction that sets the transitional state;
 * the monitor tells the engine (sent) and, when the engine's answer has moved the experiment, experiment_move() settles it.
 */
#ifndef STORE_COMMAND_H
#define STORE_COMMAND_H

#include "experiment/lifecycle.h"
#include "lib/err.h"
#include "store/experiment.h"
#include "store/store.h"

#include <stdint.h>

#define COMMAND_REASON_MAX 500 /* code points of a reason */

enum command_status { COMMAND_PENDING, COMMAND_SENT, COMMAND_DONE, COMMAND_REFUSED };

struct command {
	int64_t id;
	int64_t experiment_id;
	enum action action;
	const char *reason; /* NULL: none; borrowed, owned after command_get() → command_clear() */
	const char *actor;
	int64_t created_at_ms;
	enum command_status status;
	int64_t sent_at_ms;
	const char *message; /* of a refusal */
};

struct command_request {
	int64_t experiment_id;
	enum action action;
	const char *reason; /* NULL: none */
	const char *actor;
	int64_t scheduled_at_ms; /* start only; 0: as soon as there is a place */
	int64_t max_active;      /* config dashboard.max_experiments */
	bool scheduling;         /* config features.experiment_scheduling: queue where there is no place */
};

/*
 * In a transaction: accept an action or refuse it (ERR_CONFLICT with details status and allowed; ERR_NOTFOUND).  *status is the state it led to.  *command_id is what to wait for,
 * 0 where the state is already final for this action (queued, or ended in the queue) and nothing is to be confirmed.
 */
int command_request(struct store *st, const struct command_request *q, int64_t now_ms, enum status *status, int64_t *command_id, struct err *e);
int command_get(struct store *st, int64_t id, struct command *c, struct err *e);
void command_clear(struct command *c);
/* Pending and sent ones, oldest first, borrowed; fn must not use the store. */
int command_each_open(struct store *st, void (*fn)(void *arg, const struct command *c), void *arg, struct err *e);
/* In a transaction. */
int command_mark_sent(struct store *st, int64_t id, int64_t now_ms, struct err *e);
/* In a transaction: the engine will not do this, for the reason in message; whoever waits for it is told. */
int command_refuse_action(struct store *st, int64_t experiment_id, enum action a, const char *message, int64_t now_ms, struct err *e);
/* In a transaction: the experiment is now in `to`.  Commands whose goal this is are done; on a terminal state all others are refused.  Called by experiment_move(). */
int command_settle(struct store *st, int64_t experiment_id, enum status to, int64_t now_ms, struct err *e);

#endif
