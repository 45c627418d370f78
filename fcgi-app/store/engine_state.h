/*
 * How the configured engines stand, as the monitor found it, and the way in which a worker asks it to look again.  The monitor writes states and answers; workers read, and ask.
 */
#ifndef STORE_ENGINE_STATE_H
#define STORE_ENGINE_STATE_H

#include "lib/err.h"
#include "store/store.h"

#include <stdbool.h>
#include <stdint.h>

#define ENGINE_REASON_MAX 320
#define ENGINE_VERSION_MAX 80

struct engine_state {
	char name[65];
	bool available;
	char reason[ENGINE_REASON_MAX];   /* "" when available */
	char version[ENGINE_VERSION_MAX]; /* "": not known */
	int64_t checked_at_ms;            /* 0: nobody has looked yet; the rest is then empty */
};

/* Not an error when there is none: checked_at_ms is then 0. */
int engine_state_get(struct store *st, const char *name, struct engine_state *s, struct err *e);
/* In a transaction. */
int engine_state_put(struct store *st, const struct engine_state *s, struct err *e);
/* In a transaction: forget those that were last looked at before before_ms, which are configured no more. */
int engine_state_prune(struct store *st, int64_t before_ms, struct err *e);

enum inquiry_topic { INQUIRY_ENGINES, INQUIRY_POLICIES };

struct inquiry {
	int64_t asked_at_ms, answered_at_ms;
};

int inquiry_get(struct store *st, enum inquiry_topic topic, struct inquiry *q, struct err *e);
/* In a transaction: somebody wants to know how it is now.  *asked_at_ms is the question's time and name: the next one's is greater, whatever the clock does. */
int inquiry_ask(struct store *st, enum inquiry_topic topic, int64_t now_ms, int64_t *asked_at_ms, struct err *e);
/* In a transaction: what was found by a look that began after all questions up to asked_at_ms is stored. */
int inquiry_answer(struct store *st, enum inquiry_topic topic, int64_t asked_at_ms, struct err *e);

#endif
