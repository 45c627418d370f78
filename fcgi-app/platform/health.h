/*
 * What the state of a service is, from one check to the next.  Pure.
 *
 * A single failed check changes nothing but the count: unhealthy needs failure_threshold failures in a row, and the way back success_threshold successes in a row, so that a
 * service which flaps has one state.  Its own word that it is not well counts at once; slowness only after failure_threshold slow answers in a row; and the way from degraded
 * back to healthy needs success_threshold clean answers.  At an address that nobody has chosen, silence is no outage: such a service is not_configured until it has once been well.
 */
#ifndef PLATFORM_HEALTH_H
#define PLATFORM_HEALTH_H

#include <stdbool.h>
#include <stdint.h>

enum health_state { HEALTH_UNKNOWN, HEALTH_HEALTHY, HEALTH_DEGRADED, HEALTH_UNHEALTHY, HEALTH_NOT_CONFIGURED, HEALTH_MAX };

extern const char *const health_names[HEALTH_MAX];
/* The same states in the words used for dependencies: connected, degraded, disconnected, unknown, not_configured. */
extern const char *const health_dependency_names[HEALTH_MAX];
/* HEALTH_UNKNOWN for a word that is none. */
enum health_state health_from_name(const char *name);

enum health_seen {
	SEEN_FAILED,   /* no answer, or its answer says that it does not work */
	SEEN_DEGRADED, /* it answers, and something is wrong */
	SEEN_WELL
};

struct health {
	enum health_state state;
	int64_t since_ms;
	int64_t failures, successes; /* in a row; one of them is 0 */
	int64_t slow, clean;         /* in a row: answers slower than wanted, answers without any fault */
	bool found;                  /* has been well once */
};

struct health_rules {
	int64_t failure_threshold, success_threshold;
	int64_t degraded_ms; /* 0: never too slow */
	bool by_default;     /* nobody has chosen this address */
};

/* One more check has ended.  response_ms NAN: not known.  Returns whether the state changed; since_ms is then now_ms. */
bool health_observe(struct health *h, const struct health_rules *r, enum health_seen seen, double response_ms, int64_t now_ms);
/* True while answers are slow enough to be an issue. */
bool health_is_slow(const struct health *h, const struct health_rules *r);

/* What was last confirmed more than three intervals ago is stale: still shown, and marked.  So is what lies as far ahead: the clock was set back since. */
#define HEALTH_STALE_INTERVALS 3
bool health_is_stale(int64_t last_check_ms, int64_t interval_ms, int64_t now_ms);
/*
 * The state to show: one that is stale and older than HEALTH_FORGET_MS is unknown.  The half minute is so that the states outlast what is no fault of the services, such as a store that
 * is locked for a while.
 */
#define HEALTH_FORGET_MS 30000
enum health_state health_shown(enum health_state state, int64_t last_check_ms, int64_t interval_ms, int64_t now_ms);

#endif
