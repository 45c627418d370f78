/*
 * The outbox and delivery log of notifications.  A message waits until its time, takes up further alerts as long as it has not been tried, and is then tried until it is
 * sent or given up.
 */
#ifndef STORE_NOTIFICATION_H
#define STORE_NOTIFICATION_H

#include "lib/err.h"
#include "lib/json_out.h"
#include "platform/settings.h"
#include "store/store.h"

#include <stdbool.h>
#include <stdint.h>

struct notification {
	int64_t id;
	enum channel channel;
	const char *target; /* for people; no secret */
	const char *status; /* pending, sent, dropped */
	const char *subject;
	bool test;
	int64_t attempts;
	int64_t created_at_ms;
	int64_t next_attempt_ms; /* 0: none */
	int64_t sent_at_ms;      /* 0: not sent */
	const char *last_error;  /* NULL: none */
	const char *alerts;      /* JSON array of alert numbers */
};

enum notification_sort { NOTIFICATION_SORT_ID, NOTIFICATION_SORT_CREATED, NOTIFICATION_SORT_MAX };

/* NULL-terminated, by enum: the API's words. */
extern const char *const notification_sort_names[NOTIFICATION_SORT_MAX + 1];

/* A page, borrowed, and how many match.  status NULL: any. */
int notification_each(struct store *st, const char *status, enum notification_sort sort, bool descending, int64_t limit, int64_t offset,
		      void (*fn)(void *arg, const struct notification *n), void *arg, int64_t *total, struct err *e);
/* Pending ones that are due, oldest first, borrowed; fn must not use the store. */
int notification_each_due(struct store *st, enum channel channel, int64_t now_ms, int64_t limit, void (*fn)(void *arg, const struct notification *n), void *arg, struct err *e);
/* ERR_NOTFOUND.  Borrowed texts in fn. */
int notification_get(struct store *st, int64_t id, void (*fn)(void *arg, const struct notification *n), void *arg, struct err *e);

/* All in a transaction. */

/* Fills id.  channel, target, subject, test, created_at_ms, next_attempt_ms of n are read. */
int notification_create(struct store *st, struct notification *n, struct err *e);
/* A message for the channel that has not been tried and is not due yet; *id 0: none. */
int notification_waiting(struct store *st, enum channel channel, int64_t now_ms, int64_t *id, struct err *e);
/* It tells this of the alert; what it told of it before is replaced. */
int notification_add_alert(struct store *st, int64_t id, int64_t alert_id, const char *change, struct err *e);
/* Before a try: counts it, and says when the next would be. */
int notification_begin(struct store *st, int64_t id, const char *target, const char *subject, int64_t next_attempt_ms, struct err *e);
int notification_sent(struct store *st, int64_t id, int64_t now_ms, struct err *e);
/* A try has failed; next_attempt_ms 0: it is given up. */
int notification_failed(struct store *st, int64_t id, const char *why, int64_t next_attempt_ms, struct err *e);
/* Delete up to batch of those that are not pending and older than before_ms. */
int notification_prune(struct store *st, int64_t before_ms, int64_t batch, int64_t *deleted, struct err *e);

/* A notification as the API shows it. */
void notification_write(struct json_out *j, const struct notification *n);

#endif
