/* Services in JSON; see service_view.h. */
#include "config.h"

#include "api/service_view.h"

#include "lib/json_in.h"
#include "lib/mem.h"
#include "lib/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum health_state service_state(const struct service *s, int64_t now_ms)
{
	return health_shown(health_from_name(s->state), s->last_check_ms, s->interval_ms, now_ms);
}

const char *service_response_time(double ms, char *out, size_t size)
{
	double tenths = round(ms * 10) / 10;

	if (tenths < 10 && tenths != floor(tenths))
		snprintf(out, size, "%.1fms", tenths);
	else
		snprintf(out, size, "%.0fms", ms);
	return out;
}

void service_put_health(struct json_out *j, const struct service *s, const char *const *words, int64_t now_ms)
{
	enum health_state state = service_state(s, now_ms);
	bool configured = state != HEALTH_NOT_CONFIGURED;
	char text[32];

	json_put_name(j, s->name);
	json_object_begin(j, NULL);
	json_put_string(j, "status", words[state]);
	json_put_string(j, "response_time", isfinite(s->response_time_ms) ? service_response_time(s->response_time_ms, text, sizeof(text)) : NULL);
	json_put_double(j, "response_time_ms", s->response_time_ms);
	json_put_time(j, "last_check", configured ? s->last_check_ms : 0);
	json_put_raw(j, "issues", s->issues);
	json_put_string(j, "version", s->version);
	json_put_time(j, "since", configured ? s->since_ms : 0);
	json_put_time(j, "next_check", configured ? s->next_check_ms : 0);
	json_put_time(j, "observed_at", configured ? s->last_check_ms : 0);
	json_put_bool(j, "stale", configured && health_is_stale(s->last_check_ms, s->interval_ms, now_ms));
	json_put_i64(j, "consecutive_failures", configured ? s->failures : 0);
	json_put_i64(j, "consecutive_successes", s->successes);
	json_object_end(j);
}

void service_put_unseen(struct json_out *j, const char *name)
{
	struct service s = {.name = name, .state = health_names[HEALTH_NOT_CONFIGURED], .response_time_ms = NAN, .issues = "[]"};

	service_put_health(j, &s, health_names, 0);
}

/* Members that are shown even when nothing is known of them. */
static const struct {
	const char *kind, *name; /* kind NULL: all */
	enum metric_group group;
} members[] = {
	{NULL, "cpu_usage", GROUP_CPU},
	{NULL, "memory_usage", GROUP_MEMORY},
	{NULL, "memory_percent", GROUP_MEMORY},
	{"fl_server", "active_clients", GROUP_CUSTOM},
	{"fl_server", "current_round", GROUP_CUSTOM},
	{"fl_server", "max_rounds", GROUP_CUSTOM},
	{"collector", "metrics_processed", GROUP_CUSTOM},
	{"collector", "queue_size", GROUP_CUSTOM},
	{"policy_engine", "policies_active", GROUP_CUSTOM},
	{"policy_engine", "decisions_allowed", GROUP_CUSTOM},
	{"policy_engine", "decisions_denied", GROUP_CUSTOM},
	{"sdn", "switches", GROUP_CUSTOM},
	{"sdn", "hosts", GROUP_CUSTOM},
	{"sdn", "links", GROUP_CUSTOM},
};

static bool is_own(const struct service *s, const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(members); i++)
		if ((!members[i].kind || strcmp(members[i].kind, s->kind) == 0) && strcmp(members[i].name, name) == 0)
			return true;
	return strcmp(name, "status") == 0 || strcmp(name, "title") == 0 || strcmp(name, "observed_at") == 0 || strcmp(name, "stale") == 0 ||
	       strcmp(name, "response_time_ms") == 0 || strncmp(name, "throughput", 10) == 0;
}

static void put_value(struct json_out *j, const char *name, const struct json_object *v)
{
	double number;

	json_put_name(j, name);
	if (json_in_double(v, &number))
		json_put_double(j, NULL, number);
	else if (json_object_is_type(v, json_type_boolean))
		json_put_bool(j, NULL, json_object_get_boolean(v));
	else if (json_object_is_type(v, json_type_string))
		json_put_string(j, NULL, json_object_get_string((struct json_object *)(uintptr_t)v));
	else
		json_put_null(j, NULL);
}

static void put_throughput(struct json_out *j, const struct json_object *data)
{
	char text[32], with_unit[40];
	double rate = NAN;

	if (json_get_double(data, "throughput_bytes_per_s", &rate) && rate >= 0 && rate < 9e15)
		snprintf(with_unit, sizeof(with_unit), "%s/s", text_from_bytes((int64_t)rate, text, sizeof(text)));
	else
		rate = NAN;
	json_put_string(j, "throughput", isfinite(rate) ? with_unit : NULL);
	json_put_double(j, "throughput_bytes_per_s", rate);
}

static void put_custom(struct json_out *j, const struct service *s, struct json_object *data)
{
	struct json_object_iterator it, end;

	if (!data)
		return;
	it = json_object_iter_begin(data);
	end = json_object_iter_end(data);
	for (; !json_object_iter_equal(&it, &end); json_object_iter_next(&it))
		if (!is_own(s, json_object_iter_peek_name(&it)))
			put_value(j, json_object_iter_peek_name(&it), json_object_iter_peek_value(&it));
}

void service_put_live(struct json_out *j, const struct service *s, unsigned groups, int64_t interval_s, int64_t now_ms)
{
	enum health_state state = service_state(s, now_ms);
	int64_t seen = s->data_at_ms ? s->data_at_ms : state == HEALTH_NOT_CONFIGURED ? 0 : s->last_check_ms;
	struct json_object *data = NULL;
	size_t i;

	json_in_parse_object(s->data, strlen(s->data), &data, NULL);
	json_put_name(j, s->name);
	json_object_begin(j, NULL);
	json_put_string(j, "status", health_names[state]);
	json_put_string(j, "title", s->title);
	json_put_time(j, "observed_at", seen);
	json_put_bool(j, "stale", seen > 0 && health_is_stale(seen, s->interval_ms, now_ms) && llabs(now_ms - seen) > interval_s * 1000);
	for (i = 0; i < ARRAY_LEN(members); i++)
		if (members[i].group & groups && (!members[i].kind || strcmp(members[i].kind, s->kind) == 0))
			put_value(j, members[i].name, json_get(data, members[i].name, NULL));
	if (groups & GROUP_NETWORK) {
		json_put_double(j, "response_time_ms", s->response_time_ms);
		put_throughput(j, data);
	}
	if (groups & GROUP_CUSTOM)
		put_custom(j, s, data);
	json_object_end(j);
	json_object_put(data);
}
