/*
 * The policies of the policy engine as the monitor last read them, and the experiments whose policies nobody could verify yet.  The monitor writes; workers read.
 */
#ifndef STORE_POLICY_LIST_H
#define STORE_POLICY_LIST_H

#include "lib/err.h"
#include "store/store.h"

#include <stdbool.h>
#include <stdint.h>

/* Texts are owned: policy_list_clear(). */
struct policy_list {
	char *policies;       /* JSON array of {"id","name"} */
	int64_t listed_at_ms; /* 0: never */
	int64_t tried_at_ms;  /* newest attempt; 0: none yet */
	char *reason;         /* why that came to nothing; NULL: it did not */
};

int policy_list_get(struct store *st, struct policy_list *l, struct err *e);
void policy_list_clear(struct policy_list *l);
/* In a transaction: an attempt at now_ms gave this list (reason NULL), or nothing (policies NULL), which leaves the older one. */
int policy_list_put(struct store *st, const char *policies, const char *reason, int64_t now_ms, struct err *e);
/* In a transaction: the list is of another policy engine. */
int policy_list_forget(struct store *st, struct err *e);

/* Is there one? */
int policy_any_unverified(struct store *st, bool *any, struct err *e);
/* Up to max experiments that are not over and have an unverified policy; status is the JSON object name → word.  fn must not use the store. */
int policy_each_unverified(struct store *st, int64_t max, void (*fn)(void *arg, int64_t experiment_id, const char *status), void *arg, struct err *e);
/* In a transaction: what became of them, with an entry in the timeline and an event.  unknown: those that the policy engine does not have, "" for none. */
int policy_settle(struct store *st, int64_t experiment_id, const char *status, const char *unknown, int64_t now_ms, struct err *e);

#endif
