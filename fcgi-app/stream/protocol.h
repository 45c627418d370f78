/*
 * The sockets: libwebsockets' context, its one callback, and the loop.  The daemon listens on 127.0.0.1 only; a web server in front passes to it what belongs
 * here.
 */
#ifndef STREAM_PROTOCOL_H
#define STREAM_PROTOCOL_H

#include "lib/err.h"
#include "stream/server.h"

#include <signal.h>

#define PROTOCOL_FDS_MAX 16384 /* connections, log, store; where the system allows so many */

struct protocol;

/* Listen on srv->conf->stream_port.  srv is borrowed. */
int protocol_open(struct protocol **out, struct server *srv, struct err *e);
void protocol_close(struct protocol *p);
/* Serve until *stop is set and every connection has been told, or two seconds later. */
void protocol_run(struct protocol *p, const volatile sig_atomic_t *stop);

#endif
