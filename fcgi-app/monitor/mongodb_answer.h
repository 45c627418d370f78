/* What MongoDB answers, and what its client library says where it does not, read into a result.  Pure, and there also where the library is not. */
#ifndef MONITOR_MONGODB_ANSWER_H
#define MONITOR_MONGODB_ANSWER_H

#include "monitor/probe.h"

struct mongodb_answer {
	double ms;                    /* of ping; NAN: no answer to it */
	char version[PROBE_NAME_MAX]; /* of buildInfo; "": none */
	char why[PROBE_TEXT_MAX];     /* what went wrong first, in words without an address */
	bool refused;                 /* it is there, and refuses */
};

/* Who says that something is wrong: the server, the library after a login, the library of a connection. */
enum mongodb_error { MONGODB_SAID, MONGODB_AUTH, MONGODB_LOCAL };

/* The library's texts name the address, and anybody may read GET /health; what the server itself says is its own. */
void mongodb_error_take(struct mongodb_answer *a, enum mongodb_error kind, const char *message);
void mongodb_read(struct probe_result *r, const struct mongodb_answer *a);

#endif
