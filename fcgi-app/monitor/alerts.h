/*
 * The part of the monitor that judges: every EVALUATE_EVERY_MS, when the store has changed or time alone may change something, it looks at the subjects, lets each rule
 * observe them, and writes what came of it in one transaction.
 *
 * What is open is in the store; what is only about to open is not, and begins anew after a restart.  So a monitor that is killed at any moment raises nothing twice and
 * loses nothing, and a condition that began while it was away is raised once.
 */
#ifndef MONITOR_ALERTS_H
#define MONITOR_ALERTS_H

#include "monitor/monitor.h"

extern const struct monitor_part part_alerts;

#endif
