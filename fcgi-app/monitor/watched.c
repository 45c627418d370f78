/* One service that is watched; see watched.h. */
#include "config.h"

#include "monitor/watched.h"

#include "lib/json_in.h"
#include "lib/json_out.h"
#include "lib/mem.h"
#include "platform/url.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static char *target_of(const struct service_config *c)
{
	struct buf b = {0};

	buf_addf(&b, "%s %s%s", probe_kind_names[c->kind], c->url ? c->url : "", c->enabled ? "" : " (off)");
	return buf_take(&b);
}

bool watched_is_active(const struct watched *w)
{
	return w->self || (w->config.enabled && (w->config.url || w->config.kind == PROBE_PROCESS));
}

static void start_afresh(struct watched *w, int64_t now_ms)
{
	w->health = (struct health){.state = HEALTH_UNKNOWN, .since_ms = now_ms};
	if (!watched_is_active(w) || w->config.url_by_default)
		w->health.state = HEALTH_NOT_CONFIGURED;
	w->response_ms = NAN;
	w->version[0] = '\0';
	w->last_check_ms = w->observed_at_ms = w->data_at_ms = 0;
	w->stopped = false;
	w->checks = 0;
	buf_reset(&w->issues);
	buf_reset(&w->data);
	buf_reset(&w->sample);
	buf_adds(&w->issues, "[]");
	buf_adds(&w->data, "{}");
}

static void config_clear(struct service_config *c)
{
	char *texts[] = {c->title, c->url, c->json_path, c->json_value, c->metrics, c->username, c->password, c->token, c->pid_file};
	size_t i;

	for (i = 0; i < ARRAY_LEN(texts); i++)
		free(texts[i]);
	memset(c, 0, sizeof(*c));
}

void watched_configure(struct watched *w, struct service_config *config, int64_t position, int64_t now_ms)
{
	char *target = target_of(config);
	bool other = !w->target || strcmp(target, w->target) != 0;

	config_clear(&w->config);
	w->config = *config;
	memset(config, 0, sizeof(*config)); /* taken */
	w->position = position;
	free(w->target);
	w->target = target;
	lookup_drop(&w->lookup);
	if (other) {
		lookup_clear(&w->lookup);
		memset(&w->meter, 0, sizeof(w->meter));
		start_afresh(w, now_ms);
	}
	w->dirty = true;
}

static bool was_stopped(const char *data)
{
	struct json_object *o = NULL;
	const char *state;
	bool stopped = json_in_parse_object(data, strlen(data), &o, NULL) == 0 && json_get_string(o, "training_state", &state) && strcmp(state, "stopped") == 0;

	json_object_put(o);
	return stopped;
}

void watched_restore(struct watched *w, const struct service *s)
{
	w->id = s->id;
	if (strcmp(s->target, w->target) != 0)
		return;
	w->health = (struct health){.state = health_from_name(s->state), .since_ms = s->since_ms, .failures = s->failures, .successes = s->successes, .found = s->found};
	w->response_ms = s->response_time_ms;
	snprintf(w->version, sizeof(w->version), "%s", s->version ? s->version : "");
	w->last_check_ms = s->last_check_ms;
	w->observed_at_ms = s->observed_at_ms;
	w->data_at_ms = s->data_at_ms;
	w->stopped = was_stopped(s->data);
	buf_reset(&w->issues);
	buf_adds(&w->issues, s->issues);
	buf_reset(&w->data);
	buf_adds(&w->data, s->data);
	w->dirty = false;
}

void watched_clear(struct watched *w)
{
	config_clear(&w->config);
	free(w->target);
	w->target = NULL;
	lookup_clear(&w->lookup);
	buf_clear(&w->issues);
	buf_clear(&w->data);
	buf_clear(&w->sample);
}

static bool is_loopback(const struct url *u)
{
	return strcasecmp(u->host, "localhost") == 0 || strncmp(u->host, "127.", 4) == 0 || strcmp(u->host, "::1") == 0;
}

int64_t watched_port(const struct watched *w)
{
	const char *schemes = probe_drivers[w->config.kind]->schemes;
	struct url u;
	char why[160];

	if (w->config.port > 0)
		return w->config.port;
	if (!w->config.url || !schemes || !url_parse(w->config.url, schemes, &u, why, sizeof(why)) || !is_loopback(&u))
		return 0;
	return url_port(&u, probe_drivers[w->config.kind]->default_port);
}

/* The last digits of a measurement are noise, and cost room in every sample. */
static double tenths(double v)
{
	return round(v * 10) / 10;
}

static void judge_memory(const struct watched *w, struct probe_result *r)
{
	double percent = NAN;
	size_t i;

	for (i = 0; i < r->values_n && w->config.memory_limit_mb > 0; i++)
		if (strcmp(r->values[i].name, "memory_usage") == 0 && r->values[i].type == PROBE_NUMBER)
			percent = r->values[i].number / (double)w->config.memory_limit_mb * 100;
	if (!isfinite(percent))
		return;
	probe_number(r, "memory_percent", tenths(percent));
	if (percent > WATCHED_MEMORY_PERCENT)
		probe_degrade(r, "High memory usage: %.0f%%", percent);
}

/* The process table's word goes over the service's own: it is the same for all. */
static void add_usage(const struct watched *w, struct probe_result *r, const struct usage_reading *usage)
{
	if (usage->processes > 0) {
		probe_number(r, "cpu_usage", tenths(usage->cpu_percent));
		probe_number(r, "memory_usage", tenths(usage->memory_mb));
	} else if (w->config.kind == PROBE_PROCESS && !w->self) {
		if (w->config.pid_file)
			probe_fail(r, usage->no_file ? "Its pid file cannot be read or holds no number" : "Its pid file names no running process");
		else if (!usage->listens)
			probe_fail(r, "No process listens on port %d", (int)w->config.port);
	}
	judge_memory(w, r);
}

static void write_issues(struct watched *w, const struct health_rules *rules, const struct probe_result *r)
{
	char text[PROBE_TEXT_MAX + 60];
	struct json_out j;
	size_t i;

	buf_reset(&w->issues);
	json_out_init(&j, &w->issues);
	json_array_begin(&j, NULL);
	if (w->health.state != HEALTH_NOT_CONFIGURED) {
		if (w->health.state == HEALTH_UNHEALTHY && r->seen != SEEN_FAILED) {
			snprintf(text, sizeof(text), "It answers again: %d of %d checks", (int)w->health.successes, (int)rules->success_threshold);
			json_put_string(&j, NULL, text);
		}
		for (i = 0; i < r->issues_n; i++) {
			if (i == 0 && r->seen == SEEN_FAILED && w->health.state != HEALTH_UNHEALTHY) {
				snprintf(text, sizeof(text), "%s (check failed %d of %d times)", r->issues[0], (int)w->health.failures, (int)rules->failure_threshold);
				json_put_string(&j, NULL, text);
			} else {
				json_put_string(&j, NULL, r->issues[i]);
			}
		}
		if (health_is_slow(&w->health, rules)) {
			snprintf(text, sizeof(text), "Slow answers: %.0f ms, more than %d ms", r->response_ms, (int)rules->degraded_ms);
			json_put_string(&j, NULL, text);
		}
	}
	json_array_end(&j);
}

static void write_data(struct watched *w, const struct probe_result *r)
{
	struct json_out j;
	size_t i;

	buf_reset(&w->data);
	json_out_init(&j, &w->data);
	json_object_begin(&j, NULL);
	for (i = 0; i < r->values_n; i++) {
		const struct probe_value *v = &r->values[i];

		if (v->type == PROBE_NUMBER)
			json_put_double(&j, v->name, v->number);
		else if (v->type == PROBE_BOOLEAN)
			json_put_bool(&j, v->name, v->number > 0);
		else if (v->type == PROBE_TEXT)
			json_put_string(&j, v->name, v->text);
		else
			json_put_null(&j, v->name);
	}
	json_object_end(&j);
}

static void write_sample(struct watched *w, const struct probe_result *r)
{
	struct json_out j;
	size_t i;

	buf_reset(&w->sample);
	json_out_init(&j, &w->sample);
	json_object_begin(&j, NULL);
	json_put_i64(&j, "up", w->health.state == HEALTH_HEALTHY || w->health.state == HEALTH_DEGRADED);
	if (isfinite(w->response_ms))
		json_put_double(&j, "response_time_ms", w->response_ms);
	for (i = 0; i < r->values_n && !r->keep_values; i++)
		if ((r->values[i].type == PROBE_NUMBER || r->values[i].type == PROBE_BOOLEAN) && strcmp(r->values[i].name, "up") != 0 &&
		    strcmp(r->values[i].name, "response_time_ms") != 0)
			json_put_double(&j, r->values[i].name, r->values[i].number);
	json_object_end(&j);
}

static bool said_stopped(const struct watched *w, const struct probe_result *r)
{
	size_t i;

	if (r->hung)
		return true;
	for (i = 0; i < r->values_n; i++)
		if (strcmp(r->values[i].name, "training_state") == 0)
			return strcmp(r->values[i].text, "stopped") == 0;
	return w->stopped; /* it said nothing new */
}

bool watched_conclude(struct watched *w, struct probe_result *r, const struct usage_reading *usage, bool metrics, int64_t now_ms, enum health_state *previous)
{
	struct health_rules rules = {.failure_threshold = w->config.failure_threshold, .success_threshold = w->config.success_threshold, .degraded_ms = w->config.degraded_ms,
				     .by_default = w->config.url_by_default};
	bool changed;

	*previous = w->health.state;
	add_usage(w, r, usage);
	changed = health_observe(&w->health, &rules, r->seen, r->response_ms, now_ms);
	w->last_check_ms = now_ms;
	w->response_ms = r->seen == SEEN_FAILED ? NAN : r->response_ms;
	if (r->seen != SEEN_FAILED)
		w->observed_at_ms = now_ms;
	if (r->version[0])
		snprintf(w->version, sizeof(w->version), "%s", r->version);
	w->stopped = said_stopped(w, r);
	write_issues(w, &rules, r);
	buf_reset(&w->sample);
	if (w->health.state == HEALTH_NOT_CONFIGURED)
		w->version[0] = '\0';
	else if (metrics)
		write_sample(w, r);
	if (!metrics || w->health.state == HEALTH_NOT_CONFIGURED) {
		buf_reset(&w->data);
		buf_adds(&w->data, "{}");
		w->data_at_ms = 0;
	} else if (!r->keep_values && r->seen != SEEN_FAILED) {
		write_data(w, r);
		w->data_at_ms = now_ms;
	}
	w->dirty = true;
	return changed;
}

void watched_row(const struct watched *w, int64_t next_check_ms, struct service *s)
{
	*s = (struct service){
		.name = w->config.name,
		.title = w->config.title,
		.kind = w->self ? "dashboard" : probe_kind_names[w->config.kind],
		.role = w->self ? "dashboard" : w->config.dependency ? "dependency" : "service",
		.position = w->position,
		.state = health_names[w->health.state],
		.since_ms = w->health.since_ms,
		.found = w->health.found,
		.target = w->target,
		.response_time_ms = w->response_ms,
		.version = w->version[0] ? w->version : NULL,
		.issues = buf_str(&w->issues),
		.failures = w->health.failures,
		.successes = w->health.successes,
		.interval_ms = w->config.interval_ms,
		.last_check_ms = w->last_check_ms,
		.next_check_ms = next_check_ms,
		.observed_at_ms = w->observed_at_ms,
		.data = buf_str(&w->data),
		.data_at_ms = w->data_at_ms,
	};
}

void watched_event_state(const struct watched *w, enum health_state previous, struct buf *out)
{
	struct json_out j;

	json_out_init(&j, out);
	json_object_begin(&j, NULL);
	json_put_string(&j, "change", "service");
	json_put_string(&j, "service", w->config.name);
	json_put_string(&j, "status", health_names[w->health.state]);
	json_put_string(&j, "previous_status", health_names[previous]);
	json_put_raw(&j, "issues", buf_str(&w->issues));
	json_put_double(&j, "response_time_ms", w->response_ms);
	json_put_time(&j, "at", w->health.since_ms);
	json_object_end(&j);
}

void watched_event_sample(const struct watched *w, struct buf *out)
{
	struct json_out j;

	json_out_init(&j, out);
	json_object_begin(&j, NULL);
	json_put_string(&j, "change", "sample");
	json_put_string(&j, "service", w->config.name);
	json_put_string(&j, "status", health_names[w->health.state]);
	json_put_raw(&j, "metrics", buf_str(&w->sample));
	json_put_time(&j, "at", w->last_check_ms);
	json_object_end(&j);
}
