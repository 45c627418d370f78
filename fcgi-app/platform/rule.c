/* Rules and episodes; see rule.h. */
#include "config.h"

#include "platform/rule.h"

#include "lib/mem.h"
#include "lib/text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const char *const severity_names[SEVERITY_MAX] = {"info", "warning", "critical"};
const char *const rule_scope_names[SCOPE_MAX] = {"service", "experiment", "platform"};
const char *const comparison_names[COMPARE_MAX] = {">", ">=", "<", "<=", "==", "!="};

static const char *const service_metrics[] = {"unhealthy", "degraded", "response_time_ms", "cpu_usage", "memory_usage", "memory_percent", NULL};
static const char *const experiment_metrics[] = {"loss_not_finite", "rounds_without_gain", "round_time_ratio", "client_silent_s", "participation_percent",
						 "accuracy", "loss", "failed", NULL};
static const char *const platform_metrics[] = {"monitor_lag_ms", "store_used_percent", NULL};

int name_index(const char *const *names, int n, const char *word)
{
	int i;

	for (i = 0; i < n; i++)
		if (strcmp(names[i], word) == 0)
			break;
	return i;
}

static bool compare(enum comparison c, double value, double with)
{
	switch (c) {
	case COMPARE_GREATER:
		return value > with;
	case COMPARE_GREATER_EQUAL:
		return value >= with;
	case COMPARE_LESS:
		return value < with;
	case COMPARE_LESS_EQUAL:
		return value <= with;
	case COMPARE_EQUAL:
		return !(value < with) && !(value > with);
	case COMPARE_NOT_EQUAL:
		return value < with || value > with;
	default:
		return false;
	}
}

bool rule_holds(const struct rule *r, double value)
{
	return compare(r->comparison, value, r->threshold);
}

static bool is_gone(const struct rule *r, double value)
{
	return !compare(r->comparison, value, isnan(r->clear_threshold) ? r->threshold : r->clear_threshold);
}

static bool is_critical(const struct rule *r, double value)
{
	return !isnan(r->critical_threshold) && compare(r->comparison, value, r->critical_threshold);
}

bool rule_worse(const struct rule *r, double than, double value)
{
	if (isnan(than))
		return true;
	return r->comparison == COMPARE_LESS || r->comparison == COMPARE_LESS_EQUAL ? value < than : value > than;
}

/* What the episode's severity is by now; critical only after for_s past that threshold. */
static enum severity severity_now(const struct episode *ep, const struct rule *r, int64_t now_ms)
{
	if (ep->critical_since_ms != 0 && now_ms - ep->critical_since_ms >= r->for_s * 1000)
		return SEVERITY_CRITICAL;
	return r->severity;
}

static enum episode_change observe_unknown(struct episode *ep)
{
	ep->critical_since_ms = 0;
	if (ep->state == EPISODE_PENDING)
		ep->state = EPISODE_NONE;
	else if (ep->state == EPISODE_RESOLVING)
		ep->state = EPISODE_FIRING;
	return EPISODE_SAME;
}

static enum episode_change observe_closed(struct episode *ep, const struct rule *r, double value, int64_t now_ms)
{
	if (!rule_holds(r, value)) {
		ep->state = EPISODE_NONE;
		return EPISODE_SAME;
	}
	if (ep->state == EPISODE_NONE) {
		ep->state = EPISODE_PENDING;
		ep->since_ms = now_ms;
		ep->peak = value;
	}
	if (now_ms - ep->since_ms < r->for_s * 1000)
		return EPISODE_SAME;
	ep->state = EPISODE_FIRING;
	ep->severity = severity_now(ep, r, now_ms);
	return EPISODE_OPENED;
}

static enum episode_change observe_open(struct episode *ep, const struct rule *r, double value, int64_t now_ms)
{
	enum severity severity = severity_now(ep, r, now_ms);

	if (!is_gone(r, value)) {
		ep->state = EPISODE_FIRING;
	} else {
		if (ep->state == EPISODE_FIRING) {
			ep->state = EPISODE_RESOLVING;
			ep->since_ms = now_ms;
		}
		if (now_ms - ep->since_ms >= r->clear_s * 1000) {
			ep->state = EPISODE_NONE;
			return EPISODE_RESOLVED;
		}
	}
	/* It never falls within an episode: what was critical was critical. */
	if (severity <= ep->severity)
		return EPISODE_SAME;
	ep->severity = severity;
	return EPISODE_ESCALATED;
}

enum episode_change episode_observe(struct episode *ep, const struct rule *r, double value, int64_t now_ms)
{
	if (isnan(value))
		return observe_unknown(ep);
	/* The clock was set back: what began then begins now. */
	if (ep->since_ms > now_ms)
		ep->since_ms = now_ms;
	if (!is_critical(r, value))
		ep->critical_since_ms = 0;
	else if (ep->critical_since_ms == 0 || ep->critical_since_ms > now_ms)
		ep->critical_since_ms = now_ms;
	if (rule_worse(r, ep->peak, value))
		ep->peak = value;
	if (ep->state == EPISODE_NONE || ep->state == EPISODE_PENDING)
		return observe_closed(ep, r, value, now_ms);
	return observe_open(ep, r, value, now_ms);
}

void rule_title(const struct rule *r, const char *service, const char *experiment, struct buf *out)
{
	static const char service_mark[] = "{service}", experiment_mark[] = "{experiment}";
	const char *p = r->title, *brace;

	while ((brace = strchr(p, '{')) != NULL) {
		buf_add(out, p, (size_t)(brace - p));
		if (strncmp(brace, service_mark, sizeof(service_mark) - 1) == 0) {
			buf_adds(out, service ? service : "The platform");
			p = brace + sizeof(service_mark) - 1;
		} else if (strncmp(brace, experiment_mark, sizeof(experiment_mark) - 1) == 0) {
			buf_adds(out, experiment ? experiment : "The platform");
			p = brace + sizeof(experiment_mark) - 1;
		} else {
			buf_addc(out, '{');
			p = brace + 1;
		}
	}
	buf_adds(out, p);
}

/* How a metric is spoken of; what is not here is spoken of by its name. */
static const struct {
	const char *metric, *words, *unit;
	const char *sentence; /* for a yes or no: instead of numbers */
} spoken[] = {
	{"unhealthy", NULL, "", "is unhealthy"},
	{"degraded", NULL, "", "is degraded"},
	{"memory_percent", "memory usage", "%", NULL},
	{"memory_usage", "memory usage", " MB", NULL},
	{"cpu_usage", "CPU usage", "%", NULL},
	{"response_time_ms", "response time", " ms", NULL},
	{"loss_not_finite", NULL, "", "has a loss that is not a number"},
	{"rounds_without_gain", "number of rounds without a gain in accuracy", "", NULL},
	{"round_time_ratio", "time of the last round, against the median of those before it,", " times", NULL},
	{"client_silent_s", "longest silence of a client", " s", NULL},
	{"participation_percent", "participation", "%", NULL},
	{"accuracy", "accuracy", "", NULL},
	{"loss", "loss", "", NULL},
	{"failed", NULL, "", "has failed"},
	{"monitor_lag_ms", "monitor delay", " ms", NULL},
	{"store_used_percent", "use of the store", "%", NULL},
};

static const char *relation(enum comparison c)
{
	switch (c) {
	case COMPARE_GREATER:
		return "exceeded";
	case COMPARE_GREATER_EQUAL:
		return "reached";
	case COMPARE_LESS:
	case COMPARE_LESS_EQUAL:
		return "fell to or below";
	case COMPARE_EQUAL:
		return "equals";
	default:
		return "differs from";
	}
}

void rule_describe(const struct rule *r, double threshold, const char *subject, const char *detail, struct buf *out)
{
	const char *words = r->metric, *unit = "", *sentence = NULL;
	size_t i;

	for (i = 0; i < ARRAY_LEN(spoken); i++)
		if (strcmp(spoken[i].metric, r->metric) == 0) {
			words = spoken[i].words;
			unit = spoken[i].unit;
			sentence = spoken[i].sentence;
		}
	if (sentence)
		buf_addf(out, "%s %s", subject, sentence);
	else
		buf_addf(out, "%s %s %s %.10g%s threshold", subject, words, r->comparison == COMPARE_LESS ? "fell below" : relation(r->comparison), threshold, unit);
	if (detail && *detail)
		buf_addf(out, ": %s", detail);
}

const char *const *rule_metrics(enum rule_scope scope)
{
	return scope == SCOPE_SERVICE ? service_metrics : scope == SCOPE_EXPERIMENT ? experiment_metrics : platform_metrics;
}

bool rule_metric_known(enum rule_scope scope, const char *metric)
{
	const char *const *m;

	for (m = rule_metrics(scope); *m; m++)
		if (strcmp(*m, metric) == 0)
			return true;
	return scope == SCOPE_SERVICE && text_is_word(metric, 64);
}
