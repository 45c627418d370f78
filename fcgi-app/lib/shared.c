/* Shared counters and beats; see shared.h. */
#include "config.h"

#include "lib/shared.h"

#include "lib/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define SHARED_MAGIC UINT64_C(0x32544e59504f4c46) /* "FLOPYNT2", little-endian: the layout below */
#define SHARED_SLOTS 65536u
#define SHARED_PROBE 16u

/* window (upper 32 bits: the Unix second in which it ends) and count (lower 32) move together in one compare-and-swap. */
struct slot {
	_Atomic uint64_t key; /* 0: free */
	_Atomic uint64_t state;
};

struct layout {
	_Atomic uint64_t magic;
	_Atomic int64_t beats[SHARED_BEAT_MAX];
	struct slot slots[SHARED_SLOTS];
	_Atomic int64_t places[SHARED_PLACES]; /* until when each is taken; 0: free */
};

struct shared {
	struct layout *map;
};

/* Every page must have its place on the disk: a write to a page that finds none is not an error but SIGBUS. */
static int allocate(int fd)
{
	if (fallocate(fd, 0, 0, sizeof(struct layout)) == 0)
		return 0;
	return errno == EOPNOTSUPP || errno == ENOSYS ? ftruncate(fd, sizeof(struct layout)) : -1;
}

int shared_open(struct shared **out, const char *path, struct err *e)
{
	uint64_t none = 0;
	void *map = MAP_FAILED;
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0660);

	*out = NULL;
	if (fd != -1 && allocate(fd) == 0)
		map = mmap(NULL, sizeof(struct layout), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED) {
		err_set(e, errno == ENOSPC ? ERR_FULL : ERR_INTERNAL, "cannot map %s: %s", path, strerror(errno));
		if (fd != -1)
			close(fd);
		return -1;
	}
	close(fd);
	*out = mem_alloc(sizeof(**out));
	(*out)->map = map;
	if (!atomic_compare_exchange_strong(&(*out)->map->magic, &none, SHARED_MAGIC) && none != SHARED_MAGIC) {
		shared_close(*out);
		*out = NULL;
		return err_set(e, ERR_INVALID, "%s is not a counter file of this version; delete it while nothing runs", path);
	}
	return 0;
}

void shared_close(struct shared *s)
{
	if (!s)
		return;
	munmap(s->map, sizeof(struct layout));
	free(s);
}

void shared_beat(struct shared *s, enum shared_beat who, int64_t now_ms)
{
	atomic_store_explicit(&s->map->beats[who], now_ms, memory_order_relaxed);
}

int64_t shared_beat_get(const struct shared *s, enum shared_beat who)
{
	return atomic_load_explicit(&s->map->beats[who], memory_order_relaxed);
}

bool shared_alive(const struct shared *s, enum shared_beat who, int64_t now_ms)
{
	/* One from the future is from before the clock was set back; who lives has beaten again since. */
	return llabs(now_ms - shared_beat_get(s, who)) <= SHARED_BEAT_AWAY_MS;
}

/* A window is named by the second in which it ends: one name whatever its length, and it tells of any slot whether its time is over. */
static uint64_t window_of(int64_t window_ms, int64_t now_ms)
{
	return (uint64_t)((now_ms / window_ms + 1) * window_ms / 1000) & UINT32_MAX;
}

/* The slot that holds key; else, when take, one that is free or whose window is over; else NULL. */
static struct slot *find(struct layout *m, uint64_t key, int64_t now_ms, bool take)
{
	size_t i;

	for (i = 0; i < SHARED_PROBE; i++) {
		struct slot *s = &m->slots[(key + i) % SHARED_SLOTS];

		if (atomic_load(&s->key) == key)
			return s;
	}
	for (i = 0; take && i < SHARED_PROBE; i++) {
		struct slot *s = &m->slots[(key + i) % SHARED_SLOTS];
		uint64_t old = atomic_load(&s->key);

		if (old != 0 && atomic_load(&s->state) >> 32 > (uint64_t)(now_ms / 1000))
			continue;
		/* The state of the last owner is left: its window is over, so the first count begins afresh, and nobody's count is lost to a late store. */
		if (atomic_compare_exchange_strong(&s->key, &old, key) || old == key)
			return s;
	}
	return NULL;
}

uint32_t shared_count(struct shared *sh, uint64_t key, int64_t window_ms, uint32_t limit, int64_t now_ms)
{
	uint64_t window = window_of(window_ms, now_ms), old, next;
	struct slot *s;

	key |= 1; /* 0 means free */
	s = find(sh->map, key, now_ms, true);
	if (!s)
		return 0;
	old = atomic_load(&s->state);
	do {
		if (old >> 32 != window)
			next = window << 32 | 1;
		else if ((old & UINT32_MAX) <= limit)
			next = old + 1;
		else
			return (uint32_t)(old & UINT32_MAX);
	} while (!atomic_compare_exchange_weak(&s->state, &old, next));
	return (uint32_t)(next & UINT32_MAX);
}

uint32_t shared_count_get(const struct shared *sh, uint64_t key, int64_t window_ms, int64_t now_ms)
{
	uint64_t window = window_of(window_ms, now_ms), state;
	struct slot *s = find(sh->map, key | 1, now_ms, false);

	if (!s)
		return 0;
	state = atomic_load(&s->state);
	return state >> 32 == window ? (uint32_t)(state & UINT32_MAX) : 0;
}

void shared_count_reset(struct shared *sh, uint64_t key)
{
	struct slot *s = find(sh->map, key | 1, 0, false);

	if (s)
		atomic_store(&s->state, 0);
}

int shared_place_take(struct shared *sh, int n, int64_t until_ms, int64_t now_ms)
{
	int i;

	for (i = 0; i < n && i < SHARED_PLACES; i++) {
		int64_t old = atomic_load(&sh->map->places[i]);

		if (old < now_ms && atomic_compare_exchange_strong(&sh->map->places[i], &old, until_ms))
			return i;
	}
	return -1;
}

void shared_place_leave(struct shared *sh, int place)
{
	if (place >= 0)
		atomic_store(&sh->map->places[place], 0);
}
