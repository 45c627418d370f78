/* The query of GET /api/v1/events/stream; pure. */
#ifndef STREAM_QUERY_H
#define STREAM_QUERY_H

#include "lib/err.h"
#include "platform/live.h"

#include <stdint.h>

struct query {
	struct live_filter filter;
	int64_t since;   /* -1: absent */
	unsigned given;  /* which parameters came, to find one that comes twice */
};

void query_init(struct query *q);
/* One decoded "name=value"; what is wrong becomes a detail of e. */
void query_add(struct query *q, const char *pair, struct err *e);
/* The header Last-Event-ID, which wins over since.  A browser may send "" before it has seen any: that is none. */
void query_last_event_id(struct query *q, const char *value, struct err *e);

#endif
