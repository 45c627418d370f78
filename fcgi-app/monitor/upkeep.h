/* Upkeep of the store: moving the log into the file (only the monitor does), forgetting what is old, checking it once at start. */
#ifndef MONITOR_UPKEEP_H
#define MONITOR_UPKEEP_H

#include "monitor/monitor.h"

/* Check the store in a child, which must be begun before this process opens the store: a handle never crosses a fork.  The outcome is a line in the log. */
void upkeep_check_begin(const struct monitor *m);

extern const struct monitor_part part_upkeep;

#endif
