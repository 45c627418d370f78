/*
 * Runs: starting engines, following what they write, passing on commands, and finding out how they ended.
 *
 * The store says what is wanted (an experiment's status, its open commands); this part brings it about.  What it keeps in memory is only what can be found again: a monitor that is
 * killed and started anew attaches to every run that has not ended (run.ended = 0), and looks into the run directory of every active experiment without a run.
 */
#ifndef MONITOR_RUNS_H
#define MONITOR_RUNS_H

#include "monitor/monitor.h"

extern const struct monitor_part part_runs;

/* True when no engine of ours is left, as far as it is known. */
bool runs_none_left(const struct monitor *m);

#endif
