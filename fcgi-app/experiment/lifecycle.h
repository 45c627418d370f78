/*
 * The life of an experiment: its states, and which action leads where.
 *
 *	created → queued → starting → running ⇄ paused → completed | stopped | aborted | failed
 *
 * with pausing, resuming, stopping and aborting while an action is under way.  A worker that accepts an action sets the state that
 * lifecycle_request() names; only a confirmation by the engine (lifecycle_confirm) leads on from a transitional state.
 */
#ifndef EXPERIMENT_LIFECYCLE_H
#define EXPERIMENT_LIFECYCLE_H

#include <stdbool.h>
#include <stddef.h>

enum status {
	STATUS_CREATED,
	STATUS_QUEUED,
	STATUS_STARTING,
	STATUS_RUNNING,
	STATUS_PAUSING,
	STATUS_PAUSED,
	STATUS_RESUMING,
	STATUS_STOPPING,
	STATUS_ABORTING,
	STATUS_COMPLETED,
	STATUS_STOPPED,
	STATUS_ABORTED,
	STATUS_FAILED,
	STATUS_MAX
};

enum action { ACTION_START, ACTION_PAUSE, ACTION_RESUME, ACTION_STOP, ACTION_ABORT, ACTION_MAX };

/* Names as in the API; from_name returns false for anything else (case matters). */
const char *status_name(enum status s);
bool status_from_name(const char *name, enum status *s);
const char *action_name(enum action a);
bool action_from_name(const char *name, enum action *a);

/* Nothing follows. */
bool status_is_terminal(enum status s);
/* Counts against max_experiments: a process exists, or is about to. */
bool status_is_active(enum status s);
/* An action is under way; the engine has not confirmed it. */
bool status_is_transitional(enum status s);

/*
 * May action a be asked for in state s?  *next is the state while it is under way, which for a queued experiment is the final one (nothing runs,
 * so there is nobody to confirm).  For ACTION_START *next is STATUS_STARTING; the caller queues instead where no place is free.
 */
bool lifecycle_request(enum status s, enum action a, enum status *next);
/* The state that the action leads to once confirmed: running, paused, running, stopped, aborted. */
enum status lifecycle_goal(enum action a);
/*
 * The engine says that it is in state `reported` (running, paused, completed, stopped, aborted, failed) while we hold s.  Returns true when the state becomes *next; false
 * when the report changes nothing (a late `running` while an abort is under way does not revive a run; nothing follows a terminal state).
 */
bool lifecycle_confirm(enum status s, enum status reported, enum status *next);

/* "pause, stop, abort" or "none": the actions allowed in s.  Returns out. */
const char *lifecycle_allowed(enum status s, char *out, size_t size);

#endif
