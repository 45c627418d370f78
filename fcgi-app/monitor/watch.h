/*
 * The part of the monitor that watches services: which there are comes from the configuration and is in force at the turn after a change; when each is checked from
 * platform/schedule.h; what came of it goes to the store through record.h.
 *
 * A service's check is its own: a mute one waits for its timeout alone.  When the loop itself was held up (a locked store, a suspended machine), a check that failed meanwhile is
 * * repeated instead of being counted, for a while: that is no service's fault.
 */
#ifndef MONITOR_WATCH_H
#define MONITOR_WATCH_H

#include "monitor/monitor.h"

extern const struct monitor_part part_watch;

#endif
