/* For the engine's tests: the engine in a process of its own, in a run directory as the monitor makes it. */
#ifndef TEST_ENGINE_PROCESS_H
#define TEST_ENGINE_PROCESS_H

#include "lib/buf.h"

#include <stdbool.h>
#include <sys/types.h>

struct run {
	char *dir, *events;
	pid_t pid;
	int control; /* the monitor's end of the FIFO */
	struct buf text;
};

/* The directory, with a synthetic mnist of 600 and 200 images; configuration and network are JSON. */
void run_make(struct run *r, const char *configuration, const char *network, int threads);
void run_start(struct run *r);
/* What it has written so far; borrowed until the next call. */
const char *run_text(struct run *r);
/* Wait until what stands n times in the events. */
void run_await(struct run *r, const char *what, int n);
void run_tell(struct run *r, const char *action);
/* Wait for its end: the exit status, and the state in the last line. */
void run_end(struct run *r, int status, const char *state);
bool run_has_model(const struct run *r);
void run_clear(struct run *r);

/* How often what stands in text. */
int run_count(const char *text, const char *what);

#endif
