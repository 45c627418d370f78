/* Migrations: the embedded files of schema/, run in order, each in its own transaction with the new user_version. */
#ifndef STORE_MIGRATE_H
#define STORE_MIGRATE_H

#include "lib/err.h"

struct store;

struct migration {
	const char *name; /* NNN_what */
	const char *sql;
};

extern const struct migration migrations[]; /* index + 1 is the number */
extern const int migrations_n;

/* Bring the store to migrations_n.  Waits for another process that is at it.  A store that had content is first copied to `<store>.before-NNN`. */
int migrate(struct store *st, struct err *e);

#endif
