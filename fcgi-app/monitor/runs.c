/* The runs part: what is in the store against what is in memory; see runs.h. */
#include "config.h"

#include "monitor/runs.h"

#include "lib/log.h"
#include "lib/mem.h"
#include "monitor/live.h"
#include "store/command.h"
#include "store/experiment.h"
#include "store/run.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define IDLE_LOOK_MS 1000   /* when nothing runs and nothing changes */
#define KILL_WAIT_MS 2000   /* for processes to be gone after SIGKILL, when the platform is shut down */
#define TROUBLE_WAIT_MS 250 /* before what the store refused is tried again */

struct placing {
	int64_t id;
	bool placed; /* has a run in the store */
};

struct runs {
	struct live *first;
	struct placing *active; /* of the last look, by id */
	size_t active_n, active_cap;
	int64_t place_mono_ms;  /* when to look again at those without a run; 0: not needed */
	int64_t ending_mono_ms; /* since when all runs are being ended; 0: not */
	bool all_told;          /* every active run was told to abort */
	bool looked;            /* at least once */
	struct tail_batch scratch;
};

static struct live *find(struct runs *r, int64_t id)
{
	struct live *l;

	for (l = r->first; l && l->id != id; l = l->next)
		;
	return l;
}

static struct live *attach(struct monitor *m, const struct run *run)
{
	struct live *l = mem_alloc(sizeof(*l));

	l->id = run->experiment_id;
	l->dir = mem_strdup(run->dir);
	l->process.pid = run->pid;
	l->process.start_ticks = run->pid_start_ticks;
	l->control_fd = -1;
	tail_init(&l->tail);
	l->heard_mono_ms = m->mono_ms;
	l->next = m->runs->first;
	m->runs->first = l;
	return l;
}

static void detach(struct live *l)
{
	tail_close(&l->tail);
	if (l->control_fd != -1)
		close(l->control_fd);
	free(l->dir);
	free(l->why);
	free(l);
}

static void see_active(void *arg, const struct experiment *x)
{
	struct runs *r = ((struct monitor *)arg)->runs;
	struct live *l = find(r, x->id);

	if (r->active_n == r->active_cap) {
		r->active_cap = r->active_cap ? r->active_cap * 2 : 16;
		r->active = mem_resize(r->active, r->active_cap * sizeof(*r->active));
	}
	r->active[r->active_n].id = x->id;
	r->active[r->active_n++].placed = l && l->listed;
	if (l) {
		l->active = true;
		l->status = x->status;
	}
}

static void see_run(void *arg, const struct run *run)
{
	struct monitor *m = arg;
	struct live *l = find(m->runs, run->experiment_id);

	if (!l)
		l = attach(m, run);
	l->listed = true;
	l->offset = run->read_offset;
	l->last_seq = run->last_seq;
	if (run->heard_at_ms != l->heard_at_ms) {
		l->heard_at_ms = run->heard_at_ms;
		l->heard_mono_ms = m->mono_ms;
	}
}

static void see_command(void *arg, const struct command *c)
{
	struct live *l = find(((struct monitor *)arg)->runs, c->experiment_id);

	if (l && c->action != ACTION_START)
		l->command = (struct live_command){.id = c->id, .action = c->action, .pending = c->status == COMMAND_PENDING};
}

static int look(struct monitor *m, struct err *e)
{
	struct runs *r = m->runs;
	struct live *l;
	int rc = -1;

	for (l = r->first; l; l = l->next) {
		l->listed = l->active = false;
		l->command.id = 0;
	}
	r->active_n = 0;
	if (store_read_begin(m->store, e) == 0 && run_each_open(m->store, see_run, m, e) == 0 && experiment_each_active(m->store, see_active, m, e) == 0 &&
	    command_each_open(m->store, see_command, m, e) == 0)
		rc = 0;
	store_rollback(m->store);
	return rc;
}

static void place_all(struct monitor *m)
{
	struct runs *r = m->runs;
	size_t i;

	r->place_mono_ms = 0;
	for (i = 0; i < r->active_n; i++) {
		int64_t again = r->active[i].placed ? 0 : run_place(m, r->active[i].id);

		if (again && (!r->place_mono_ms || again < r->place_mono_ms))
			r->place_mono_ms = again;
	}
}

static void forget_ended(struct runs *r)
{
	struct live **at = &r->first, *l;

	while ((l = *at)) {
		if (l->ended) {
			*at = l->next;
			detach(l);
		} else {
			at = &l->next;
		}
	}
}

/* The same way as a person's abort, so that it is in the timeline and outlives a crash of ours. */
static int abort_one(struct monitor *m, int64_t id, struct err *e)
{
	struct command_request q = {.experiment_id = id, .action = ACTION_ABORT, .reason = "The platform was shut down", .actor = "system"};
	enum status status;
	int64_t command;
	int rc = -1;

	if (store_begin(m->store, e) == -1)
		return -1;
	if (command_request(m->store, &q, m->now_ms, &status, &command, e) == 0)
		rc = store_commit(m->store, e);
	else if (e->code == ERR_CONFLICT || e->code == ERR_NOTFOUND)
		rc = 0; /* it is ending already */
	store_rollback(m->store);
	return rc;
}

static void end_all(struct monitor *m)
{
	struct runs *r = m->runs;
	struct live *l;
	struct err e;
	size_t i;

	if (!r->ending_mono_ms)
		r->ending_mono_ms = m->mono_ms;
	for (i = 0; !r->all_told && i < r->active_n; i++) {
		if (abort_one(m, r->active[i].id, &e) == -1) {
			monitor_trouble(m, "a run cannot be aborted", &e);
			break;
		}
	}
	r->all_told = r->all_told || i == r->active_n;
	if (m->mono_ms - r->ending_mono_ms < LIVE_ABORT_WAIT_MS)
		return;
	for (l = r->first; l; l = l->next)
		live_kill(l);
}

bool runs_none_left(const struct monitor *m)
{
	const struct runs *r = m->runs;

	if (!r->ending_mono_ms)
		return false;
	if (r->all_told && !r->first && !r->place_mono_ms && r->active_n == 0)
		return true;
	return m->mono_ms - r->ending_mono_ms > LIVE_ABORT_WAIT_MS + KILL_WAIT_MS;
}

static int64_t runs_turn(struct monitor *m)
{
	struct runs *r = m->runs;
	int64_t next = m->mono_ms + IDLE_LOOK_MS, at;
	struct live *l;
	struct err e;

	if (m->changed || !r->looked) {
		r->looked = look(m, &e) == 0;
		if (!r->looked) {
			monitor_trouble(m, "the runs cannot be read", &e);
			return m->mono_ms + TROUBLE_WAIT_MS;
		}
		place_all(m);
	} else if (r->place_mono_ms && m->mono_ms >= r->place_mono_ms) {
		place_all(m);
	}
	if (m->phase == MONITOR_ENDING)
		end_all(m);
	for (l = r->first; l; l = l->next) {
		at = live_turn(m, l, &r->scratch);
		next = at < next ? at : next;
	}
	forget_ended(r);
	if (r->place_mono_ms && r->place_mono_ms < next)
		next = r->place_mono_ms;
	return m->phase == MONITOR_ENDING ? m->mono_ms : next;
}

static int runs_open(struct monitor *m, struct err *e)
{
	(void)e;
	m->runs = mem_alloc(sizeof(*m->runs));
	return 0;
}

static void runs_close(struct monitor *m)
{
	struct live *l;

	if (!m->runs)
		return;
	while ((l = m->runs->first)) {
		m->runs->first = l->next;
		detach(l);
	}
	free(m->runs->active);
	free(m->runs);
	m->runs = NULL;
}

const struct monitor_part part_runs = {.name = "runs", .open = runs_open, .turn = runs_turn, .close = runs_close, .on_change = true};
