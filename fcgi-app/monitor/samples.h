/*
 * The part of the monitor that keeps samples in bounds: minutes and hours are made of them, what is older than dashboard.retention_days goes, and more when the store is larger than
 * dashboard.retention_size_mb.  All in small steps, one service at a time.
 *
 * Samples as they came are kept for a day (or retention_days, when that is less): minutes answer for what is older.
 */
#ifndef MONITOR_SAMPLES_H
#define MONITOR_SAMPLES_H

#include "monitor/monitor.h"

extern const struct monitor_part part_samples;

#endif
