/*
 * When a service is checked.  Pure: time and chance are handed in.
 *
 * The plan of a target depends on its own interval and on nothing that any target does: the next check is counted from when this one was due, not from its end.  First checks are
 * spread, and each step jitters by up to a twentieth, so that targets which were configured together drift apart.
 */
#ifndef PLATFORM_SCHEDULE_H
#define PLATFORM_SCHEDULE_H

#include <stddef.h>
#include <stdint.h>

/* Of the first checks of many: one every so many ms, but all within one interval. */
#define SCHEDULE_SPREAD_MS 5

/* Monotonic ms of the first check of the target known by key, one of `targets`. */
int64_t schedule_first(uint64_t seed, uint64_t key, int64_t interval_ms, size_t targets, int64_t now_ms);
/* Of the one after the check number n that was due at due_ms; never before now_ms. */
int64_t schedule_next(uint64_t seed, uint64_t key, uint64_t n, int64_t interval_ms, int64_t due_ms, int64_t now_ms);

#endif
