/*
 * The tail of the event log: reads what was committed since the last look and publishes it to the hub, and lets those catch up who ask for what came after
 * an id they know.  Each event is read and written as a message once, however many want it; the newest ones are kept, so that a crowd that comes back after
 * a restart costs the store nothing.
 *
 * The log's ids rise by one in commit order, so a message is lost or sent twice only if this file does it: a client that catches up is not given what is
 * published meanwhile, and goes live at the very moment its cursor has reached the newest message.
 */
#ifndef STREAM_FEED_H
#define STREAM_FEED_H

#include "lib/err.h"
#include "store/store.h"
#include "stream/hub.h"

#include <stdbool.h>
#include <stdint.h>

struct feed;

/*
 * Between two looks.  Half of it is the mean delay of every message, so it is shorter than STORE_POLL_MS: 200 looks of 4 µs a second cost a thousandth of a
 * processor.
 */
#define FEED_POLL_MS 5

/* Both are borrowed and must outlive the feed.  It begins at the newest event that is there. */
int feed_open(struct feed **out, struct store *st, struct hub *hub, struct err *e);
void feed_close(struct feed *f);

/*
 * One look; call it every FEED_POLL_MS.  Returns true when more is waiting than one turn does: call again soon.  A store that fails is logged, at most
 * every ten seconds, and tried again at the next turn.
 */
bool feed_turn(struct feed *f, int64_t now_ms);
/* The same look at the newest events only, so that feed_last() is up to date. */
void feed_refresh(struct feed *f, int64_t now_ms);
/* Id of the newest event that was published; 0: none yet. */
int64_t feed_last(const struct feed *f);
/*
 * Give the client what comes after the id since, then live.  When some of that is gone from the log, or since is not an id of this log at all, it gets a
 * message of type resync instead.  since < 0: from now on; a client that is catching up already goes on with that.
 */
void feed_follow(struct feed *f, struct hub_client *c, int64_t since);

#endif
