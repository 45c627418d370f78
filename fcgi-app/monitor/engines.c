/* Which engines can be started; see engines.h. */
#include "config.h"

#include "monitor/engines.h"

#include "lib/log.h"
#include "lib/mem.h"
#include "monitor/engine_check.h"
#include "monitor/process.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AGAIN_MS INT64_C(60000)        /* a check may be a Python program; who needs an answer sooner asks */
#define WRITE_AGAIN_MS INT64_C(500)
#define FORGET_MS INT64_C(600000)      /* after an engine was last looked at: it is configured no more */

struct watched_engine {
	const struct engine *engine; /* of the catalogue in force */
	struct engine_check check;
	struct engine_state state;   /* checked_at_ms 0: not known yet */
	int64_t due_mono_ms;
	bool again;                  /* somebody has asked since its check began, which may say how it was before */
	bool unwritten;
};

struct engines {
	struct watched_engine *list;
	size_t n;
	int64_t reload;    /* of the catalogue that the list is made of */
	int64_t asked_ms;  /* the newest question that this look answers */
	int64_t begun_ms;  /* the look that is open: it answers what was asked until then; 0: none is */
};

static void forget_all(struct engines *p)
{
	size_t i;

	for (i = 0; i < p->n; i++)
		engine_check_stop(&p->list[i].check);
	free(p->list);
	p->list = NULL;
	p->n = 0;
}

static void take_catalog(struct monitor *m)
{
	struct engines *p = m->engines;
	size_t i;

	forget_all(p);
	p->n = m->catalog.engines_n;
	p->list = mem_array(p->n, sizeof(*p->list));
	for (i = 0; i < p->n; i++) {
		p->list[i].engine = &m->catalog.engines[i];
		snprintf(p->list[i].state.name, sizeof(p->list[i].state.name), "%s", m->catalog.engines[i].name);
	}
	p->reload = m->reloads;
	p->begun_ms = m->now_ms;
}

static void settle(struct watched_engine *w, const struct monitor *m)
{
	w->state.checked_at_ms = m->now_ms;
	w->due_mono_ms = m->mono_ms + AGAIN_MS;
	w->unwritten = true;
}

static void cannot(struct watched_engine *w, const struct monitor *m, const char *why)
{
	w->state.available = false;
	w->state.version[0] = '\0';
	snprintf(w->state.reason, sizeof(w->state.reason), "%s", why);
	settle(w, m);
}

/* The command's first word is looked for even where a check says more: it is what will be started. */
static bool find_command(const struct engine *g, struct err *e)
{
	char *path;

	if (!g->command)
		return true;
	path = process_find(json_object_get_string(json_object_array_get_idx(g->command, 0)), g->dir, e);
	free(path);
	return path != NULL;
}

static void begin(struct watched_engine *w, const struct monitor *m)
{
	const struct engine *g = w->engine;
	struct words args = {0};
	struct err e;
	char *path;

	if (!find_command(g, &e)) {
		cannot(w, m, e.msg);
		return;
	}
	if (!g->check) {
		w->state.available = true;
		w->state.reason[0] = w->state.version[0] = '\0';
		settle(w, m);
		return;
	}
	words_add_all(&args, g->check);
	path = process_find(args.all[0], g->dir, &e);
	if (!path || engine_check_begin(&w->check, path, &args, g->dir, m->mono_ms, &e) == -1)
		cannot(w, m, e.msg);
	free(path);
	words_clear(&args);
}

/* A question that no look which is stored answers, and none that is open will. */
static void hear_questions(struct monitor *m)
{
	struct engines *p = m->engines;
	struct inquiry q;
	struct err e;
	size_t i;

	if (inquiry_get(m->store, INQUIRY_ENGINES, &q, &e) == -1) {
		monitor_trouble(m, "what is asked about engines cannot be read", &e);
		return;
	}
	if (q.asked_at_ms <= q.answered_at_ms || q.asked_at_ms <= p->asked_ms)
		return;
	p->asked_ms = q.asked_at_ms;
	/* Our time was read before the question was, and may have been set back since. */
	p->begun_ms = q.asked_at_ms > m->now_ms ? q.asked_at_ms : m->now_ms;
	for (i = 0; i < p->n; i++) {
		p->list[i].due_mono_ms = 0;
		p->list[i].again = p->list[i].check.pid != 0;
	}
}

static int write_all(struct monitor *m, bool answer, struct err *e)
{
	struct engines *p = m->engines;
	size_t i;
	int rc = -1;

	if (store_begin(m->store, e) == -1)
		return -1;
	for (i = 0; i < p->n; i++)
		if (p->list[i].unwritten && engine_state_put(m->store, &p->list[i].state, e) == -1)
			goto out;
	if (answer && (inquiry_answer(m->store, INQUIRY_ENGINES, p->begun_ms, e) == -1 || engine_state_prune(m->store, m->now_ms - FORGET_MS, e) == -1))
		goto out;
	rc = store_commit(m->store, e);
out:
	store_rollback(m->store);
	return rc;
}

static int64_t engines_turn(struct monitor *m)
{
	struct engines *p = m->engines;
	bool running = false, news = false;
	int64_t next = m->mono_ms + AGAIN_MS;
	struct err e;
	size_t i;

	if (m->phase != MONITOR_RUNNING)
		return next;
	if (p->reload != m->reloads)
		take_catalog(m);
	if (m->changed)
		hear_questions(m);
	for (i = 0; i < p->n; i++) {
		struct watched_engine *w = &p->list[i];

		if (w->check.pid && engine_check_turn(&w->check, m->mono_ms, &w->state)) {
			settle(w, m);
			if (w->again)
				w->due_mono_ms = 0;
			w->again = false;
		}
		if (!w->check.pid && m->mono_ms >= w->due_mono_ms)
			begin(w, m);
		running = running || w->check.pid;
		news = news || w->unwritten;
		if (w->due_mono_ms < next)
			next = w->due_mono_ms;
	}
	/* What is known is written when it is known: a check that takes its time holds up nobody else's answer. */
	if ((news || (p->begun_ms && !running)) && monitor_may_write(m)) {
		if (write_all(m, p->begun_ms && !running, &e) == -1) {
			monitor_trouble(m, "how the engines stand cannot be written", &e);
			return m->mono_ms + WRITE_AGAIN_MS;
		}
		for (i = 0; i < p->n; i++)
			p->list[i].unwritten = false;
		if (!running)
			p->begun_ms = 0;
	}
	return running ? m->mono_ms : next;
}

static int engines_open(struct monitor *m, struct err *e)
{
	(void)e;
	m->engines = mem_alloc(sizeof(*m->engines));
	m->engines->reload = -1;
	return 0;
}

static void engines_close(struct monitor *m)
{
	if (!m->engines)
		return;
	forget_all(m->engines);
	free(m->engines);
	m->engines = NULL;
}

const struct monitor_part part_engines = {.name = "engines", .open = engines_open, .turn = engines_turn, .close = engines_close, .on_change = true};
