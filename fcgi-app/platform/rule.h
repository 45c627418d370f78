/*
 * Alert rules and the episodes in which they hold.  Pure: values and times in, changes out.
 *
 * An episode begins when the condition has held for for_s, and ends when it has been gone for clear_s.  Between the two thresholds nothing changes, so that a value
 * that swings around one of them makes one episode, not twenty.  A value that is not known (NAN) never begins an episode and never ends one.
 */
#ifndef PLATFORM_RULE_H
#define PLATFORM_RULE_H

#include "lib/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ALERT_ID_PREFIX "alert_"
#define RULE_ID_PREFIX "rule_"
#define SILENCE_ID_PREFIX "silence_"

#define RULE_SPAN_MAX_S 86400 /* of for_s and clear_s */

enum severity { SEVERITY_INFO, SEVERITY_WARNING, SEVERITY_CRITICAL, SEVERITY_MAX };
enum rule_scope { SCOPE_SERVICE, SCOPE_EXPERIMENT, SCOPE_PLATFORM, SCOPE_MAX };
enum comparison { COMPARE_GREATER, COMPARE_GREATER_EQUAL, COMPARE_LESS, COMPARE_LESS_EQUAL, COMPARE_EQUAL, COMPARE_NOT_EQUAL, COMPARE_MAX };

/* Words by enum; name_index() of platform/rule.h turns them back. */
extern const char *const severity_names[SEVERITY_MAX];
extern const char *const rule_scope_names[SCOPE_MAX];
extern const char *const comparison_names[COMPARE_MAX];

/* The index of a word, n when it is none of them. */
int name_index(const char *const *names, int n, const char *word);

struct rule {
	int64_t id;
	const char *name;
	const char *title; /* of its alerts; {service} and {experiment} stand for the subject */
	bool enabled;
	enum rule_scope scope;
	const char *metric;
	enum comparison comparison;
	double threshold;
	double clear_threshold;    /* NAN: the threshold */
	double critical_threshold; /* NAN: none; past it for for_s the severity is critical */
	int64_t for_s, clear_s;
	enum severity severity;
	const char *service;   /* NULL: each */
	int64_t experiment_id; /* 0: each */
	bool built_in;
	int64_t created_at_ms, updated_at_ms;
	const char *created_by; /* NULL: came with the system */
};

enum episode_state { EPISODE_NONE, EPISODE_PENDING, EPISODE_FIRING, EPISODE_RESOLVING };
enum episode_change { EPISODE_SAME, EPISODE_OPENED, EPISODE_ESCALATED, EPISODE_RESOLVED };

/* Zeroed: none.  One that was open before a restart: state EPISODE_FIRING and its severity. */
struct episode {
	enum episode_state state;
	enum severity severity;
	int64_t since_ms;          /* pending: the condition holds; resolving: it is gone */
	int64_t critical_since_ms; /* past the critical threshold; 0: not */
	double peak;               /* the worst value of the episode */
};

/* What one more value at now_ms does.  Values that come late (before the last) count as of then. */
enum episode_change episode_observe(struct episode *ep, const struct rule *r, double value, int64_t now_ms);
/* The condition, for a value that is known. */
bool rule_holds(const struct rule *r, double value);
/* Is the second value worse, by the rule's direction? */
bool rule_worse(const struct rule *r, double than, double value);

/* The title of an alert: the rule's with its placeholders filled in. */
void rule_title(const struct rule *r, const char *service, const char *experiment, struct buf *out);
/*
 * What has happened in one sentence: "FL Server memory usage exceeded 80% threshold".  subject is for people.  detail (may be NULL) is what is known beyond
 * the numbers, and is the whole sentence after the subject where the metric is a yes or no.
 */
void rule_describe(const struct rule *r, double threshold, const char *subject, const char *detail, struct buf *out);

/* Members that a rule of the scope may name beyond a service's own: NULL-terminated; for SCOPE_SERVICE any other [a-z][a-z0-9_]* is good too. */
const char *const *rule_metrics(enum rule_scope scope);
bool rule_metric_known(enum rule_scope scope, const char *metric);

#endif
