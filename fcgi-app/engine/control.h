/*
 * What the run has been asked to do, and the one place that decides when it is really done.  A thread of its own reads the commands (FIFO `control`), turns
 * SIGTERM and SIGINT into abort, and writes heartbeats; the threads that work ask at every batch whether they may go on.
 *
 * Whoever works is between control_enter() and control_leave(); `paused` is reported by the last one that holds (or at once when nobody works), so that it is
 * true when it is written.  The run's clock stands still while paused.
 *
 * pause     hold at the next batch
 * resume    go on
 * stop      end after the round; when paused (or before the first round), at once: the unfinished round is dropped
 * abort     end now
 */
#ifndef ENGINE_CONTROL_H
#define ENGINE_CONTROL_H

#include "engine/events.h"
#include "lib/err.h"

#include <stdbool.h>
#include <stdint.h>

#define CONTROL_HEARTBEAT_MS 4000 /* the protocol asks for 5 s at most */
#define CONTROL_LINE_MAX 4096

enum control_want { CONTROL_RUN, CONTROL_PAUSE, CONTROL_STOP, CONTROL_STOP_NOW, CONTROL_ABORT };

struct control;

/*
 * Call before any other thread is started: the signals must be blocked in all of them.  events must outlive the control.
 * Until control_begin() the run has not been reported as running.
 */
int control_open(struct control **out, const char *fifo, struct events *events, struct err *e);
/* Ends the thread. */
void control_close(struct control *c);
/* Report `running`, unless it is already to end; from here on pause is honoured. */
void control_begin(struct control *c);

/* From here the caller works.  Holds while paused.  False: do not, the round is over (control_leave() is then not called). */
bool control_enter(struct control *c);
void control_leave(struct control *c);
/* Enter in any case, after holding while paused: for the one thread that ends a run. */
void control_resume_work(struct control *c);
/* At every batch.  Holds while paused.  False: stop working; the caller still leaves. */
bool control_pass(struct control *c);
/*
 * Wait, not working, until control_wake(), a change of what is wanted, or the time is up.  The caller works before and after.
 * False: the round is over (the caller works nevertheless, and leaves).
 */
bool control_wait(struct control *c, double ms);
void control_wake(struct control *c);

/* What is wanted now. */
enum control_want control_want(struct control *c);
/* True when the round in progress is not to be finished. */
bool control_dropped(struct control *c);
/* The run's clock: milliseconds, without the time while paused. */
double control_clock_ms(struct control *c);

#endif
