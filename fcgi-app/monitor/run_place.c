/* Active experiments without a run: start, find, or end them; see live.h. */
#include "config.h"

#include "monitor/live.h"

#include "lib/buf.h"
#include "lib/file.h"
#include "lib/json_out.h"
#include "lib/log.h"
#include "lib/mem.h"
#include "lib/text.h"
#include "monitor/run_dir.h"
#include "monitor/words.h"
#include "store/configuration.h"
#include "store/experiment.h"
#include "store/run.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LOOK_AGAIN_MS 50
#define TROUBLE_WAIT_MS 1000

static int launch(struct monitor *m, const struct experiment *x, const struct engine *engine, const char *dir, int pid_fd, struct process *p, struct err *e)
{
	struct words args = {0}, env = {0};
	char note[RUN_DIR_NOTE_MAX], name[TEXT_ID_MAX], *path;
	struct launch l = {.dir = dir, .pid_fd = pid_fd, .note = note};
	int rc = -1;

	words_add_all(&args, engine->command);
	words_add_environment(&env);
	words_add_setting(&env, "FLOPYNET_EXPERIMENT", text_from_id(EXPERIMENT_ID_PREFIX, x->id, name));
	if (m->conf->data[0])
		words_add_setting(&env, "FLOPYNET_DATA_DIR", m->conf->data);
	run_dir_note(x, note);
	path = process_find(args.all[0], engine->dir, e);
	if (path) {
		l.path = path;
		l.argv = args.all;
		l.envp = env.all;
		rc = process_launch(&l, p, e);
	}
	free(path);
	words_clear(&args);
	words_clear(&env);
	return rc;
}

static int64_t threads(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n > 0 ? n : 1;
}

static int say_remote(struct monitor *m, int64_t id, struct err *e)
{
	return experiment_wait(m->store, id, "{\"what\":\"service\",\"needed\":null,\"present\":null,\"detail\":\"Waiting for the remote engine to report\"}", m->now_ms, e);
}

/* Write down that the run exists.  Should this fail, the next look finds the engine in the run directory. */
static int write_begin(struct monitor *m, int64_t id, const char *dir, const struct process *p, bool remote, struct err *e)
{
	int rc = -1;

	if (store_begin(m->store, e) == -1)
		return -1;
	if (run_begin(m->store, id, dir, p->pid, p->start_ticks, m->now_ms, e) == 0 && (!remote || say_remote(m, id, e) == 0))
		rc = store_commit(m->store, e);
	store_rollback(m->store);
	return rc;
}

/* An end without a run: as it was asked for, or as a failure. */
static int write_end(struct monitor *m, int64_t id, const char *why, struct err *e)
{
	struct experiment x;
	int rc = -1;

	if (store_begin(m->store, e) == -1)
		return -1;
	if (experiment_get(m->store, id, &x, e) == 0) {
		rc = x.status == STATUS_STOPPING ? experiment_move(m->store, &x, STATUS_STOPPED, NULL, NULL, m->now_ms, e) : run_end(m->store, id, why, m->now_ms, e);
		experiment_clear(&x);
		if (rc == 0)
			rc = store_commit(m->store, e);
	} else if (e->code == ERR_NOTFOUND) {
		rc = 0;
	}
	store_rollback(m->store);
	return rc;
}

static int start(struct monitor *m, const struct experiment *x, const char *dir, struct err *e)
{
	const struct engine *engine = catalog_engine(&m->catalog, x->engine);
	struct config_entry config;
	struct process p = {0};
	struct buf spec = {0};
	char name[TEXT_ID_MAX];
	int pid_fd = -1, rc;

	if (!engine)
		return err_set(e, ERR_INVALID, "The engine %s is not known here any more", x->engine);
	if (config_current(m->store, &config, e) == -1)
		return -1;
	run_dir_spec(x, config.document, threads(), &spec);
	config_entry_clear(&config);
	rc = run_dir_make(dir, &spec, !engine->remote, m->now_ms, &pid_fd, e);
	buf_clear(&spec);
	if (rc == 0 && !engine->remote)
		rc = launch(m, x, engine, dir, pid_fd, &p, e);
	if (pid_fd != -1)
		close(pid_fd);
	if (rc == -1)
		return -1;
	log_info("engine started exp=%s engine=%s pid=%lld", text_from_id(EXPERIMENT_ID_PREFIX, x->id, name), x->engine, (long long)p.pid);
	return write_begin(m, x->id, dir, &p, engine->remote, e);
}

/* Errors that time may heal; all others are the end of this start. */
static bool may_pass(const struct err *e)
{
	return e->code == ERR_BUSY || e->code == ERR_FULL || e->code == ERR_UNAVAILABLE;
}

static int place_empty(struct monitor *m, const struct experiment *x, const char *dir, struct err *e)
{
	char why[sizeof(e->msg)];

	if (x->status != STATUS_STARTING)
		return write_end(m, x->id, "The engine's process is gone, and there is nothing of its run", e);
	/* The platform is being shut down: the abort is on its way. */
	if (m->phase != MONITOR_RUNNING)
		return err_set(e, ERR_UNAVAILABLE, "the platform is shut down");
	if (start(m, x, dir, e) == 0)
		return 0;
	if (may_pass(e))
		return -1;
	log_warning("an engine cannot be started engine=%s why: %s", x->engine, e->msg);
	/* A copy: the next store call writes e. */
	snprintf(why, sizeof(why), "%s", e->msg);
	return write_end(m, x->id, why, e);
}

int64_t run_place(struct monitor *m, int64_t id)
{
	char name[TEXT_ID_MAX], note[RUN_DIR_NOTE_MAX], *dir = file_join(m->conf->runs, text_from_id(EXPERIMENT_ID_PREFIX, id, name));
	struct experiment x;
	struct process p;
	struct err e;
	int64_t again = 0;
	int rc = -1;

	if (!monitor_may_write(m)) {
		free(dir);
		return m->mono_ms + LOOK_AGAIN_MS;
	}
	if (experiment_get(m->store, id, &x, &e) == -1)
		goto out;
	run_dir_note(&x, note);
	switch (run_dir_look(dir, note, &p)) {
	case RUN_DIR_BUSY:
		again = m->mono_ms + LOOK_AGAIN_MS;
		rc = 0;
		break;
	case RUN_DIR_FOREIGN:
		/* An engine that nobody knows any more, where ours is to be; run_dir_make() keeps its files. */
		if (p.pid && process_start_ticks(p.pid, &(int64_t){0})) {
			log_warning("an engine of a store that is gone is killed pid=%lld", (long long)p.pid);
			process_signal(&p, SIGKILL);
			again = m->mono_ms + LOOK_AGAIN_MS;
			rc = 0;
			break;
		}
		rc = place_empty(m, &x, dir, &e);
		break;
	case RUN_DIR_STARTED:
		log_info("an engine was found that was started before exp=%s pid=%lld", name, (long long)p.pid);
		rc = write_begin(m, id, dir, &p, false, &e);
		break;
	case RUN_DIR_EMPTY:
		rc = place_empty(m, &x, dir, &e);
		break;
	}
	experiment_clear(&x);
out:
	if (rc == -1 && e.code != ERR_NOTFOUND) {
		monitor_trouble(m, "a run cannot be started", &e);
		again = m->mono_ms + TROUBLE_WAIT_MS;
	}
	free(dir);
	return again;
}
