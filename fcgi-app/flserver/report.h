/*
 * The runner's side of events.jsonl (docs/runner-protocol.md): each event with the next number, written with one write().  A line that cannot be written (the disk is full) is tried again for
 * half a minute; then the process ends, because a run that cannot be reported is worth nothing.  After a final state nothing more is written.
 */
#ifndef FLSERVER_REPORT_H
#define FLSERVER_REPORT_H

#include "flserver/answer.h"
#include "lib/buf.h"

#include <stdbool.h>
#include <stdint.h>

struct report {
	int fd;
	int64_t seq;
	int64_t last_mono_ms; /* of the newest line */
	bool final;
	struct buf line;
};

/* events.jsonl in the working directory. */
int report_open(struct report *r, struct err *e);
void report_close(struct report *r);

/* running, paused, completed, stopped, aborted, failed; reason may be NULL. */
void report_state(struct report *r, const char *state, const char *reason);
/* what NULL clears; numbers below zero are not known; detail may be NULL. */
void report_waiting(struct report *r, const char *what, int64_t needed, int64_t present, const char *detail);
void report_log(struct report *r, const char *level, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void report_refused(struct report *r, const char *action, const char *reason);
void report_not_applied(struct report *r, const char *member, const char *reason);
void report_round_started(struct report *r, int64_t round);
/* round is ours; the rest is the server's. */
void report_round_completed(struct report *r, int64_t round, const struct fl_round *row);
/* Where nothing was written for quiet_ms. */
void report_heartbeat(struct report *r, int64_t quiet_ms);

#endif
