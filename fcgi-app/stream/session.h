/*
 * One live connection, WebSocket or event stream, without its socket: who it is, what it may, what it says, and when it must end.  protocol.c feeds it
 * what arrives and sends what stands in its queue; the wake callback asks for that.
 */
#ifndef STREAM_SESSION_H
#define STREAM_SESSION_H

#include "lib/buf.h"
#include "lib/err.h"
#include "platform/live.h"
#include "stream/server.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum session_kind { SESSION_SOCKET, SESSION_EVENTS };

/* Why a connection ends; 1000 to 1015 are RFC 6455's, the others ours. */
enum session_end {
	SESSION_OPEN = 0,
	SESSION_END_BINARY = 1003,
	SESSION_END_MISUSE = 1008,
	SESSION_END_TOO_BIG = 1009,
	SESSION_END_RESTART = 1012,
	SESSION_END_TRY_LATER = 1013,
	SESSION_END_UNAUTHORIZED = 4401,
	SESSION_END_FORBIDDEN = 4403,
	SESSION_END_MUTE = 4408
};

#define SESSION_AUTH_MS 5000        /* to say who one is */
#define SESSION_UNKNOWN_MAX 256     /* sessions at once that have not */
#define SESSION_PIECES_MAX 1024u    /* of one message; a message of the full size comes in 9 where the sender is sane */
#define SESSION_PIECES_MS 10000     /* from the first to the last */
#define SESSION_WRONG_MAX 20        /* wrong messages in a row */
#define SESSION_MESSAGES_PER_S 100
#define SESSION_HEARTBEAT_MS 15000  /* a comment in an event stream that is silent */
#define SESSION_STUCK_MS 60000      /* an event stream that takes nothing for so long is dead: no pings there to tell */
#define SESSION_REASON_MAX 120      /* a close frame holds 123 bytes */

struct session {
	struct session *prev, *next;
	struct server *server;
	enum session_kind kind;
	struct hub_client *client;
	void (*wake)(void *user);
	void *user;
	struct visitor who;
	struct roster_entry *place; /* NULL: has not said who it is */
	int64_t opened_ms;
	enum session_end end;
	char reason[SESSION_REASON_MAX];
	/* the message that is arriving */
	struct buf in;
	unsigned pieces;
	int64_t pieces_ms; /* when it began; 0: none is arriving */
	/* manners */
	int wrong;
	int messages;
	int64_t messages_ms;
	/* an event stream */
	int64_t sent_ms;     /* when something was last sent */
	bool heartbeat;      /* a comment is due */
};

/* A new one, of nobody yet.  Free it with session_free(). */
struct session *session_new(struct server *srv, enum session_kind kind, void (*wake)(void *user), void *user);
void session_free(struct session *s);
/* It is v's.  ERR_RATE: all places of this token are taken. */
int session_enter(struct session *s, const struct visitor *v, struct err *e);
/* Subscribe, for both kinds.  ERR_FORBIDDEN or ERR_NOTFOUND with a detail on experiment_ids.  since < 0: from now on. */
int session_check_filter(struct server *srv, const struct visitor *v, struct live_filter *f, struct err *e);
/* A piece of a message; first and last piece of it are marked.  Wrong ones are answered, and misuse ends the session. */
void session_receive(struct session *s, const char *data, size_t len, bool first, bool last, bool binary);
/* It shall end; the first reason stands.  What is still queued is dropped. */
void session_end(struct session *s, enum session_end end, const char *reason);
/* Look at what is due by the time. */
void session_sweep(struct session *s, int64_t now_ms);
/* A text as a reason: cut to the size, between characters. */
void session_reason(char out[SESSION_REASON_MAX], const char *text);
/* The code word of an end, for event streams. */
const char *session_end_word(enum session_end end);

#endif
