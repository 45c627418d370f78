/*
 * How an engine stands, for those who ask and for those who want to start something on it: as the monitor stored it, never looked up here.
 * available: its command is there and its check says yes.  reachable: the services that it needs are there.
 */
#ifndef API_ENGINE_VIEW_H
#define API_ENGINE_VIEW_H

#include "api/request.h"
#include "experiment/scenario.h"
#include "store/engine_state.h"

#include <stdbool.h>
#include <stdint.h>

enum standing { STANDING_UNKNOWN, STANDING_NO, STANDING_YES };

struct engine_standing {
	enum standing available;
	enum standing reachable; /* of an engine that needs no service: unknown */
	char reason[ENGINE_REASON_MAX + 80]; /* "": all is well, or nothing is known */
	char version[ENGINE_VERSION_MAX];    /* "": not known */
	int64_t checked_at_ms;               /* 0: nobody has looked yet */
};

int engine_standing_get(struct request *q, const struct engine *g, struct engine_standing *s, struct err *e);
/* available, reachable, reason, version, checked_at into an object that is open. */
void engine_standing_put(struct json_out *j, const struct engine_standing *s);
/* What stands in the way of a start, as a member engine_status with available, reachable, reason; null when nothing is known to (or g is NULL). */
int engine_view_obstacle(struct request *q, struct json_out *j, const struct engine *g, struct err *e);

/*
 * May an experiment be started on the engine now?  Where what is stored says no, the monitor is asked to look again and gets a short while for it, so that nobody is refused for what was
 * so a minute ago.  ERR_CONFLICT: it cannot be started; ERR_UNAVAILABLE: a service that it needs is away.  Not in a transaction.
 */
int engine_may_start(struct request *q, const struct engine *g, struct err *e);

/* Ask the monitor to look at the topic again and wait until it has, for at most wait_ms.  1: it has; 0: not in time, or the monitor is away. */
int inquire(struct request *q, enum inquiry_topic topic, int64_t wait_ms, struct err *e);

#endif
