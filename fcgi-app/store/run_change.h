/* Inside store/ only: one event of an engine being applied, by run_event.c and run_client.c. */
#ifndef STORE_RUN_CHANGE_H
#define STORE_RUN_CHANGE_H

#include "lib/buf.h"
#include "store/run.h"

struct change {
	struct store *st;
	struct run *run;
	struct experiment *x; /* before this event */
	const struct runner_event *ev;
	int64_t at_ms;
	struct err *e;
};

/* An entry in the timeline. */
int run_change_note(const struct change *c, const char *event, const char *details);
/* An event with these members, which are released. */
int run_change_announce(const struct change *c, const char *change, struct buf *extra);
/* One of the clients of the round that begins. */
int run_change_choose_client(const struct change *c, const char *client);
/* client_update */
int run_change_client(const struct change *c);

#endif
