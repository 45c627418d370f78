/* Inside the runs part only: one run that has not ended. */
#ifndef MONITOR_LIVE_H
#define MONITOR_LIVE_H

#include "experiment/lifecycle.h"
#include "monitor/monitor.h"
#include "monitor/process.h"
#include "monitor/tail.h"

#include <stdbool.h>
#include <stdint.h>

#define LIVE_ABORT_WAIT_MS 5000     /* for the engine to confirm an abort, before it gets a signal */
#define LIVE_TERM_WAIT_MS 2000      /* from SIGTERM to SIGKILL */
#define LIVE_LINGER_MS 10000        /* for a process that has said its last word to be gone */
#define LIVE_READ_EVERY_MS 50       /* a commit costs a sync of the disk: twenty a second and run are plenty, unless somebody waits for the engine's word */
#define LIVE_LOG_EVERY_MS 1000      /* to see whether the engine's log has grown too long */
#define LIVE_REMOTE_START_MS (3600 * INT64_C(1000)) /* for a remote engine's first report */

/* The newest open command of the run's experiment. */
struct live_command {
	int64_t id; /* 0: none */
	enum action action;
	bool pending; /* not marked as sent yet */
};

struct live {
	struct live *next;
	int64_t id;               /* of the experiment */
	char *dir;                /* owned */
	struct process process;   /* pid 0: on another machine */
	enum status status;       /* as of the last look at the store */
	bool listed;              /* the store has this run still; set anew at each look */
	bool active;              /* its experiment is active */
	struct live_command command;
	int64_t told_id;          /* newest command that this monitor has passed on */
	struct tail tail;
	int64_t offset, last_seq; /* as the store has them */
	int64_t heard_at_ms;      /* the same; of a remote engine the only sign of life */
	int control_fd;           /* -1: not open */
	bool gone;                /* the process has ended */
	struct process_end end;
	bool ended;               /* all is written down: to be forgotten */
	char *why;                /* owned; why the monitor ends it, NULL: it does not, or because of an abort */
	int64_t heard_mono_ms;
	int64_t read_mono_ms;     /* when to read next */
	int64_t log_mono_ms;      /* when to look at the log next */
	int64_t abort_mono_ms;    /* since when an abort waits for the engine; 0: none */
	int64_t final_mono_ms;    /* since when its experiment is over; 0: it is not */
	int64_t term_mono_ms;     /* SIGTERM was sent; 0: not */
	bool killed;
};

/* What a run needs now.  Returns when it wants its next turn (monotonic). */
int64_t live_turn(struct monitor *m, struct live *l, struct tail_batch *scratch);
/* End the process, first gently.  why may be NULL. */
void live_end(struct monitor *m, struct live *l, const char *why);
/* At once. */
void live_kill(struct live *l);

/*
 * An active experiment that has no run in the store: start its engine, or find the one that was started before this was written down, or carry out an end that came before the start.
 * Returns when to look again (monotonic); 0: nothing more to do.
 */
int64_t run_place(struct monitor *m, int64_t id);

#endif
