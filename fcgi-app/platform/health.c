/* States of services; see health.h. */
#include "config.h"

#include "platform/health.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

const char *const health_names[HEALTH_MAX] = {
	[HEALTH_UNKNOWN] = "unknown",
	[HEALTH_HEALTHY] = "healthy",
	[HEALTH_DEGRADED] = "degraded",
	[HEALTH_UNHEALTHY] = "unhealthy",
	[HEALTH_NOT_CONFIGURED] = "not_configured",
};
const char *const health_dependency_names[HEALTH_MAX] = {
	[HEALTH_UNKNOWN] = "unknown",
	[HEALTH_HEALTHY] = "connected",
	[HEALTH_DEGRADED] = "degraded",
	[HEALTH_UNHEALTHY] = "disconnected",
	[HEALTH_NOT_CONFIGURED] = "not_configured",
};

enum health_state health_from_name(const char *name)
{
	size_t i;

	for (i = 0; i < HEALTH_MAX; i++)
		if (strcmp(health_names[i], name) == 0)
			return (enum health_state)i;
	return HEALTH_UNKNOWN;
}

bool health_is_slow(const struct health *h, const struct health_rules *r)
{
	return r->degraded_ms > 0 && h->slow >= r->failure_threshold;
}

static enum health_state after_failure(const struct health *h, const struct health_rules *r)
{
	if (r->by_default && !h->found)
		return HEALTH_NOT_CONFIGURED;
	return h->failures >= r->failure_threshold ? HEALTH_UNHEALTHY : h->state;
}

static enum health_state after_success(const struct health *h, const struct health_rules *r, bool faulty)
{
	/* Something else answers at an address that was only guessed. */
	if (r->by_default && !h->found)
		return HEALTH_NOT_CONFIGURED;
	if (h->state == HEALTH_UNHEALTHY && h->successes < r->success_threshold)
		return HEALTH_UNHEALTHY;
	if (faulty)
		return HEALTH_DEGRADED;
	if (h->state == HEALTH_DEGRADED && h->clean < r->success_threshold)
		return HEALTH_DEGRADED;
	return HEALTH_HEALTHY;
}

bool health_observe(struct health *h, const struct health_rules *r, enum health_seen seen, double response_ms, int64_t now_ms)
{
	enum health_state to;
	bool faulty;

	if (seen == SEEN_FAILED) {
		h->failures++;
		h->successes = h->slow = h->clean = 0;
		to = after_failure(h, r);
	} else {
		h->successes++;
		h->failures = 0;
		h->found = h->found || seen == SEEN_WELL || !r->by_default;
		h->slow = r->degraded_ms > 0 && response_ms > (double)r->degraded_ms ? h->slow + 1 : 0;
		faulty = seen == SEEN_DEGRADED || health_is_slow(h, r);
		h->clean = faulty || h->slow > 0 ? 0 : h->clean + 1;
		to = after_success(h, r, faulty);
	}
	if (to == h->state)
		return false;
	h->state = to;
	h->since_ms = now_ms;
	return true;
}

bool health_is_stale(int64_t last_check_ms, int64_t interval_ms, int64_t now_ms)
{
	return llabs(now_ms - last_check_ms) > HEALTH_STALE_INTERVALS * interval_ms;
}

enum health_state health_shown(enum health_state state, int64_t last_check_ms, int64_t interval_ms, int64_t now_ms)
{
	if (state == HEALTH_NOT_CONFIGURED)
		return state;
	return health_is_stale(last_check_ms, interval_ms, now_ms) && llabs(now_ms - last_check_ms) > HEALTH_FORGET_MS ? HEALTH_UNKNOWN : state;
}
