/*
 * The monitor: one thread, one loop, a list of parts.  Each part has a turn that does what is due and returns when it wants its next one; a part that cares about the store also gets
 * a turn when the store has changed.  No part may wait for anything: what takes time is begun in one turn and looked after in later ones.
 *
 * Parts take the time from here, never from a clock.  A part that meets a store error leaves things as they are and tries again.
 */
#ifndef MONITOR_MONITOR_H
#define MONITOR_MONITOR_H

#include "experiment/scenario.h"
#include "lib/conf.h"
#include "lib/err.h"
#include "lib/shared.h"
#include "platform/settings.h"
#include "store/store.h"

#include <stdbool.h>
#include <stdint.h>

#define MONITOR_PARTS_MAX 16

enum monitor_phase {
	MONITOR_RUNNING,
	MONITOR_ENDING,  /* every run is being ended, then the monitor */
	MONITOR_LEAVING  /* the monitor ends now; runs go on */
};

struct alerts;
struct engines;
struct notify;
struct policies;
struct runs;
struct watch;

struct monitor {
	const struct conf *conf;
	struct store *store;
	struct shared *shared;
	struct catalog catalog;
	int64_t reloads;            /* of the catalogue: pointers into it are good until this rises */
	struct settings settings;   /* of the store's configuration, as of this turn */
	enum monitor_phase phase;
	int64_t now_ms;             /* wall clock of this turn */
	int64_t mono_ms;            /* monotonic clock of this turn */
	bool changed;               /* the store is not as it was at the last turn */
	int64_t version;            /* of the store */
	int64_t lag_ms;             /* how late a turn has been lately; part_alerts measures it */
	int64_t trouble_logged_mono_ms;
	int64_t write_mono_ms;      /* when the store may be tried again, after it was busy or full */
	int64_t due_mono_ms[MONITOR_PARTS_MAX];
	int lock_fd;
	int wake_fd;                /* readable: a part (that is due every turn) has something to do before the next tick; -1: none has one */
	struct runs *runs;          /* of part_runs */
	struct alerts *alerts;      /* of part_alerts */
	struct engines *engines;    /* of part_engines */
	struct notify *notify;      /* of part_notify */
	struct policies *policies;  /* of part_policies */
	struct watch *watch;        /* of part_watch */
};

struct monitor_part {
	const char *name;
	int (*open)(struct monitor *m, struct err *e); /* may be NULL */
	int64_t (*turn)(struct monitor *m);            /* returns the monotonic time of the next turn */
	void (*close)(struct monitor *m);              /* may be NULL */
	bool on_change;                                /* also when the store has changed */
};

/* In the order of their turns. */
extern const struct monitor_part *const monitor_parts[];

int monitor_open(struct monitor *m, const struct conf *conf, struct err *e);
void monitor_close(struct monitor *m);
/* One turn of every part that is due.  The caller has set now_ms and mono_ms. */
void monitor_turn(struct monitor *m);
/* Read engines and scenarios again; a wrong file leaves the old ones in force. */
void monitor_reload(struct monitor *m);
/* True when a monitor that is ending has nothing left to wait for. */
bool monitor_ended(const struct monitor *m);
/*
 * Ask before writing to the store: when it has just been busy or full for one, the others need not wait for the same answer in turn; the beat must go on.
 */
bool monitor_may_write(const struct monitor *m);
/* A store error, or another that will be tried again: a line in the log, at most one every few seconds. */
void monitor_trouble(struct monitor *m, const char *what, const struct err *e);

#endif
