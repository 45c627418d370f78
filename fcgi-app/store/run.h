/*
 * Runs: where the process and the events of a started experiment are, and what an engine's events do to it.
 *
 * One row an experiment.  The position up to which events.jsonl was read and the number of the newest event are committed together with the events' effects, so that an event
 * counts exactly once whatever is killed when: after run_get() in a transaction come run_apply_event() for each event, run_save(), store_commit().
 */
#ifndef STORE_RUN_H
#define STORE_RUN_H

#include "experiment/lifecycle.h"
#include "experiment/runner_event.h"
#include "lib/err.h"
#include "store/experiment.h"
#include "store/store.h"

#include <stdbool.h>
#include <stdint.h>

#define RUN_LOG_KEPT 1000 /* of an engine's log events, the newest, in the timeline */

struct run {
	int64_t experiment_id;
	char *dir;               /* owned, as is last_error: run_clear() */
	int64_t pid;             /* 0: none, the engine is on another machine */
	int64_t pid_start_ticks; /* tells the process from a later one of the same number */
	int64_t read_offset;     /* bytes of events.jsonl whose effects are committed */
	int64_t last_seq;        /* newest event whose effects are committed */
	int64_t bad_lines;
	int64_t heard_at_ms;
	char *last_error;        /* NULL: none */
	enum status engine_state; /* what the engine last said; STATUS_STARTING: nothing yet */
	bool ended;              /* nothing more will be read */
};

/* In a transaction: the engine was started (or will report by itself: pid 0).  An open start command is now sent. */
int run_begin(struct store *st, int64_t experiment_id, const char *dir, int64_t pid, int64_t pid_start_ticks, int64_t now_ms, struct err *e);
/* ERR_NOTFOUND when it was never started. */
int run_get(struct store *st, int64_t experiment_id, struct run *r, struct err *e);
void run_clear(struct run *r);
/* Every run that has not ended, borrowed; fn must not use the store. */
int run_each_open(struct store *st, void (*fn)(void *arg, const struct run *r), void *arg, struct err *e);
/* In a transaction: what the batch has changed. */
int run_save(struct store *st, const struct run *r, struct err *e);

/*
 * In a transaction: the effects of one event; r (from run_get() in the same transaction) follows.  An event whose number was seen, and anything after the experiment's end, has
 * no effect.  now_ms is our clock: the engine's time of an event is believed only between the experiment's last change and now.
 */
int run_apply_event(struct store *st, struct run *r, const struct runner_event *ev, int64_t now_ms, struct err *e);

/*
 * In a transaction: the run is over and nothing more will be read.  Where the engine has not said how it ended, the experiment is aborted if that was under way, else failed with the
 * reason why; on a start that came to nothing the caller of the start gets the reason.  why may have several lines.
 */
int run_end(struct store *st, int64_t experiment_id, const char *why, int64_t now_ms, struct err *e);

/* A report of a remote engine; not in a transaction, it makes its own. */
struct run_reported {
	int64_t accepted;    /* events that were new */
	int64_t last_seq;
	const char *desired; /* running, paused, stopping, aborting; static */
};

/* ERR_CONFLICT: not started, or its engine runs here.  ERR_INVALID: an event is wrong, none was taken. */
int run_report(struct store *st, int64_t experiment_id, struct json_object *events, int64_t now_ms, struct run_reported *out, struct err *e);

#define RUN_REPORT_MAX 100 /* events a report */

#endif
