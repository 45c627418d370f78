/* How engines stand; see engine_view.h. */
#include "config.h"

#include "api/engine_view.h"

#include "api/service_view.h"
#include "lib/clock.h"
#include "lib/json_in.h"
#include "lib/mem.h"
#include "store/service.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define START_WAIT_MS 2000   /* for a fresh look at an engine; one with a slow check is then refused for what was known before */
#define SERVICE_RETRY_S 10

static const char *const settings[][2] = {{"fl_server", "integration.fl_server_url"}, {"policy_engine", "integration.policy_engine_url"}, {"collector", "integration.collector_url"}};

/* The first of a JSON array of sentences. */
static void first_issue(const char *issues, char *out, size_t size)
{
	struct json_object *list = NULL;

	out[0] = '\0';
	if (json_in_parse(issues, strlen(issues), &list, NULL) == 0 && json_object_is_type(list, json_type_array) && json_object_array_length(list))
		snprintf(out, size, "%s", json_object_get_string(json_object_array_get_idx(list, 0)));
	json_object_put(list);
}

static void no_service(struct engine_standing *s, const char *name, const char *why)
{
	s->reachable = STANDING_NO;
	if (!s->reason[0])
		snprintf(s->reason, sizeof(s->reason), "It needs the service %s, which %s", name, why);
}

static void not_configured(struct engine_standing *s, const char *name)
{
	char why[120];
	size_t i;

	for (i = 0; i < ARRAY_LEN(settings) && strcmp(settings[i][0], name) != 0; i++)
		;
	if (i < ARRAY_LEN(settings))
		snprintf(why, sizeof(why), "is not configured or was never there (%s)", settings[i][1]);
	else
		snprintf(why, sizeof(why), "is not configured (services.%.32s)", name);
	no_service(s, name, why);
}

static int add_service(struct request *q, const char *name, struct engine_standing *s, struct err *e)
{
	struct service service;
	char issue[200], why[260];

	if (service_get(q->app->store, name, &service, e) == -1) {
		if (e->code != ERR_NOTFOUND)
			return -1;
		not_configured(s, name);
		return 0;
	}
	switch (service_state(&service, q->now_ms)) {
	case HEALTH_HEALTHY:
	case HEALTH_DEGRADED:
		if (s->reachable != STANDING_NO)
			s->reachable = STANDING_YES;
		break;
	case HEALTH_NOT_CONFIGURED:
		not_configured(s, name);
		break;
	case HEALTH_UNHEALTHY:
		first_issue(service.issues, issue, sizeof(issue));
		snprintf(why, sizeof(why), "is not well: %s", issue[0] ? issue : "it does not answer");
		no_service(s, name, why);
		break;
	default:
		break;
	}
	service_clear(&service);
	return 0;
}

int engine_standing_get(struct request *q, const struct engine *g, struct engine_standing *s, struct err *e)
{
	struct engine_state state;
	size_t i;

	memset(s, 0, sizeof(*s));
	if (engine_state_get(q->app->store, g->name, &state, e) == -1)
		return -1;
	s->checked_at_ms = state.checked_at_ms;
	if (state.checked_at_ms)
		s->available = state.available ? STANDING_YES : STANDING_NO;
	snprintf(s->reason, sizeof(s->reason), "%s", state.reason);
	memcpy(s->version, state.version, sizeof(s->version));
	for (i = 0; g->needs && i < json_object_array_length(g->needs); i++)
		if (add_service(q, json_object_get_string(json_object_array_get_idx(g->needs, i)), s, e) == -1)
			return -1;
	return 0;
}

static void put_standing(struct json_out *j, const char *name, enum standing s)
{
	if (s == STANDING_UNKNOWN)
		json_put_null(j, name);
	else
		json_put_bool(j, name, s == STANDING_YES);
}

void engine_standing_put(struct json_out *j, const struct engine_standing *s)
{
	put_standing(j, "available", s->available);
	put_standing(j, "reachable", s->reachable);
	json_put_string(j, "reason", s->reason[0] ? s->reason : NULL);
	json_put_string(j, "version", s->version[0] ? s->version : NULL);
	json_put_time(j, "checked_at", s->checked_at_ms);
}

int engine_view_obstacle(struct request *q, struct json_out *j, const struct engine *g, struct err *e)
{
	struct engine_standing s = {.available = STANDING_UNKNOWN};

	if (g && engine_standing_get(q, g, &s, e) == -1)
		return -1;
	if (s.available != STANDING_NO && s.reachable != STANDING_NO) {
		json_put_null(j, "engine_status");
		return 0;
	}
	json_object_begin(j, "engine_status");
	put_standing(j, "available", s.available);
	put_standing(j, "reachable", s.reachable);
	json_put_string(j, "reason", s.reason);
	json_object_end(j);
	return 0;
}

static int ask(struct request *q, enum inquiry_topic topic, int64_t *asked_at_ms, struct err *e)
{
	return store_begin(q->app->store, e) == -1 ? -1 : store_end(q->app->store, inquiry_ask(q->app->store, topic, q->now_ms, asked_at_ms, e), e);
}

int inquire(struct request *q, enum inquiry_topic topic, int64_t wait_ms, struct err *e)
{
	int64_t until = clock_mono_ms() + wait_ms, seen = -1, asked_at_ms, version;
	struct inquiry answer;

	if (!shared_alive(q->app->shared, SHARED_BEAT_MONITOR, q->now_ms))
		return 0;
	if (ask(q, topic, &asked_at_ms, e) == -1)
		return -1;
	for (;;) {
		version = store_version(q->app->store);
		if (version != seen) {
			seen = version;
			if (inquiry_get(q->app->store, topic, &answer, e) == -1)
				return -1;
			if (answer.answered_at_ms >= asked_at_ms)
				return 1;
		}
		if (clock_mono_ms() >= until)
			return 0;
		usleep(STORE_POLL_MS * 1000);
	}
}

int engine_may_start(struct request *q, const struct engine *g, struct err *e)
{
	struct engine_standing s;

	if (engine_standing_get(q, g, &s, e) == -1)
		return -1;
	if (s.available == STANDING_NO && (inquire(q, INQUIRY_ENGINES, START_WAIT_MS, e) == -1 || engine_standing_get(q, g, &s, e) == -1))
		return -1;
	if (s.available == STANDING_NO)
		return err_set(e, ERR_CONFLICT, "The engine %.64s cannot be started: %.230s", g->name, s.reason);
	if (s.reachable == STANDING_NO) {
		err_set(e, ERR_UNAVAILABLE, "The engine %.64s cannot be used now: %.230s", g->name, s.reason);
		e->retry_after_s = SERVICE_RETRY_S;
		return -1;
	}
	return 0;
}
