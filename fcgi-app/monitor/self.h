/* This system itself as one of the services that have metrics: how much its programs and engines use, what they are doing. */
#ifndef MONITOR_SELF_H
#define MONITOR_SELF_H

#include "monitor/monitor.h"
#include "monitor/usage.h"
#include "monitor/watched.h"

#define SELF_NAME "dashboard"
#define SELF_EVERY_MS 5000

struct watched *self_new(void);
/* -1: the store cannot be read now, or metrics are not wanted; there is no sample then. */
int self_measure(struct monitor *m, struct usage *u, struct watched *w);

#endif
