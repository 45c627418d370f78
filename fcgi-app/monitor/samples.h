/*
 * The part of the monitor that keeps samples in bounds: minutes and hours are made of them, what is older than dashboard.retention_days goes, and more when the store comes close to
 * dashboard.retention_size_mb.  All in small steps, one service at a time.
 *
 * Samples as they came are kept for a day (or retention_days, when that is less): minutes answer for what is older.
 */
#ifndef MONITOR_SAMPLES_H
#define MONITOR_SAMPLES_H

#include "monitor/monitor.h"

/*
 * Percent of dashboard.retention_size_mb from which the store counts as full.  From there on the oldest goes early, until SAMPLES_ROOM_PERCENT is reached: the shipped rule
 * store_nearly_full waits at the same place, so that it is an alert only where this does not help.
 */
#define SAMPLES_FULL_PERCENT 90
#define SAMPLES_ROOM_PERCENT 85

extern const struct monitor_part part_samples;

#endif
