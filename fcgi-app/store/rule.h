/* Alert rules; what they mean is platform/rule.h's business. */
#ifndef STORE_RULE_H
#define STORE_RULE_H

#include "lib/err.h"
#include "platform/rule.h"
#include "store/store.h"

#include <stdbool.h>
#include <stdint.h>

enum rule_sort { RULE_SORT_ID, RULE_SORT_NAME, RULE_SORT_SEVERITY, RULE_SORT_CREATED, RULE_SORT_MAX };

/* NULL-terminated, by enum: the API's words. */
extern const char *const rule_sort_names[RULE_SORT_MAX + 1];

/* A page, borrowed, and how many there are in all; fn must not use the store. */
int rule_each(struct store *st, enum rule_sort sort, bool descending, int64_t limit, int64_t offset, void (*fn)(void *arg, const struct rule *r), void *arg,
	      int64_t *total, struct err *e);
/* ERR_NOTFOUND.  Texts are owned: rule_clear(). */
int rule_get(struct store *st, int64_t id, struct rule *r, struct err *e);
void rule_clear(struct rule *r);
/* A deep copy, to be cleared. */
void rule_copy(struct rule *to, const struct rule *from);

/* In a transaction.  Fills id.  ERR_CONFLICT: the name is taken. */
int rule_create(struct store *st, struct rule *r, struct err *e);
/* In a transaction: everything but id, built_in and how it was created. */
int rule_replace(struct store *st, const struct rule *r, struct err *e);
/* In a transaction: ERR_CONFLICT for one that came with the system.  Its open alerts are the caller's to resolve first. */
int rule_delete(struct store *st, int64_t id, struct err *e);

#endif
