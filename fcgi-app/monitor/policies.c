/* Which policies there are; see policies.h. */
#include "config.h"

#include "monitor/policies.h"

#include "experiment/policy.h"
#include "lib/json_in.h"
#include "lib/log.h"
#include "lib/mem.h"
#include "monitor/policy_ask.h"
#include "store/configuration.h"
#include "store/engine_state.h"
#include "store/policy_list.h"
#include "store/service.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

#define LOOK_EVERY_MS INT64_C(2000)
#define READ_EVERY_MS INT64_C(300000)      /* of a list that nobody waits for */
#define VERIFY_EVERY_MS INT64_C(10000)     /* while something is unverified */
#define SETTLED_MAX 500                    /* experiments in one transaction */

struct policies {
	struct service_config *configs; /* of all services, as of the configuration in force */
	size_t configs_n;
	const struct service_config *config; /* the policy engine's, in configs */
	int64_t config_version;              /* -1: not read yet */
	struct job *job;
	int wake_fd;
	int64_t begun_ms;
	int64_t read_mono_ms;   /* newest attempt; 0: none */
	bool asked;             /* a worker waits */
	int64_t asked_ms;       /* since when */
	bool well;              /* the probe says so */
	bool unverified;        /* something is, or may be */
};

/* Configuration. */

static void take_config(struct policies *p, const char *document)
{
	size_t i;

	settings_services_free(p->configs, p->configs_n);
	settings_services(document, &p->configs, &p->configs_n);
	p->config = NULL;
	for (i = 0; i < p->configs_n; i++)
		if (strcmp(p->configs[i].name, "policy_engine") == 0)
			p->config = &p->configs[i];
}

static bool is_configured(const struct policies *p)
{
	return p->config && p->config->url && p->config->enabled;
}

static int forget_list(struct monitor *m, struct err *e)
{
	int rc = -1;

	if (store_begin(m->store, e) == -1)
		return -1;
	if (policy_list_forget(m->store, e) == 0)
		rc = store_commit(m->store, e);
	store_rollback(m->store);
	return rc;
}

static int read_config(struct monitor *m, struct err *e)
{
	struct policies *p = m->policies;
	struct config_entry entry;
	char *before = is_configured(p) ? mem_strdup(p->config->url) : NULL;
	bool first = p->config_version == -1;
	int rc = 0;

	if (config_current(m->store, &entry, e) == -1) {
		free(before);
		return -1;
	}
	if (entry.version != p->config_version) {
		take_config(p, entry.document);
		if (!first && (!before || !is_configured(p) || strcmp(before, p->config->url) != 0))
			rc = forget_list(m, e);
		if (rc == 0)
			p->config_version = entry.version;
		job_free(p->job);
		p->job = NULL;
		p->read_mono_ms = 0;
	}
	config_entry_clear(&entry);
	free(before);
	return rc;
}

/* What there is to do. */

static int hear(struct monitor *m, struct err *e)
{
	struct policies *p = m->policies;
	struct service s;
	struct inquiry q;

	if (read_config(m, e) == -1 || inquiry_get(m->store, INQUIRY_POLICIES, &q, e) == -1)
		return -1;
	p->asked = q.asked_at_ms > q.answered_at_ms;
	p->asked_ms = q.asked_at_ms;
	if (policy_any_unverified(m->store, &p->unverified, e) == -1)
		return -1;
	p->well = false;
	if (service_get(m->store, "policy_engine", &s, e) == 0) {
		p->well = strcmp(s.state, "healthy") == 0 || strcmp(s.state, "degraded") == 0;
		service_clear(&s);
	} else if (e->code != ERR_NOTFOUND) {
		return -1;
	}
	return 0;
}

static bool is_due(const struct monitor *m)
{
	const struct policies *p = m->policies;
	int64_t since = m->mono_ms - p->read_mono_ms;

	if (p->asked)
		return true;
	return p->well && is_configured(p) && (!p->read_mono_ms || since >= READ_EVERY_MS || (p->unverified && since >= VERIFY_EVERY_MS));
}

/* What was read. */

struct settling {
	struct {
		int64_t id;
		char *status;
	} list[SETTLED_MAX];
	size_t n;
};

static void keep(void *arg, int64_t id, const char *status)
{
	struct settling *s = arg;

	if (s->n == SETTLED_MAX)
		return;
	s->list[s->n].id = id;
	s->list[s->n++].status = mem_strdup(status);
}

static int settle_one(struct monitor *m, const struct json_object *list, int64_t id, const char *text, struct err *e)
{
	struct json_object *status = NULL;
	struct buf after = {0}, unknown = {0};
	int rc = 0;

	if (json_in_parse_object(text, strlen(text), &status, NULL) == 0) {
		policy_judge(list, status, &after, &unknown);
		rc = policy_settle(m->store, id, buf_str(&after), buf_str(&unknown), m->now_ms, e);
	}
	json_object_put(status);
	buf_clear(&after);
	buf_clear(&unknown);
	return rc;
}

static int settle_all(struct monitor *m, const char *policies, struct err *e)
{
	struct json_object *list = NULL;
	struct settling s = {.n = 0};
	int rc = policy_each_unverified(m->store, SETTLED_MAX, keep, &s, e);

	if (json_in_parse(policies, strlen(policies), &list, NULL) == -1)
		list = json_object_new_array();
	while (s.n) {
		s.n--;
		if (rc == 0)
			rc = settle_one(m, list, s.list[s.n].id, s.list[s.n].status, e);
		free(s.list[s.n].status);
	}
	json_object_put(list);
	return rc;
}

/* policies NULL: nothing came, for the reason why. */
static int write_answer(struct monitor *m, const char *policies, const char *why, struct err *e)
{
	int rc = -1;

	if (store_begin(m->store, e) == -1)
		return -1;
	if (policy_list_put(m->store, policies, why, m->policies->begun_ms, e) == 0 && inquiry_answer(m->store, INQUIRY_POLICIES, m->policies->begun_ms, e) == 0 &&
	    (!policies || settle_all(m, policies, e) == 0))
		rc = store_commit(m->store, e);
	store_rollback(m->store);
	return rc;
}

static int conclude(struct monitor *m, const struct policy_ask *a, struct err *e)
{
	struct buf list = {0};
	struct err why;
	int rc;

	if (a->why[0])
		rc = write_answer(m, NULL, a->why, e);
	else if (policy_list_compact(buf_str(&a->body), a->body.len, &list, &why) == -1)
		rc = write_answer(m, NULL, why.msg, e);
	else
		rc = write_answer(m, buf_str(&list), NULL, e);
	buf_clear(&list);
	return rc;
}

static int begin(struct monitor *m, struct err *e)
{
	struct policies *p = m->policies;

	/* Our time was read before the question was. */
	p->begun_ms = p->asked && p->asked_ms > m->now_ms ? p->asked_ms : m->now_ms;
	p->read_mono_ms = m->mono_ms;
	if (!is_configured(p))
		return write_answer(m, NULL, "No policy engine is configured (integration.policy_engine_url)", e);
	p->job = policy_ask_start(p->config, p->wake_fd);
	return p->job ? 0 : write_answer(m, NULL, "The monitor has too much to do at once", e);
}

static int64_t policies_turn(struct monitor *m)
{
	struct policies *p = m->policies;
	struct err e;
	int rc = 0;

	if (m->phase != MONITOR_RUNNING)
		return m->mono_ms + LOOK_EVERY_MS;
	if (m->changed)
		rc = hear(m, &e);
	if (rc == 0 && p->job && job_done(p->job) && monitor_may_write(m)) {
		rc = conclude(m, job_data(p->job), &e);
		if (rc == 0) {
			job_free(p->job);
			p->job = NULL;
			p->asked = p->unverified = false; /* whatever there is now is heard with the change that this was */
		}
	}
	if (rc == 0 && !p->job && is_due(m) && monitor_may_write(m))
		rc = begin(m, &e);
	if (rc == -1)
		monitor_trouble(m, "the policies cannot be kept", &e);
	return p->job ? m->mono_ms : m->mono_ms + LOOK_EVERY_MS;
}

static int policies_open(struct monitor *m, struct err *e)
{
	m->policies = mem_alloc(sizeof(*m->policies));
	m->policies->config_version = -1;
	m->policies->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); /* stays open: a thread may still write to it */
	return m->policies->wake_fd == -1 ? err_set(e, ERR_INTERNAL, "no eventfd for the policies") : 0;
}

static void policies_close(struct monitor *m)
{
	struct policies *p = m->policies;

	if (!p)
		return;
	job_free(p->job);
	settings_services_free(p->configs, p->configs_n);
	free(p);
	m->policies = NULL;
}

const struct monitor_part part_policies = {.name = "policies", .open = policies_open, .turn = policies_turn, .close = policies_close, .on_change = true};
