/* The queue: experiments that wait for a place or for their time are started as soon as there is one, in order. */
#ifndef MONITOR_QUEUE_H
#define MONITOR_QUEUE_H

#include "monitor/monitor.h"

extern const struct monitor_part part_queue;

#endif
