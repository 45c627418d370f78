/* Server-sent events over a connection of libwebsockets: GET /api/v1/events/stream. */
#ifndef STREAM_EVENTS_H
#define STREAM_EVENTS_H

#include "stream/server.h"
#include "stream/wire.h"

/* A plain HTTP request has come; the return value is the callback's. */
int events_request(struct server *srv, struct wire *w);
/* The connection can be written to. */
int events_write(struct wire *w);

#endif
