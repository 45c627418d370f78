/*
 * The engines part: finds out whether each configured engine can be started, and keeps it in the store for the API, which never looks itself.  An engine can when its command is there, and
 * when the check of its file, where it has one, says so.  Looked at when the monitor starts and reads its files again, every minute, and when the API asks.
 */
#ifndef MONITOR_ENGINES_H
#define MONITOR_ENGINES_H

#include "monitor/monitor.h"

extern const struct monitor_part part_engines;

#endif
