/* An fl_server that the runner has started.  It stays in the runner's process group, so that whoever ends that ends it too. */
#ifndef FLSERVER_CHILD_H
#define FLSERVER_CHILD_H

#include "lib/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* A zeroed struct is none. */
struct child {
	pid_t pid; /* 0: none was started */
	bool ended;
	int status; /* as from waitpid(2), once it has ended */
};

int child_start(struct child *c, char **words, struct err *e);
/* True while it runs. */
bool child_runs(struct child *c);
/* SIGTERM, and SIGKILL for one that does not go within patience_ms. */
void child_end(struct child *c, int patience_ms);
/* "exit status 1".  Returns out. */
const char *child_describe(const struct child *c, char *out, size_t size);

#endif
