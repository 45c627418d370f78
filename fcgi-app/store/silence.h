/* Silences: until when nobody is told of the alerts that match. */
#ifndef STORE_SILENCE_H
#define STORE_SILENCE_H

#include "lib/err.h"
#include "store/store.h"

#include <stdbool.h>
#include <stdint.h>

#define SILENCE_SPAN_MAX_MS (INT64_C(366) * 86400000)

struct silence {
	int64_t id;
	const char *service;   /* NULL: any */
	int64_t rule_id;       /* 0: any */
	int64_t experiment_id; /* 0: any */
	int64_t until_ms;
	const char *reason;
	int64_t created_at_ms;
	const char *created_by;
};

enum silence_sort { SILENCE_SORT_ID, SILENCE_SORT_UNTIL, SILENCE_SORT_CREATED, SILENCE_SORT_MAX };

/* NULL-terminated, by enum: the API's words. */
extern const char *const silence_sort_names[SILENCE_SORT_MAX + 1];

struct silence_query {
	int active; /* 1: in force at now_ms, 0: over, -1: any */
	int64_t now_ms;
	enum silence_sort sort;
	bool descending;
	int64_t limit, offset;
};

/* A page, borrowed, and how many match. */
int silence_each(struct store *st, const struct silence_query *q, void (*fn)(void *arg, const struct silence *s), void *arg, int64_t *total, struct err *e);
/* In a transaction.  Fills id. */
int silence_create(struct store *st, struct silence *s, struct err *e);
/* In a transaction: it ends now; one that is over stays as it is.  ERR_NOTFOUND. */
int silence_end(struct store *st, int64_t id, int64_t now_ms, struct err *e);
/* In a transaction: delete up to batch of those that ended before before_ms. */
int silence_prune(struct store *st, int64_t before_ms, int64_t batch, int64_t *deleted, struct err *e);

#endif
