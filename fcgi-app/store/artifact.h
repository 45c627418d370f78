/* Files of a run that its engine has declared complete.  The files themselves are in the run directory. */
#ifndef STORE_ARTIFACT_H
#define STORE_ARTIFACT_H

#include "lib/err.h"
#include "store/store.h"

#include <stdint.h>

struct artifact {
	const char *name; /* a plain file name, see runner_file_name_valid() */
	const char *kind; /* model, metrics, … as the engine says */
	const char *description; /* NULL: none */
	int64_t created_at_ms;
};

/* In a transaction; a name that is there already is declared anew. */
int artifact_put(struct store *st, int64_t experiment_id, const struct artifact *a, struct err *e);
/* By name, borrowed, and how many there are. */
int artifact_each(struct store *st, int64_t experiment_id, int64_t limit, int64_t offset, void (*fn)(void *arg, const struct artifact *a), void *arg,
		  int64_t *total, struct err *e);
/* ERR_NOTFOUND when the engine has declared no such file.  Texts are owned: artifact_clear(). */
int artifact_get(struct store *st, int64_t experiment_id, const char *name, struct artifact *a, struct err *e);
void artifact_clear(struct artifact *a);

#endif
