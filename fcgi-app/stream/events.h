/* Server-sent events over a connection of libwebsockets: GET /api/v1/events/stream. */
#ifndef STREAM_EVENTS_H
#define STREAM_EVENTS_H

#include "stream/server.h"
#include "stream/wire.h"

/* A plain HTTP request has come; the return value is the callback's. */
int events_request(struct server *srv, struct wire *w);
/*
 * Look whether the reader has left, and end the connection if so.  libwebsockets 4.1 reads nothing more from an HTTP connection that is being answered, and
 * so does not see that the other side closes; call this a few times a second.
 */
void events_check(struct wire *w);
/* The connection can be written to. */
int events_write(struct wire *w);

#endif
