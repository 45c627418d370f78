/*
 * The one piece of memory that all processes share: a mapped file in the state directory (`shared.bin`) with the rate-limit counters and the
 * beats by which a process tells that it is alive.  Everything in it is an atomic; it costs the store nothing, is exact over all workers,
 * and survives restarts.  It may be deleted while nothing runs: counters then start again.
 *
 * Counters: a fixed window (an hour, a quarter; aligned to the Unix epoch) per key, always the same for the same key.  A key is a 64-bit hash of its class and subject; the table is open
 * addressed with 65,536 slots of 16 bytes (1 MB).  A slot whose window is over may be taken by another key; when all SHARED_PROBE slots of a key's
 * neighbourhood are in use by others just now, the request is let through and not counted: a full table must not lock people out.
 */
#ifndef LIB_SHARED_H
#define LIB_SHARED_H

#include "lib/err.h"

#include <stdbool.h>
#include <stdint.h>

enum shared_beat { SHARED_BEAT_MONITOR, SHARED_BEAT_STREAM, SHARED_BEAT_MAX };

#define SHARED_BEAT_AWAY_MS 3000 /* older than this: the process is away */

struct shared;

/* Map path, making it when it is not there.  Safe for several processes at once. */
int shared_open(struct shared **out, const char *path, struct err *e);
void shared_close(struct shared *s);

/* This process is alive now. */
void shared_beat(struct shared *s, enum shared_beat who, int64_t now_ms);
/* When it last was, Unix ms; 0: never. */
int64_t shared_beat_get(const struct shared *s, enum shared_beat who);
bool shared_alive(const struct shared *s, enum shared_beat who, int64_t now_ms);

/*
 * Count one more for the key in the window of window_ms that now_ms lies in; returns the count with this one.  limit is where counting stops to rise
 * (a flood cannot wrap the counter): the result is at most limit + 1.  0 when the table is full around the key.
 */
uint32_t shared_count(struct shared *s, uint64_t key, int64_t window_ms, uint32_t limit, int64_t now_ms);
/* The count so far, without counting. */
uint32_t shared_count_get(const struct shared *s, uint64_t key, int64_t window_ms, int64_t now_ms);
/*
 * Places for requests that wait: at most n (up to SHARED_PLACES) at once over all processes.  Take one until a time by which it is given up anyway, so that the place of
 * a process that was killed is not lost; returns its number, or -1 when all are taken.
 */
#define SHARED_PLACES 64
int shared_place_take(struct shared *s, int n, int64_t until_ms, int64_t now_ms);
void shared_place_leave(struct shared *s, int place);

/* Forget the key's count (a good login forgives the failed ones). */
void shared_count_reset(struct shared *s, uint64_t key);

#endif
