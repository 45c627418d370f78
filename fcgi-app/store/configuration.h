/*
 * The configuration that people change while the system runs (GET /config): append-only versions of one JSON document.
 * What its members are, their ranges and defaults is settings.h's business; this file keeps texts.
 */
#ifndef STORE_CONFIGURATION_H
#define STORE_CONFIGURATION_H

#include "lib/err.h"
#include "store/store.h"

#include <stdbool.h>
#include <stdint.h>

struct config_entry {
	int64_t version;        /* 0: nobody has changed anything yet; document is then NULL and the defaults are in force */
	const char *document;   /* JSON object, complete */
	const char *difference; /* JSON array of {path, from, to} */
	const char *author;
	int64_t at_ms;
};

/* The one in force.  Texts are owned: config_entry_clear(). */
int config_current(struct store *st, struct config_entry *c, struct err *e);
/* ERR_NOTFOUND when there is no such version. */
int config_get(struct store *st, int64_t version, struct config_entry *c, struct err *e);
void config_entry_clear(struct config_entry *c);
/* A page by version, borrowed, and how many there are in all. */
int config_each(struct store *st, bool descending, int64_t limit, int64_t offset, void (*fn)(void *arg, const struct config_entry *c), void *arg, int64_t *total, struct err *e);
/* In a transaction.  Fills version. */
int config_put(struct store *st, struct config_entry *c, struct err *e);

#endif
