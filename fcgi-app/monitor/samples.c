/* Levels and age of samples; see samples.h. */
#include "config.h"

#include "monitor/samples.h"

#include "lib/clock.h"
#include "store/sample.h"
#include "store/service.h"

#include <string.h>

#define ROUND_EVERY_MS 30000     /* from the end of one round over all services to the start of the next */
#define FULL_EVERY_MS 2000       /* the same while the store is full */
#define STEP_EVERY_MS 20
#define SERVICES_A_STEP 8        /* some 2 ms of the writer's lock at one sample a second with twenty metrics */
#define SETTLE_MS 5000           /* a minute is made when its last samples have been written */
#define ROLLUP_MAX_MS (6 * 3600 * MS_PER_S) /* of one step, after a long time without a monitor */
#define RAW_KEPT_MS MS_PER_DAY
#define PRUNE_BATCH 2000
#define SHRINK_SHARE 10          /* a store that is full loses one in so many of the oldest, then is looked at again */

enum task { TASK_MINUTE, TASK_HOUR, TASK_PRUNE_RAW, TASK_PRUNE_MINUTE, TASK_PRUNE_HOUR, TASK_CHANGES, TASK_DONE };

/* Where this round is: a task over all services with the time that it is about. */
static struct {
	enum task task;
	bool begun;
	int64_t after_id;            /* services up to this one are through */
	int64_t from_ms, to_ms;      /* roll-up: [from, to); prune: before to */
	struct sample_extent extent;
	bool full;                   /* something went early in this round */
} at;
static bool shrinking; /* the store was full and is not down to SAMPLES_ROOM_PERCENT yet */

static enum sample_level level_of(enum task t)
{
	switch (t) {
	case TASK_MINUTE:
	case TASK_PRUNE_MINUTE:
		return SAMPLE_MINUTE;
	case TASK_HOUR:
	case TASK_PRUNE_HOUR:
		return SAMPLE_HOUR;
	default:
		return SAMPLE_RAW;
	}
}

static int64_t floor_to(int64_t v, int64_t step)
{
	return v - v % step;
}

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* The oldest row of a level over all services; 0: it is empty. */
static int oldest_of(struct store *st, enum sample_level level, int64_t *oldest, struct err *e)
{
	int64_t ids[64], n = 64, after = 0, at_ms, i;

	for (*oldest = 0; n == 64;) {
		if (sample_services(st, after, ids, 64, &n, e) == -1)
			return -1;
		for (i = 0; i < n; i++) {
			after = ids[i];
			if (sample_oldest(st, level, ids[i], &at_ms, e) == -1)
				return -1;
			if (at_ms && (!*oldest || at_ms < *oldest))
				*oldest = at_ms;
		}
	}
	return 0;
}

/* Roll-ups begin where the level ends; on a store without any, where its samples begin.  Hours wait for their minutes. */
static int begin_rollup(struct monitor *m, struct err *e)
{
	enum sample_level level = level_of(at.task);
	int64_t length = sample_level_ms[level], limit = m->now_ms - SETTLE_MS;
	struct sample_extent minute;

	if (at.task == TASK_HOUR) {
		if (sample_level_get(m->store, SAMPLE_MINUTE, &minute, e) == -1)
			return -1;
		limit = minute.done_until_ms;
	}
	at.from_ms = at.extent.done_until_ms;
	/* The clock was set back: from now on anew, a minute or an hour that is there already is made again. */
	if (at.from_ms > m->now_ms + length)
		at.from_ms = floor_to(limit, length) - length;
	if (!at.from_ms) {
		if (oldest_of(m->store, (enum sample_level)(level - 1), &at.from_ms, e) == -1)
			return -1;
		at.from_ms = at.from_ms ? floor_to(at.from_ms, length) : floor_to(limit, length);
	}
	at.to_ms = least(floor_to(limit, length), floor_to(at.from_ms, length) + ROLLUP_MAX_MS);
	return 0;
}

/* The store is full: cut further into the finest level that still has something to give. */
static int shrink(struct monitor *m, enum sample_level level, struct err *e)
{
	int64_t bytes, oldest, finer, limit = m->settings.retention_size_mb * 10000 * (shrinking ? SAMPLES_ROOM_PERCENT : SAMPLES_FULL_PERCENT);
	enum sample_level l;

	if (store_bytes(m->store, &bytes, e) == -1)
		return -1;
	shrinking = bytes > limit;
	if (!shrinking)
		return 0;
	for (l = SAMPLE_RAW; l < level; l = (enum sample_level)(l + 1)) {
		if (oldest_of(m->store, l, &finer, e) == -1)
			return -1;
		/* An hour of the finer level is left in any case: it is what is looked at. */
		if (finer && m->now_ms - finer > 3600 * MS_PER_S)
			return 0;
	}
	if (oldest_of(m->store, level, &oldest, e) == -1)
		return -1;
	if (oldest && m->now_ms - oldest > 3600 * MS_PER_S && oldest + (m->now_ms - oldest) / SHRINK_SHARE > at.to_ms) {
		at.to_ms = oldest + (m->now_ms - oldest) / SHRINK_SHARE;
		at.full = true;
	}
	return 0;
}

static int begin_prune(struct monitor *m, struct err *e)
{
	enum sample_level level = level_of(at.task);
	int64_t keep = m->settings.retention_days * MS_PER_DAY;
	struct sample_extent minute;

	if (level == SAMPLE_RAW)
		keep = least(keep, RAW_KEPT_MS);
	at.to_ms = m->now_ms - keep;
	if (shrink(m, level, e) == -1)
		return -1;
	/* What is not in the minutes yet stays. */
	if (level == SAMPLE_RAW) {
		if (sample_level_get(m->store, SAMPLE_MINUTE, &minute, e) == -1)
			return -1;
		at.to_ms = floor_to(least(at.to_ms, minute.done_until_ms), sample_level_ms[SAMPLE_MINUTE]);
	}
	return 0;
}

static int begin(struct monitor *m, struct err *e)
{
	at.after_id = 0;
	if (at.task < TASK_CHANGES && sample_level_get(m->store, level_of(at.task), &at.extent, e) == -1)
		return -1;
	if (at.task <= TASK_HOUR ? begin_rollup(m, e) == -1 : at.task <= TASK_PRUNE_HOUR && begin_prune(m, e) == -1)
		return -1;
	at.begun = true;
	return 0;
}

/* One service; *more: it has more rows to delete. */
static int one(struct monitor *m, int64_t id, bool *more, struct err *e)
{
	int64_t deleted = 0;

	*more = false;
	if (at.task <= TASK_HOUR)
		return at.from_ms < at.to_ms ? sample_rollup(m->store, level_of(at.task), id, at.from_ms, at.to_ms, e) : 0;
	if (sample_prune(m->store, level_of(at.task), id, at.to_ms, PRUNE_BATCH, &deleted, e) == -1)
		return -1;
	*more = deleted == PRUNE_BATCH;
	return 0;
}

static int finish(struct monitor *m, struct err *e)
{
	if (at.task <= TASK_HOUR && at.from_ms < at.to_ms)
		at.extent.done_until_ms = at.to_ms;
	else if (at.task > TASK_HOUR && (at.extent.kept_from_ms < at.to_ms || at.extent.kept_from_ms > m->now_ms)) /* or by a clock that was set back since */
		at.extent.kept_from_ms = at.to_ms;
	else
		return 0;
	return sample_level_set(m->store, level_of(at.task), &at.extent, e);
}

/* Some services of a task, in the caller's transaction; *through: it was the last of them. */
static int some(struct monitor *m, bool *through, struct err *e)
{
	int64_t ids[SERVICES_A_STEP], n, i;
	bool more = false;

	if (sample_services(m->store, at.after_id, ids, SERVICES_A_STEP, &n, e) == -1)
		return -1;
	for (i = 0; i < n && !more; i++) {
		if (one(m, ids[i], &more, e) == -1)
			return -1;
		if (!more)
			at.after_id = ids[i];
	}
	*through = n < SERVICES_A_STEP && !more;
	return *through ? finish(m, e) : 0;
}

static int prune_changes(struct monitor *m, bool *through, struct err *e)
{
	int64_t before = m->now_ms - m->settings.retention_days * MS_PER_DAY, deleted;

	if (service_change_prune(m->store, before, PRUNE_BATCH, &deleted, e) == -1 || service_purge(m->store, before, e) == -1)
		return -1;
	*through = deleted < PRUNE_BATCH;
	return 0;
}

static int step(struct monitor *m, bool *through, struct err *e)
{
	if (!at.begun && begin(m, e) == -1)
		return -1;
	if (at.task < TASK_CHANGES && at.task <= TASK_HOUR && at.from_ms >= at.to_ms) {
		*through = true;
		return 0;
	}
	if (store_begin_relaxed(m->store, e) == -1)
		return -1;
	if ((at.task == TASK_CHANGES ? prune_changes(m, through, e) : some(m, through, e)) == -1 || store_commit(m->store, e) == -1) {
		store_rollback(m->store);
		at.begun = false; /* repeating a task changes nothing */
		return -1;
	}
	return 0;
}

static int64_t samples_turn(struct monitor *m)
{
	bool through = false;
	struct err e;

	if (at.task == TASK_DONE)
		memset(&at, 0, sizeof(at));
	if (step(m, &through, &e) == -1) {
		if (e.code != ERR_BUSY)
			monitor_trouble(m, "samples cannot be gathered or removed", &e);
		return m->mono_ms + STEP_EVERY_MS;
	}
	if (through) {
		at.task++;
		at.begun = false;
	}
	if (at.task != TASK_DONE)
		return m->mono_ms + STEP_EVERY_MS;
	return m->mono_ms + (at.full ? FULL_EVERY_MS : ROUND_EVERY_MS);
}

static int samples_open(struct monitor *m, struct err *e)
{
	(void)m;
	(void)e;
	memset(&at, 0, sizeof(at));
	shrinking = false;
	return 0;
}

const struct monitor_part part_samples = {.name = "samples", .open = samples_open, .turn = samples_turn};
