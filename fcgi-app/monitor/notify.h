/*
 * The part of the monitor that tells people: alerts with something to tell go into messages in the outbox (folded, unless nobody wants to hear of them), and messages that
 * are due are tried until they are sent or given up.
 *
 * A try is counted, with the time of the next, before it begins; its outcome is written after.  Whatever is killed when, a message is sent at least once; one that was on its
 * way may come twice, with the same id.
 */
#ifndef MONITOR_NOTIFY_H
#define MONITOR_NOTIFY_H

#include "monitor/monitor.h"

extern const struct monitor_part part_notify;

/* Milliseconds from the nth try (from 1) to the next; 0: that was the last. */
int64_t notify_backoff_ms(int64_t attempts);

#endif
