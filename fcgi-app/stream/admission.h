/*
 * The decision at the door: from a request's headers to who comes in, who may say later who it is, and who is refused.  No sockets.
 */
#ifndef STREAM_ADMISSION_H
#define STREAM_ADMISSION_H

#include "lib/err.h"
#include "stream/handshake.h"
#include "stream/server.h"
#include "stream/session.h"

enum admission_outcome {
	ADMISSION_REFUSED, /* with the err, as an HTTP answer */
	ADMISSION_KNOWN,   /* who is filled in */
	ADMISSION_UNKNOWN, /* a WebSocket that must authenticate by its first message */
	ADMISSION_TURNED   /* let a WebSocket in only to close it with end and reason: a page cannot see an HTTP answer to its handshake, but it sees this */
};

struct admission {
	enum admission_outcome outcome;
	struct visitor who;
	enum session_end end;
	char reason[SESSION_REASON_MAX];
};

void admission_decide(struct server *srv, const struct handshake *h, enum session_kind kind, struct admission *a, struct err *e);

#endif
