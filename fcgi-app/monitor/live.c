/* One run: its events, its commands, its end; see live.h. */
#include "config.h"

#include "monitor/live.h"

#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/file.h"
#include "lib/log.h"
#include "lib/mem.h"
#include "lib/text.h"
#include "monitor/run_dir.h"
#include "store/command.h"
#include "store/run.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define RETRY_MS 250 /* before what the store or the FIFO refused is tried again */

static const char *name_of(const struct live *l, char out[TEXT_ID_MAX])
{
	return text_from_id(EXPERIMENT_ID_PREFIX, l->id, out);
}

/* Both ends, so that it never blocks, and so that what is in it stays while no engine has it open. */
static bool open_control(struct live *l)
{
	char *path;
	struct stat sb;

	if (l->control_fd != -1)
		return true;
	path = file_join(l->dir, "control");
	l->control_fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);
	free(path);
	if (l->control_fd != -1 && (fstat(l->control_fd, &sb) == -1 || !S_ISFIFO(sb.st_mode))) {
		close(l->control_fd);
		l->control_fd = -1;
	}
	return l->control_fd != -1;
}

static bool write_control(struct live *l, enum action a)
{
	char line[64];
	int n = snprintf(line, sizeof(line), "{\"action\":\"%s\"}\n", action_name(a));

	/* Below PIPE_BUF: all of it or nothing. */
	return open_control(l) && write(l->control_fd, line, (size_t)n) == n;
}

/* A command goes out once in the life of a monitor: one that finds it sent already cannot know whether it was read, and says it again, which does no harm. */
static void pass_command(struct monitor *m, struct live *l)
{
	char name[TEXT_ID_MAX];
	struct err e;

	if (!l->command.id || l->gone)
		return;
	if (l->told_id < l->command.id) {
		if (!write_control(l, l->command.action))
			return; /* a full or missing FIFO: tried again; an abort has its own ways */
		l->told_id = l->command.id;
		log_info("command passed on exp=%s action=%s", name_of(l, name), action_name(l->command.action));
	}
	if (!l->command.pending || !monitor_may_write(m))
		return;
	if (store_begin(m->store, &e) == 0 && command_mark_sent(m->store, l->command.id, m->now_ms, &e) == 0 && store_commit(m->store, &e) == 0) {
		l->command.pending = false;
		return;
	}
	store_rollback(m->store);
	monitor_trouble(m, "a command cannot be marked as sent", &e);
}

/*
 * What only says how the training goes need not wait for the disk: after a power cut no engine is left either, and until then the lines are there to be read again.  A state is the answer
 * to somebody's action, and is on the disk before it is told.
 */
static int begin_batch(struct monitor *m, const struct tail_batch *b, struct err *e)
{
	size_t i;

	for (i = 0; i < b->n; i++)
		if (b->events[i].type == RUNNER_STATE || b->events[i].type == RUNNER_REFUSED)
			return store_begin(m->store, e);
	if (store_begin_relaxed(m->store, e) == 0)
		return 0;
	return e->code == ERR_BUSY ? store_begin(m->store, e) : -1;
}

static int commit_batch(struct monitor *m, struct live *l, const struct tail_batch *b, struct err *e)
{
	struct run run = {0};
	size_t i;
	int rc = -1;

	if (begin_batch(m, b, e) == -1)
		return -1;
	if (run_get(m->store, l->id, &run, e) == -1)
		goto out;
	for (i = 0; i < b->n; i++)
		if (run_apply_event(m->store, &run, &b->events[i], m->now_ms, e) == -1)
			goto out;
	run.read_offset = b->offset;
	run.bad_lines += b->bad;
	if (b->n)
		run.heard_at_ms = m->now_ms;
	if (run_save(m->store, &run, e) == 0 && store_commit(m->store, e) == 0)
		rc = 0;
out:
	store_rollback(m->store);
	run_clear(&run);
	return rc;
}

/* 1: read something, 0: there is nothing, -1: there is something that cannot be committed. */
static int read_batch(struct monitor *m, struct live *l, struct tail_batch *b)
{
	char name[TEXT_ID_MAX];
	struct err e;
	int rc;

	if (!tail_read(&l->tail, l->dir, l->offset, l->gone, b)) {
		tail_batch_clear(b);
		return 0;
	}
	if (!monitor_may_write(m)) {
		l->heard_mono_ms = m->mono_ms;
		tail_batch_clear(b);
		return -1;
	}
	rc = commit_batch(m, l, b, &e);
	/* The experiment was deleted: nobody will want to know. */
	if (rc == -1 && e.code == ERR_NOTFOUND)
		rc = 0;
	/* It was heard, even if it cannot be written down: that is not its fault. */
	if (b->n || rc == -1)
		l->heard_mono_ms = m->mono_ms;
	if (rc == 0) {
		l->offset = b->offset;
		tail_done(&l->tail, b);
		if (b->bad)
			log_warning("malformed lines were skipped exp=%s lines=%lld first: %s", name_of(l, name), (long long)b->bad, b->why);
	} else {
		monitor_trouble(m, "events of a run cannot be committed", &e);
	}
	tail_batch_clear(b);
	return rc == 0 ? 1 : -1;
}

static void describe_end(const struct process_end *end, struct buf *out)
{
	if (!end->known)
		buf_adds(out, "The engine's process is gone; how it ended is not known");
	else if (WIFSIGNALED(end->status))
		buf_addf(out, "The engine was killed by signal %d (%s)", WTERMSIG(end->status), strsignal(WTERMSIG(end->status)));
	else
		buf_addf(out, "The engine ended with exit status %d without saying how the run ended", WEXITSTATUS(end->status));
}

/* The reason for people: what the engine said last, what became of it, its last words. */
static void describe_failure(const struct live *l, const struct run *run, struct buf *out)
{
	struct buf words = {0};

	if (l->why) {
		buf_adds(out, l->why);
	} else if (run->last_error) {
		buf_adds(out, run->last_error);
		buf_adds(out, ". ");
		describe_end(&l->end, out);
	} else {
		describe_end(&l->end, out);
	}
	run_dir_last_words(l->dir, &words);
	if (words.len)
		buf_addf(out, "\nIts last words:\n%s", buf_str(&words));
	buf_clear(&words);
}

/* All is read: write down how it ended. */
static int finish(struct monitor *m, struct live *l, struct err *e)
{
	struct run run = {0};
	struct buf why = {0};
	int rc = -1;

	if (store_begin(m->store, e) == -1)
		return -1;
	if (run_get(m->store, l->id, &run, e) == 0) {
		describe_failure(l, &run, &why);
		if (run_end(m->store, l->id, buf_str(&why), m->now_ms, e) == 0)
			rc = store_commit(m->store, e);
	} else if (e->code == ERR_NOTFOUND) {
		rc = 0; /* deleted with its experiment */
	}
	store_rollback(m->store);
	buf_clear(&why);
	run_clear(&run);
	return rc;
}

void live_kill(struct live *l)
{
	if (l->process.pid && !l->gone)
		process_signal(&l->process, SIGKILL);
	l->killed = true;
}

void live_end(struct monitor *m, struct live *l, const char *why)
{
	char name[TEXT_ID_MAX];

	if (l->term_mono_ms)
		return;
	log_warning("the engine is ended exp=%s pid=%lld why: %s", name_of(l, name), (long long)l->process.pid, why ? why : "it does not answer to abort");
	if (why && !l->why)
		l->why = mem_strdup(why);
	l->term_mono_ms = m->mono_ms;
	process_signal(&l->process, SIGTERM);
}

static int64_t heartbeat_ms(const struct monitor *m)
{
	return m->conf->monitor_heartbeat_timeout_s * MS_PER_S;
}

/* What must have happened by now. */
static void check_deadlines(struct monitor *m, struct live *l)
{
	char why[120];

	if (l->active && l->status == STATUS_ABORTING && !l->abort_mono_ms)
		l->abort_mono_ms = m->mono_ms;
	if (!l->active && !l->final_mono_ms)
		l->final_mono_ms = m->mono_ms;
	if (l->abort_mono_ms && m->mono_ms - l->abort_mono_ms >= LIVE_ABORT_WAIT_MS)
		live_end(m, l, NULL);
	/* Deleted, or done and still there. */
	if (!l->listed || (l->final_mono_ms && m->mono_ms - l->final_mono_ms >= LIVE_LINGER_MS))
		live_end(m, l, "its experiment is over");
	if (l->active && m->mono_ms - l->heard_mono_ms >= heartbeat_ms(m)) {
		snprintf(why, sizeof(why), "There was no sign of life from the engine for %lld s, so it was ended", (long long)m->conf->monitor_heartbeat_timeout_s);
		live_end(m, l, why);
	}
	if (l->term_mono_ms && !l->killed && m->mono_ms - l->term_mono_ms >= LIVE_TERM_WAIT_MS)
		live_kill(l);
}

/* Of a remote engine only reports are known, and those come through the API. */
static void check_remote(struct monitor *m, struct live *l)
{
	int64_t wait_ms = l->last_seq ? heartbeat_ms(m) : LIVE_REMOTE_START_MS;
	char why[120];

	if (l->active && l->status == STATUS_ABORTING && !l->abort_mono_ms)
		l->abort_mono_ms = m->mono_ms;
	/* Where nothing was ever heard nothing runs; else it is given the time to read what is wanted. */
	if (l->abort_mono_ms && (!l->last_seq || m->phase == MONITOR_ENDING || m->mono_ms - l->abort_mono_ms >= heartbeat_ms(m)))
		l->gone = true;
	if (!l->active || !l->listed)
		l->gone = true;
	if (m->mono_ms - l->heard_mono_ms >= wait_ms) {
		snprintf(why, sizeof(why), "There was no report from the remote engine for %lld s", (long long)(wait_ms / MS_PER_S));
		free(l->why);
		l->why = mem_strdup(why);
		l->gone = true;
	}
}

/* Somebody waits for the engine's word. */
static bool is_awaited(const struct live *l)
{
	return l->command.id || status_is_transitional(l->status) || l->gone;
}

static int64_t end_of_life(struct monitor *m, struct live *l)
{
	char name[TEXT_ID_MAX];
	struct err e;

	if (!monitor_may_write(m))
		return m->mono_ms + RETRY_MS;
	if (finish(m, l, &e) == -1) {
		monitor_trouble(m, "the end of a run cannot be written down", &e);
		return m->mono_ms + RETRY_MS;
	}
	log_info("run ended exp=%s", name_of(l, name));
	l->ended = true;
	return m->mono_ms;
}

int64_t live_turn(struct monitor *m, struct live *l, struct tail_batch *scratch)
{
	int rc = 0;

	if (!l->process.pid) {
		check_remote(m, l);
		return l->gone ? end_of_life(m, l) : m->mono_ms + MS_PER_S;
	}
	if (l->active)
		pass_command(m, l);
	/* Before reading: what it wrote before it ended is then all there to be read. */
	if (!l->gone)
		l->gone = !process_alive(&l->process, &l->end);
	if (m->mono_ms >= l->read_mono_ms || is_awaited(l)) {
		rc = read_batch(m, l, scratch);
		l->read_mono_ms = rc == 0 ? m->mono_ms : m->mono_ms + (rc == 1 && scratch->more ? 0 : rc == -1 ? RETRY_MS : LIVE_READ_EVERY_MS);
	}
	if (m->mono_ms >= l->log_mono_ms) {
		run_dir_bound_log(l->dir);
		l->log_mono_ms = m->mono_ms + LIVE_LOG_EVERY_MS;
	}
	if (l->gone)
		return rc == 0 ? end_of_life(m, l) : rc == 1 ? m->mono_ms : m->mono_ms + RETRY_MS;
	check_deadlines(m, l);
	return m->mono_ms;
}
