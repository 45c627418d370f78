/*
 * spec.json (docs/runner-protocol.md), checked again: an engine is not only started by the monitor.  Members of the configuration that are absent have their
 * default; one that is unknown or out of range is refused, all wrong ones at once.  conf/engines/embedded.json declares the same members
 * (tests/unit/test_engine_spec.c compares the two).
 */
#ifndef ENGINE_SPEC_H
#define ENGINE_SPEC_H

#include "engine/netem.h"
#include "lib/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SPEC_TEXT_MAX 32
#define SPEC_NAMES_MAX 160
#define SPEC_THREADS_MAX 64

struct spec {
	/* configuration */
	char dataset[SPEC_TEXT_MAX];
	char model[SPEC_TEXT_MAX];
	char partition[SPEC_TEXT_MAX]; /* "iid", "dirichlet" */
	int64_t rounds, clients, clients_per_round, local_epochs, batch_size, seed, train_samples;
	double learning_rate, alpha;
	/* the rest */
	struct netem network;
	char not_applied[SPEC_NAMES_MAX]; /* network members that this engine does not know, separated by spaces; cut when too many */
	size_t policies_n;
	unsigned threads;
};

enum spec_type { SPEC_INTEGER, SPEC_NUMBER, SPEC_STRING };

/* One member of the configuration. */
struct spec_member {
	const char *name;
	enum spec_type type;
	size_t offset; /* in struct spec */
	double min, max, initial;
	const char *values[4]; /* strings: what is allowed, the first is the default; NULL-terminated */
};

extern const struct spec_member spec_members[];
extern const size_t spec_members_n;

/* ERR_INVALID with a message that names every wrong member. */
int spec_parse(struct spec *s, const char *text, size_t len, struct err *e);
int spec_load(struct spec *s, const char *path, struct err *e);

#endif
