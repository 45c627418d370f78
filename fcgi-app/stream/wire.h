/* What protocol.c and events.c need of libwebsockets beyond its callback: headers in, plain HTTP answers out. */
#ifndef STREAM_WIRE_H
#define STREAM_WIRE_H

#include "lib/err.h"
#include "stream/handshake.h"
#include "stream/session.h"

#include <libwebsockets.h>

/* What stands beside each connection (libwebsockets keeps it, zeroed at first). */
struct wire {
	struct lws *wsi;
	struct session *session; /* NULL: plain HTTP that needs none */
	bool ending;             /* an event stream whose last words are written */
};

/* The request's headers as plain text; the strings are owned by h until wire_handshake_clear(). */
void wire_handshake(struct lws *wsi, struct handshake *h);
void wire_handshake_clear(struct handshake *h);
/* A header's value, owned by the caller; NULL when absent.  name: lower case with a colon. */
char *wire_header(struct lws *wsi, enum lws_token_indexes token);
char *wire_custom_header(struct lws *wsi, const char *name);

/*
 * Answer a request with the failure, or with 204 and Allow.  The return value is the callback's: what libwebsockets wants after a finished transaction.
 */
int wire_refuse(struct lws *wsi, const struct err *e, const char *path);
int wire_allow(struct lws *wsi);

/* The session's wake callback: have the connection called back when it can be written to. */
void wire_wake(void *wire);

#endif
