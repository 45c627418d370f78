/*
 * What live updates are, whichever way they travel (WebSocket, server-sent events, long poll): topics, what a subscriber asks for, and the one form
 * of a message: {"type":…,"id":…,"data":{…}}.  Pure.
 */
#ifndef PLATFORM_LIVE_H
#define PLATFORM_LIVE_H

#include "lib/err.h"
#include "lib/json_out.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bits, so that a set of topics is a number. */
enum live_topic { LIVE_EXPERIMENTS = 1, LIVE_METRICS = 2, LIVE_ALERTS = 4 };

#define LIVE_TOPICS_ALL 7u
#define LIVE_IDS_MAX 100        /* experiment ids in one subscription */
#define LIVE_INTERVAL_MAX_S 3600
#define LIVE_INTERVAL_DEFAULT_S 5 /* the probes' own pace */

struct live_filter {
	unsigned topics;               /* LIVE_ bits; 0: nothing */
	size_t ids_n;                  /* 0: all experiments */
	int64_t ids[LIVE_IDS_MAX];     /* events about other experiments are left out; events about none are not */
	int64_t scope;                 /* an engine's token: events about this experiment and no others at all; 0: no such bound */
	int64_t interval_s;            /* least time between two samples of the same service; 0: all samples */
};

/* The bit of a name, 0 for an unknown one; and back ("" for none). */
unsigned live_topic(const char *name);
const char *live_topic_name(unsigned topic);

/* Everything, at the default interval. */
void live_filter_init(struct live_filter *f);
/* Add one topic or one experiment by its name; what is wrong goes to e as a detail on "topics" or "experiment_ids".  Giving one twice is harmless. */
void live_filter_topic(struct live_filter *f, const char *name, struct err *e);
void live_filter_id(struct live_filter *f, const char *name, struct err *e);
/*
 * The comma-separated spelling of query parameters; NULL: absent, which leaves the default.  Details on "topics" and "experiment_ids" go to e.
 */
void live_filter_lists(struct live_filter *f, const char *topics, const char *experiment_ids, struct err *e);
bool live_filter_wants(const struct live_filter *f, unsigned topic, int64_t experiment_id);

/* One message; data is JSON already. */
void live_message(struct json_out *j, const char *type, int64_t id, const char *data);

#endif
