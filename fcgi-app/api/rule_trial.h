/*
 * How often a rule would have fired over the stored history: the same episodes as the monitor's, fed with what is stored of the last TRIAL_SPAN_MS
 * (services, platform) or of the newest TRIAL_EXPERIMENTS experiments.
 */
#ifndef API_RULE_TRIAL_H
#define API_RULE_TRIAL_H

#include "lib/err.h"
#include "lib/json_out.h"
#include "platform/rule.h"
#include "store/store.h"

#include <stdint.h>

#define TRIAL_SPAN_MS INT64_C(86400000) /* of samples; at one a second that is 86,400 values a service, some 50 ms */
#define TRIAL_EXPERIMENTS 50
#define TRIAL_EPISODES_MAX 100

/* The whole answer: an object with dry_run, would_have_fired, from, to, samples, episodes. */
int rule_trial(struct store *st, const struct rule *r, int64_t now_ms, struct json_out *j, struct err *e);

#endif
