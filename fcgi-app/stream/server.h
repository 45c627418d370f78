/*
 * Everything that the sessions share, and the turn that drives it: the tail of the log, what is due by time, tokens that were revoked, the beat by
 * which others see that this process is alive.  No sockets here: protocol.c has them.
 */
#ifndef STREAM_SERVER_H
#define STREAM_SERVER_H

#include "lib/conf.h"
#include "lib/err.h"
#include "lib/shared.h"
#include "store/store.h"
#include "stream/authorize.h"
#include "stream/feed.h"
#include "stream/hub.h"
#include "stream/roster.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct session;

struct server {
	const struct conf *conf;
	struct store *store;
	struct shared *shared;
	struct hub *hub;
	struct feed *feed;
	struct authorize *auth;
	struct roster *roster;
	struct session *sessions; /* all of them */
	int64_t unknown_n;        /* sessions that have not said who they are yet */
	int64_t now_ms;           /* the clock of this turn */
	int64_t swept_ms;
	int64_t checked_version;  /* of the store, when the last look for revoked tokens began */
	size_t check_left;        /* tokens still to look at in this one */
	bool stopping;
};

/* Open the store and all the rest.  conf is borrowed.  Release with server_close() in either case. */
int server_open(struct server *srv, const struct conf *conf, struct err *e);
/* All sessions must have been freed. */
void server_close(struct server *srv);
/* One turn, every FEED_POLL_MS, with the one clock reading of it; true when the next should come at once. */
bool server_turn(struct server *srv, int64_t now_ms);
/*
 * Have the event streams of a visitor's token send a comment now.  A web server in front notices that a reader has left only when it has something to write to
 * it, and a page that is loaded again and again leaves such ones behind: they must not take the places of the living.
 */
void server_probe(struct server *srv, const struct visitor *v);
/* Close every session with 1012. */
void server_stop(struct server *srv);

#endif
