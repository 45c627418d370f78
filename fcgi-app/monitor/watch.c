/* Watching services; see watch.h. */
#include "config.h"

#include "monitor/watch.h"

#include "lib/log.h"
#include "lib/mem.h"
#include "lib/text.h"
#include "monitor/check.h"
#include "monitor/record.h"
#include "monitor/self.h"
#include "platform/schedule.h"
#include "store/configuration.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define HELD_UP_MS 250         /* between two turns: far over a tick, well under any timeout that people set */
#define ASK_AGAIN_MAX 10       /* a store may stay locked for some seconds; on a machine that never keeps up a failure counts in the end */
#define IN_FLIGHT_SHARE 2      /* of the descriptors that may be open, one in so many may be a check's */
#define FRESH_INTERVALS 2      /* the policy engine was seen so lately that fl_server may be asked what asks it */

struct watch {
	struct net *net;
	struct record *record;
	struct usage *usage;
	struct watched_list services;
	struct watched *self;
	uint64_t seed;
	int64_t config_version;  /* -1: not read yet */
	int64_t turn_mono_ms;    /* of the turn before */
	int64_t usage_mono_ms;   /* next turn of the process table */
	size_t in_flight, in_flight_max;
};

static size_t flights(void)
{
	struct rlimit files = {.rlim_cur = 1024};

	/* A thousand mute services hold a socket each until their time is up. */
	if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < files.rlim_max) {
		files.rlim_cur = files.rlim_max < 8192 ? files.rlim_max : 8192;
		setrlimit(RLIMIT_NOFILE, &files);
		getrlimit(RLIMIT_NOFILE, &files);
	}
	return files.rlim_cur / IN_FLIGHT_SHARE;
}

static void land(struct watch *p, struct watched *w)
{
	if (!w->check)
		return;
	check_free(w->check);
	w->check = NULL;
	p->in_flight--;
}

/* Which services there are. */

static struct watched *find(const struct watch *p, const char *name)
{
	size_t i;

	for (i = 0; i < p->services.n; i++)
		if (strcmp(p->services.list[i]->config.name, name) == 0)
			return p->services.list[i];
	return NULL;
}

static void forget(struct watch *p, struct watched *w)
{
	land(p, w);
	watched_clear(w);
	free(w);
}

static void search_ports(struct watch *p)
{
	int64_t *ports = mem_array(p->services.n + 1, sizeof(*ports));
	size_t i;
	int n = 0;

	for (i = 0; i < p->services.n; i++)
		if (watched_is_active(p->services.list[i]) && (ports[n] = watched_port(p->services.list[i])) > 0)
			n++;
	usage_ports(p->usage, ports, n);
	free(ports);
	p->usage_mono_ms = 0;
}

/* Takes the configurations; n services from now on. */
static void configure(struct watch *p, struct service_config *configs, size_t n, int64_t now_ms, int64_t mono_ms)
{
	struct watched **list = mem_array(n + 1, sizeof(struct watched *)); /* with this system itself */
	size_t i, left;

	for (i = 0; i < n; i++) {
		struct watched *w = find(p, configs[i].name);

		if (!w)
			w = mem_alloc(sizeof(*w));
		land(p, w);
		watched_configure(w, &configs[i], (int64_t)i, now_ms);
		w->due_mono_ms = schedule_first(p->seed, text_hash(w->config.name, strlen(w->config.name)), w->config.interval_ms, n, mono_ms);
		list[i] = w;
	}
	list[n] = p->self;
	for (left = 0; left < p->services.n; left++) {
		struct watched *w = p->services.list[left];

		for (i = 0; i <= n && list[i] != w; i++)
			;
		if (i <= n)
			continue;
		record_removed(p->record, w);
		forget(p, w);
	}
	free(p->services.list);
	p->services.list = list;
	p->services.n = n + 1;
	search_ports(p);
}

/* The configuration, when it is not the one in force. */
static int read_config(struct watch *p, struct monitor *m, struct err *e)
{
	struct service_config *configs;
	struct config_entry entry;
	size_t n;

	if (config_current(m->store, &entry, e) == -1)
		return -1;
	if (entry.version != p->config_version) {
		settings_services(entry.document, &configs, &n);
		configure(p, configs, n, m->now_ms, m->mono_ms);
		settings_services_free(configs, n); /* what is left of them: nothing but the array */
		p->config_version = entry.version;
	}
	config_entry_clear(&entry);
	return 0;
}

static void restore(void *arg, const struct service *s)
{
	struct watch *p = arg;
	struct watched *w = find(p, s->name);
	struct watched gone = {0};

	if (w) {
		watched_restore(w, s);
		return;
	}
	/* Taken out of the configuration while no monitor ran. */
	snprintf(gone.config.name, sizeof(gone.config.name), "%s", s->name);
	record_removed(p->record, &gone);
}

/* Checks. */

static bool is_fresh(const struct watched *w, int64_t now_ms)
{
	return w && w->health.failures == 0 && (w->health.state == HEALTH_HEALTHY || w->health.state == HEALTH_DEGRADED) &&
	       now_ms - w->last_check_ms <= FRESH_INTERVALS * w->config.interval_ms;
}

static void launch(struct watch *p, struct watched *w, struct monitor *m)
{
	const struct watched *policy = find(p, "policy_engine");
	struct probe_context context = {
		.policy_configured = policy && policy->health.state != HEALTH_NOT_CONFIGURED,
		.policy_fresh = is_fresh(policy, m->now_ms),
		.was_stopped = w->stopped,
		.nth = w->checks,
	};

	w->held_up = false;
	w->check = check_new(p->net, &w->config, &w->lookup, &context, m->mono_ms);
	p->in_flight++;
}

static void plan_next(struct watch *p, struct watched *w, int64_t mono_ms)
{
	w->due_mono_ms = schedule_next(p->seed, text_hash(w->config.name, strlen(w->config.name)), w->checks++, w->config.interval_ms, w->due_mono_ms, mono_ms);
}

/* Of a process that is known by its port only and was not found: it may have begun after the last search.  True: there is one under way, look again at the next turn. */
static bool must_search(struct watch *p, const struct watched *w, const struct usage_reading *usage)
{
	if (w->config.kind != PROBE_PROCESS || w->config.pid_file || usage->processes > 0 || usage_is_fresh(p->usage, w->check->deadline_mono_ms - w->config.timeout_ms))
		return false;
	p->usage_mono_ms = 0;
	return true;
}

static void conclude(struct watch *p, struct watched *w, struct monitor *m)
{
	struct probe_result *r = &w->check->result;
	struct usage_reading usage = {.cpu_percent = NAN};
	enum health_state previous;

	if (w->held_up && r->seen == SEEN_FAILED && w->asked_again < ASK_AGAIN_MAX) {
		w->asked_again++;
		land(p, w);
		launch(p, w, m);
		return;
	}
	w->asked_again = 0;
	if (w->held_up)
		r->response_ms = w->response_ms; /* ours is in it */
	if (m->settings.real_time_metrics || w->config.kind == PROBE_PROCESS)
		usage_measure(p->usage, &w->meter, w->config.pid_file, watched_port(w), m->mono_ms, &usage);
	if (must_search(p, w, &usage))
		return;
	if (watched_conclude(w, r, &usage, m->settings.real_time_metrics, m->now_ms, &previous))
		record_change(p->record, w, previous);
	if (w->sample.len)
		record_sample(p->record, w);
	land(p, w);
}

static void turn_one(struct watch *p, struct watched *w, struct monitor *m)
{
	if (w->check && check_turn(w->check, m->mono_ms))
		conclude(p, w, m);
	if (m->mono_ms < w->due_mono_ms || !watched_is_active(w))
		return;
	if (w->self) {
		plan_next(p, w, m->mono_ms);
		if (self_measure(m, p->usage, w) == 0)
			record_sample(p->record, w);
	} else if (!w->check && p->in_flight < p->in_flight_max) {
		plan_next(p, w, m->mono_ms);
		launch(p, w, m);
	}
}

static void note_hold_up(struct watch *p, int64_t mono_ms)
{
	size_t i;

	if (p->turn_mono_ms && mono_ms - p->turn_mono_ms > HELD_UP_MS)
		for (i = 0; i < p->services.n; i++)
			p->services.list[i]->held_up = true;
	p->turn_mono_ms = mono_ms;
}

/* The part. */

static int64_t watch_turn(struct monitor *m)
{
	struct watch *p = m->watch;
	struct err e;
	size_t i;

	note_hold_up(p, m->mono_ms);
	net_turn(p->net, m->mono_ms);
	if (m->changed && read_config(p, m, &e) == -1)
		monitor_trouble(m, "the services' configuration cannot be read", &e);
	if (m->mono_ms >= p->usage_mono_ms)
		p->usage_mono_ms = usage_turn(p->usage, m->mono_ms);
	for (i = 0; i < p->services.n; i++)
		turn_one(p, p->services.list[i], m);
	/* What was begun in this turn gets on its way in it. */
	net_turn(p->net, m->mono_ms);
	if (record_turn(p->record, m->store, &p->services, false, m->now_ms, m->mono_ms, &e) == -1 && e.code != ERR_BUSY)
		monitor_trouble(m, "what probes found cannot be written", &e);
	return m->mono_ms;
}

static int watch_open(struct monitor *m, struct err *e)
{
	struct watch *p = mem_alloc(sizeof(*p));

	m->watch = p;
	p->config_version = -1;
	p->seed = (uint64_t)getpid();
	p->in_flight_max = flights();
	p->record = record_new();
	p->usage = usage_new();
	p->self = self_new();
	/* Of the last monitor's states only those of services that are still configured the same way are taken over. */
	if (net_open(&p->net, e) == -1 || read_config(p, m, e) == -1 || service_each(m->store, restore, p, e) == -1)
		return -1;
	m->wake_fd = net_fd(p->net);
	return 0;
}

static void watch_close(struct monitor *m)
{
	struct watch *p = m->watch;
	struct err e;
	size_t i;

	if (!p)
		return;
	if (p->services.n && record_turn(p->record, m->store, &p->services, true, m->now_ms, m->mono_ms, &e) == -1)
		log_warning("the newest samples are lost: %s", e.msg);
	for (i = 0; i < p->services.n; i++)
		forget(p, p->services.list[i]);
	if (!p->services.n)
		forget(p, p->self);
	free(p->services.list);
	record_free(p->record);
	usage_free(p->usage);
	net_close(p->net);
	free(p);
	m->watch = NULL;
	m->wake_fd = -1;
}

const struct monitor_part part_watch = {.name = "watch", .open = watch_open, .turn = watch_turn, .close = watch_close, .on_change = true};
