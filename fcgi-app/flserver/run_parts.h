/* Inside run.c and run_begin.c only: a run under way. */
#ifndef FLSERVER_RUN_PARTS_H
#define FLSERVER_RUN_PARTS_H

#include "engine/command.h"
#include "flserver/child.h"
#include "flserver/denials.h"
#include "flserver/follow.h"
#include "flserver/run.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum phase { PHASE_TURN /* another run is on the server */, PHASE_LAUNCHING, PHASE_ATTACHING, PHASE_RESTARTING, PHASE_FOLLOWING };

struct run {
	const struct spec *spec;
	struct report report;
	struct follow follow;
	struct child child;
	struct denials denials;
	struct command_reader commands;
	int control_fd;
	int turn_fd;               /* locked while the server is ours */
	enum phase phase;
	const char *state;         /* what was said last: running or paused; NULL: nothing yet */
	bool hold;                 /* we hold it back: a pause was asked for */
	bool stopping;             /* a stop was */
	bool last_round_held;      /* we hold it back after our last round */
	bool policy_held;          /* a policy held it too when we did: when it lets go, so does the server */
	bool over;
	int64_t mono_ms;
	int64_t look_mono_ms;      /* of the next look */
	int64_t since_mono_ms;     /* of this phase */
	int64_t odd_mono_ms;       /* since when it is in a state that may pass; 0: it is not */
	int64_t round_before;      /* by its count, at the look before */
};

void run_enter(struct run *r, enum phase phase);
/* A state that is no end; nothing when it was said already. */
void run_say(struct run *r, const char *state);
/* The end.  A server that was launched goes first, so that what is said to be over is. */
void run_finish(struct run *r, const char *state, const char *reason);
void run_fail(struct run *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* POST path; true when it did, else why holds its words or what became of it. */
bool run_tell(struct run *r, const char *path, int64_t timeout_ms, char *why, size_t size);

/* run_begin.c: before anything is asked; the server is one run's at a time. */
void run_take_turn(struct run *r);
/* run_begin.c: after a look in that phase. */
void run_attach(struct run *r);
void run_await_restart(struct run *r);
void run_launch(struct run *r);

#endif
