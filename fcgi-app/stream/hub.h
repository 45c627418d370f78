/*
 * The fan-out: who wants what, and a bounded queue for each.  It knows no sockets, no store and no clock: messages go in with hub_publish(), each client's
 * wake callback tells that its queue is no longer empty, and whoever owns the socket takes messages out one by one.
 *
 * A message is made once and shared by all queues that it stands in (counted references).  A queue is bounded in bytes: beyond HUB_SOFT_BYTES an older
 * sample of a service's metrics goes when a newer one comes (nobody needs the load of a minute ago); what would pass HUB_HARD_BYTES empties the queue
 * and marks the client as lagging, to be closed.  One slow reader thus costs the others nothing and us 1 MiB at most.
 */
#ifndef STREAM_HUB_H
#define STREAM_HUB_H

#include "platform/live.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HUB_SOFT_BYTES (256u * 1024u)
#define HUB_HARD_BYTES (1024u * 1024u)
/* What a queued message costs beyond its text: the entry and its share of the header. */
#define HUB_ENTRY_BYTES 32u
/* Free bytes before the text, where a socket library may put its frame header. */
#define HUB_HEADROOM 16u
#define HUB_TYPE_MAX 32
#define HUB_SERVICES_MAX 64u

struct hub_message {
	unsigned refs;
	unsigned topic;         /* LIVE_ bit; 0: an answer to one client */
	int64_t id;             /* 0: none */
	int64_t at_ms;          /* when the event happened */
	int64_t experiment_id;  /* 0: about none */
	unsigned service;       /* a sample of metrics: its service, 1 to HUB_SERVICES_MAX; 0: something that no newer message makes worthless */
	char type[HUB_TYPE_MAX];
	size_t len;             /* of text */
	char *text;             /* JSON, with HUB_HEADROOM writable bytes before it */
	unsigned char room[];
};

/* A message with one reference, the caller's.  The text is copied. */
struct hub_message *hub_message_new(const char *type, const char *text, size_t len);
void hub_message_hold(struct hub_message *m);
void hub_message_drop(struct hub_message *m);

struct hub;
struct hub_client;

struct hub *hub_new(void);
/* All clients must have left. */
void hub_free(struct hub *h);

/*
 * A new client, subscribed to nothing.  wake(user) is called when its queue gets its first message and when it is marked as lagging; it must not call
 * back into the hub.
 */
struct hub_client *hub_join(struct hub *h, void (*wake)(void *user), void *user);
/* Leave; queued messages are dropped.  NULL is fine. */
void hub_leave(struct hub *h, struct hub_client *c);

/* Replace what the client wants.  The queue stays as it is. */
void hub_subscribe(struct hub_client *c, const struct live_filter *f);
const struct live_filter *hub_filter(const struct hub_client *c);

/*
 * Catching up: a client that is behind gets nothing from hub_publish(); whoever replays the log offers it what it missed and moves its cursor, and lets it
 * go live when the cursor has reached the newest message.
 */
void hub_behind(struct hub_client *c, int64_t after);
void hub_live(struct hub_client *c);
bool hub_is_behind(const struct hub_client *c);
int64_t hub_cursor(const struct hub_client *c);
void hub_cursor_set(struct hub_client *c, int64_t after);
/* The first client that is behind, and the next one after c; NULL at the end.  Letting c go live or leave spoils only c itself. */
struct hub_client *hub_behind_next(struct hub *h, struct hub_client *c);
/* Everyone who is live is now behind, at this cursor; those who were behind already stay where they are. */
void hub_behind_all(struct hub *h, int64_t after);
/* Put one that is behind at the end of that list. */
void hub_behind_last(struct hub_client *c);

/* To every client that wants it and is not behind. */
void hub_publish(struct hub *h, struct hub_message *m);
/* To this one, if it wants it. */
void hub_offer(struct hub_client *c, struct hub_message *m);
/* To this one in any case: answers. */
void hub_send(struct hub_client *c, struct hub_message *m);

/* The oldest message of the queue, borrowed; NULL when it is empty. */
struct hub_message *hub_peek(const struct hub_client *c);
/* Take it out; the reference is the caller's. */
struct hub_message *hub_take(struct hub_client *c);
size_t hub_queued_bytes(const struct hub_client *c);
bool hub_lagging(const struct hub_client *c);

#endif
