/* Upkeep of the store; see upkeep.h. */
#include "config.h"

#include "monitor/upkeep.h"

#include "lib/clock.h"
#include "lib/log.h"
#include "monitor/samples.h"
#include "store/event.h"
#include "store/experiment.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define LOOK_EVERY_MS 1000
#define WAL_BYTES_MAX (4 * 1024 * 1024) /* readers slow down with the log's length; 4 MB is a few hundred commits of ours */
#define CHECKPOINT_EVERY_MS 60000
#define PRUNE_EVERY_MS 20000
#define EVENTS_KEPT 100000              /* whatever their age: fifty services once a second make that many in half an hour */
#define EVENTS_KEPT_FULL 10000          /* while the store is full: replays are shorter, nothing else is lost */
#define PRUNE_BATCH 1000                /* rows of one transaction: a few milliseconds of the writer's lock */
#define IDEMPOTENCY_EVERY_MS (3600 * MS_PER_S)

/* When each was last done, monotonic; of one monitor a process. */
static struct {
	int64_t checkpoint, prune, idempotency;
	pid_t checker; /* 0: none */
} upkeep;

/* quick_check reads the whole file, which may take seconds, so a child does it. */
static void check_store(const char *path)
{
	struct store *st = NULL;
	struct err e;
	int64_t begun = clock_mono_ms();

	if (store_open(&st, path, STORE_USER, &e) == -1 || store_check(st, &e) == -1)
		log_error("the store is damaged or cannot be checked: %s", e.msg);
	else
		log_info("the store was checked and is sound ms=%lld", (long long)(clock_mono_ms() - begun));
	store_close(st);
}

void upkeep_check_begin(const struct monitor *m)
{
	memset(&upkeep, 0, sizeof(upkeep));
	upkeep.checker = fork();
	if (upkeep.checker == -1)
		log_warning("the store is not checked: %s", strerror(errno));
	if (upkeep.checker != 0)
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* A lock lives as long as any copy of its file is open. */
	close(m->lock_fd);
	check_store(m->conf->store);
	_exit(0);
}

static void checkpoint(struct monitor *m)
{
	int64_t bytes = store_wal_bytes(m->store);
	struct err e;

	if (bytes == 0 || (bytes < WAL_BYTES_MAX && m->mono_ms - upkeep.checkpoint < CHECKPOINT_EVERY_MS))
		return;
	if (store_checkpoint(m->store, &e) == 0)
		upkeep.checkpoint = m->mono_ms;
	else if (e.code != ERR_BUSY)
		monitor_trouble(m, "the store's log cannot be moved into the file", &e);
}

static void prune_events(struct monitor *m)
{
	int64_t before_ms = m->now_ms - m->settings.retention_days * MS_PER_DAY, deleted = 0, bytes = 0, keep;
	struct err e;

	if (m->mono_ms - upkeep.prune < PRUNE_EVERY_MS)
		return;
	if (store_bytes(m->store, &bytes, &e) == -1)
		bytes = 0;
	keep = bytes > m->settings.retention_size_mb * 10000 * SAMPLES_FULL_PERCENT ? EVENTS_KEPT_FULL : EVENTS_KEPT;
	if (store_begin(m->store, &e) == 0 && event_prune(m->store, before_ms, keep, PRUNE_BATCH, &deleted, &e) == 0 && store_commit(m->store, &e) == 0) {
		/* A full batch: there is more, and it goes at the next looks. */
		if (deleted < PRUNE_BATCH)
			upkeep.prune = m->mono_ms;
		return;
	}
	store_rollback(m->store);
	monitor_trouble(m, "old events cannot be removed", &e);
}

static void prune_idempotency(struct monitor *m)
{
	struct err e;

	if (m->mono_ms - upkeep.idempotency < IDEMPOTENCY_EVERY_MS)
		return;
	if (store_begin(m->store, &e) == 0 && idempotency_prune(m->store, m->now_ms, &e) == 0 && store_commit(m->store, &e) == 0) {
		upkeep.idempotency = m->mono_ms;
		return;
	}
	store_rollback(m->store);
	monitor_trouble(m, "old idempotency keys cannot be removed", &e);
}

static int64_t upkeep_turn(struct monitor *m)
{
	if (upkeep.checker > 0 && waitpid(upkeep.checker, NULL, WNOHANG) != 0)
		upkeep.checker = 0;
	if (!monitor_may_write(m))
		return m->mono_ms + LOOK_EVERY_MS;
	prune_events(m);
	prune_idempotency(m);
	checkpoint(m);
	return m->mono_ms + LOOK_EVERY_MS;
}

static void upkeep_close(struct monitor *m)
{
	(void)m;
	if (upkeep.checker > 0) {
		kill(upkeep.checker, SIGKILL);
		waitpid(upkeep.checker, NULL, 0);
	}
	upkeep.checker = 0;
}

const struct monitor_part part_upkeep = {.name = "upkeep", .turn = upkeep_turn, .close = upkeep_close};
