/* One check under way; see check.h. */
#include "config.h"

#include "monitor/check.h"

#include "lib/mem.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* libcurl ends a request at its deadline by itself, with better words; this is for the rest. */
#define GRACE_MS 50

static void next_request(struct check *c, int64_t mono_ms)
{
	memset(&c->request, 0, sizeof(c->request));
	if (c->step >= PROBE_STEPS_MAX || !c->driver->ask(&c->context, c->step, &c->result, &c->request)) {
		check_end(c);
		return;
	}
	net_http_begin(c->net, c, c->deadline_mono_ms > mono_ms ? c->deadline_mono_ms - mono_ms : 1);
}

static void ask(struct check *c, int64_t mono_ms)
{
	c->asking = true;
	c->begun_us = net_now_us();
	if (c->driver->ask)
		next_request(c, mono_ms);
	else
		c->driver->begin(c);
}

static void look_up(struct check *c, int64_t mono_ms)
{
	switch (lookup_get(c->lookup, c->url.host, url_port(&c->url, c->driver->default_port), net_wake_fd(c->net), &c->addresses)) {
	case LOOKUP_WAIT:
		return;
	case LOOKUP_FOUND:
		ask(c, mono_ms);
		return;
	case LOOKUP_FAILED:
		probe_fail(&c->result, "%s", c->addresses.why);
		check_end(c);
		return;
	}
}

struct check *check_new(struct net *net, const struct service_config *config, struct lookup *lookup, const struct probe_context *context, int64_t mono_ms)
{
	struct check *c = mem_alloc(sizeof(*c));
	char why[160];

	c->net = net;
	c->config = config;
	c->driver = probe_drivers[config->kind];
	c->context = *context;
	c->context.config = config;
	c->lookup = lookup;
	c->fd = -1;
	c->deadline_mono_ms = mono_ms + config->timeout_ms;
	probe_result_init(&c->result);
	if (!c->driver->schemes) {
		ask(c, mono_ms);
	} else if (!url_parse(config->url, c->driver->schemes, &c->url, why, sizeof(why))) {
		probe_fail(&c->result, "%s", why);
		check_end(c);
	} else if (strchr(c->url.scheme, '+')) {
		ask(c, mono_ms); /* the name stands for others, which the driver finds out */
	} else {
		lookup_renew(lookup);
		look_up(c, mono_ms);
	}
	return c;
}

static void stop(struct check *c)
{
	if (c->transfer)
		net_http_stop(c->net, c);
	if (c->driver->stop)
		c->driver->stop(c);
}

void check_free(struct check *c)
{
	if (!c)
		return;
	stop(c);
	free(c);
}

static void time_is_up(struct check *c)
{
	if (c->asking)
		probe_fail(&c->result, "No answer within %d ms", (int)c->config->timeout_ms);
	else
		probe_fail(&c->result, "Name lookup failed: no answer within %d ms", (int)c->config->timeout_ms);
	check_end(c);
}

bool check_turn(struct check *c, int64_t mono_ms)
{
	if (!c->over && !c->asking)
		look_up(c, mono_ms);
	if (!c->over && c->asking && c->driver->look)
		c->driver->look(c);
	/* The next request of an HTTP check: not from inside libcurl's own call. */
	if (!c->over && c->asking && c->driver->ask && !c->transfer)
		next_request(c, mono_ms);
	if (!c->over && mono_ms > c->deadline_mono_ms + GRACE_MS)
		time_is_up(c);
	return c->over;
}

void check_end(struct check *c)
{
	c->over = true;
}

void check_answered(struct check *c)
{
	if (isnan(c->result.response_ms))
		c->result.response_ms = (double)(net_now_us() - c->begun_us) / 1000;
}

void check_http_answer(struct check *c, const struct probe_answer *a, double response_ms)
{
	if (c->step == 0)
		c->result.response_ms = response_ms;
	c->driver->read(&c->context, c->step++, a, &c->result);
}

void check_http_silent(struct check *c, const char *why)
{
	int step = c->step++;

	if (c->driver->silent)
		c->driver->silent(&c->context, step, why, &c->result);
	else
		probe_silent(step, c->request.path, why, &c->result);
	/* Nothing more is asked of one that is silent. */
	check_end(c);
}
