/*
 * What supervisor and workers tell each other, in anonymous memory that is shared over fork: one slot a worker.
 * A worker writes its own slot, the supervisor reads all of them.
 */
#ifndef API_SCOREBOARD_H
#define API_SCOREBOARD_H

#include <stdatomic.h>
#include <stdint.h>

/* Twice the workers that a configuration may ask for: during a reload the old and the new ones are there together. */
#define SCOREBOARD_SLOTS 128

struct scoreboard_slot {
	_Atomic int64_t busy_since_ms; /* monotonic; 0: waiting for a request */
	_Atomic int ready;             /* has come as far as waiting for its first request */
};

struct scoreboard {
	struct scoreboard_slot slots[SCOREBOARD_SLOTS];
};

/* Aborts when there is no memory. */
struct scoreboard *scoreboard_new(void);

#endif
