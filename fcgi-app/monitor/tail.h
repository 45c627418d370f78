/*
 * Reading events.jsonl from where the store's knowledge ends: whole lines only, a bounded number at a time.  Nothing is remembered that the store does not also know,
 * so what could not be committed is simply read again.
 */
#ifndef MONITOR_TAIL_H
#define MONITOR_TAIL_H

#include "experiment/runner_event.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TAIL_EVENTS_MAX 200 /* of one transaction: some 20 ms of the writer's lock */

struct tail {
	int fd;            /* -1: not open yet */
	int64_t read_to;   /* size of the file when it was last read to its end */
	bool skipping;     /* inside a line that is too long */
};

struct tail_batch {
	struct runner_event events[TAIL_EVENTS_MAX];
	size_t n;
	int64_t offset;    /* after the batch */
	int64_t bad;       /* lines of it that are no events */
	char why[200];     /* the first of them */
	bool skipping;     /* for struct tail, once the batch is committed */
	bool more;         /* the file holds more that can be read now */
	int64_t size;      /* of the file at this reading */
};

void tail_init(struct tail *t);
void tail_close(struct tail *t);
/* True when there is something new after offset; then commit it, tell tail_done(), and tail_batch_clear() in either case.  all: look even when the file has not grown. */
bool tail_read(struct tail *t, const char *dir, int64_t offset, bool all, struct tail_batch *b);
void tail_done(struct tail *t, const struct tail_batch *b);
void tail_batch_clear(struct tail_batch *b);

#endif
