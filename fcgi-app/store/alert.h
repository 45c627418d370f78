/*
 * Alerts: one row an episode.  Every change goes through this file: it updates the row, adds to the alert's history and to the event log, and marks what people are
 * still to be told, in the caller's transaction, so that the four never disagree.
 */
#ifndef STORE_ALERT_H
#define STORE_ALERT_H

#include "lib/err.h"
#include "lib/json_out.h"
#include "platform/rule.h"
#include "store/store.h"

#include <stdbool.h>
#include <stdint.h>

#define ALERT_COMMENT_MAX 500 /* code points */

/* Texts are borrowed, except in what alert_get() filled: those are owned, see alert_clear(). */
struct alert {
	int64_t id;
	int64_t rule_id; /* 0: the rule is gone */
	enum severity severity;
	const char *status; /* active, acknowledged, resolved */
	const char *title, *description;
	const char *service;   /* NULL: about none */
	int64_t experiment_id; /* 0: about none */
	const char *metric;
	double threshold, current_value; /* NAN: none */
	int64_t created_at_ms, updated_at_ms;
	int64_t acknowledged_at_ms; /* 0: nobody has */
	const char *acknowledged_by, *comment;
	int64_t resolved_at_ms;
	const char *resolved_by, *resolution;
	const char *notice; /* what people are still to be told: opened, escalated, resolved; NULL: nothing */
	bool told;          /* a message about it went out */
	bool silenced;      /* a silence in force matches it */
};

struct alert_note {
	int64_t at_ms;
	const char *event; /* opened, acknowledged, escalated, notified, resolved */
	const char *actor; /* NULL: the monitor */
	const char *details;
};

enum alert_sort { ALERT_SORT_CREATED, ALERT_SORT_UPDATED, ALERT_SORT_ID, ALERT_SORT_SEVERITY, ALERT_SORT_STATUS, ALERT_SORT_MAX };

/* NULL-terminated, by enum: the API's words. */
extern const char *const alert_sort_names[ALERT_SORT_MAX + 1];

struct alert_query {
	int severity;       /* enum severity; -1: any */
	const char *status; /* NULL: any */
	int open;           /* 1: not resolved, 0: resolved, -1: any */
	const char *service;
	int64_t experiment_id, rule_id; /* 0: any */
	int64_t from_ms, to_ms;         /* of created_at, both inclusive */
	enum alert_sort sort;
	bool descending;
	int64_t limit, offset;
};

/* now_ms tells which silences are in force.  fn must not use the store. */
int alert_each(struct store *st, const struct alert_query *q, int64_t now_ms, void (*fn)(void *arg, const struct alert *a), void *arg, int64_t *total, struct err *e);
/* All that are not resolved, by id. */
int alert_each_open(struct store *st, int64_t now_ms, void (*fn)(void *arg, const struct alert *a), void *arg, struct err *e);
/* Up to limit of those with something to tell, by id; those that are silenced wait, unless they have resolved. */
int alert_each_notice(struct store *st, int64_t now_ms, int64_t limit, void (*fn)(void *arg, const struct alert *a), void *arg, struct err *e);
/* Those that a notification tells of, by id; change is what it tells of each. */
int alert_each_notified(struct store *st, int64_t notification_id, int64_t now_ms, void (*fn)(void *arg, const struct alert *a, const char *change), void *arg,
			struct err *e);
/* ERR_NOTFOUND. */
int alert_get(struct store *st, int64_t id, int64_t now_ms, struct alert *a, struct err *e);
void alert_clear(struct alert *a);
int alert_history_each(struct store *st, int64_t alert_id, void (*fn)(void *arg, const struct alert_note *n), void *arg, struct err *e);
/* Was there an alert of this rule about this experiment at or after since_ms? */
int alert_was_raised(struct store *st, int64_t rule_id, int64_t experiment_id, int64_t since_ms, bool *raised, struct err *e);

/* All in a transaction. */

/* Fills id.  rule_id to created_at_ms of a are read. */
int alert_raise(struct store *st, struct alert *a, struct err *e);
/* The newest value of an open one; no event, no history. */
int alert_set_value(struct store *st, int64_t id, double value, struct err *e);
/* Active again, with a higher severity; the acknowledgement stays in the history only. */
int alert_escalate(struct store *st, int64_t id, enum severity severity, double threshold, const char *description, int64_t now_ms, struct err *e);
/* ERR_NOTFOUND; ERR_CONFLICT when resolved.  Of one that is acknowledged already, nothing changes.  comment may be NULL. */
int alert_acknowledge(struct store *st, int64_t id, const char *actor, const char *comment, int64_t now_ms, struct err *e);
/* ERR_NOTFOUND.  Of one that is resolved already, nothing changes.  actor NULL: by itself. */
int alert_resolve(struct store *st, int64_t id, const char *actor, const char *resolution, int64_t now_ms, struct err *e);
/* Every open one of the rule. */
int alert_resolve_rule(struct store *st, int64_t rule_id, const char *actor, const char *resolution, int64_t now_ms, struct err *e);
/* Nothing is to be told any more; told: because it has gone into the outbox. */
int alert_notice_done(struct store *st, int64_t id, bool told, struct err *e);
/* A message about it has reached somebody. */
int alert_note_notified(struct store *st, int64_t id, const char *details, int64_t now_ms, struct err *e);
/* Delete up to batch of those resolved before before_ms. */
int alert_prune(struct store *st, int64_t before_ms, int64_t batch, int64_t *deleted, struct err *e);

/* The members of an alert into an open object. */
void alert_write(struct json_out *j, const struct alert *a);

#endif
