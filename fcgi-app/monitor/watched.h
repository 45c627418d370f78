/*
 * One service that is watched: what the configuration says of it, how it is, and what the store shall know.  What a check and a measurement mean for it is decided here; nothing here
 * touches network, clock or store.
 */
#ifndef MONITOR_WATCHED_H
#define MONITOR_WATCHED_H

#include "lib/buf.h"
#include "monitor/lookup.h"
#include "monitor/probe.h"
#include "monitor/usage.h"
#include "platform/health.h"
#include "platform/settings.h"
#include "store/service.h"

#include <stdbool.h>
#include <stdint.h>

/* Over this share of memory_limit_mb is an issue. */
#define WATCHED_MEMORY_PERCENT 80

struct check;

struct watched {
	struct service_config config; /* owned */
	int64_t position;
	bool self;                    /* this system itself: metrics only, nothing is asked */
	char *target;                 /* kind and address: what the state is about */
	int64_t id;                   /* in the store; 0: not written yet */
	struct health health;
	double response_ms;           /* NAN: none */
	char version[PROBE_NAME_MAX]; /* "": not known */
	struct buf issues;            /* JSON array */
	struct buf data;              /* JSON object: the newest values */
	struct buf sample;            /* JSON object: the numbers among them */
	int64_t last_check_ms, observed_at_ms, data_at_ms;
	bool stopped;                 /* by a policy, as it last said, or hung as it then does */
	/* The plan, monotonic */
	int64_t due_mono_ms;
	uint64_t checks;
	/* Under way */
	struct check *check;
	bool held_up;                 /* the loop was, since the check began: a failure may be ours */
	int asked_again;              /* checks in a row that failed so */
	struct lookup lookup;
	struct usage_meter meter;
	bool dirty;                   /* the store's row is not as this is */
};

/* Takes the configuration; the text of the old one is released with what no longer applies: another target starts afresh. */
void watched_configure(struct watched *w, struct service_config *config, int64_t position, int64_t now_ms);
/* As the store has it, when that is about the same target. */
void watched_restore(struct watched *w, const struct service *s);
void watched_clear(struct watched *w);
/* Is there anything to check? */
bool watched_is_active(const struct watched *w);
/* The local port by which its process is found; 0: it is not local. */
int64_t watched_port(const struct watched *w);

/*
 * A check has ended.  usage: of its process (processes 0: not known).  metrics: keep values and make a sample.  Returns whether the state changed; *previous is what it was.
 */
bool watched_conclude(struct watched *w, struct probe_result *r, const struct usage_reading *usage, bool metrics, int64_t now_ms, enum health_state *previous);
/* The row for the store; texts borrowed. */
void watched_row(const struct watched *w, int64_t next_check_ms, struct service *s);
/* The messages of asyncapi.yaml, added to out. */
void watched_event_state(const struct watched *w, enum health_state previous, struct buf *out);
void watched_event_sample(const struct watched *w, struct buf *out);

#endif
