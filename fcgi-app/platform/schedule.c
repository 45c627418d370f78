/* The plan of checks; see schedule.h. */
#include "config.h"

#include "platform/schedule.h"

/* splitmix64: every bit of the input moves every bit of the output. */
static uint64_t mix(uint64_t x)
{
	x += UINT64_C(0x9e3779b97f4a7c15);
	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	return x ^ (x >> 31);
}

/* 0 … range - 1 */
static int64_t draw(uint64_t seed, uint64_t key, uint64_t n, int64_t range)
{
	return range <= 1 ? 0 : (int64_t)(mix(mix(seed ^ key) + n) % (uint64_t)range);
}

int64_t schedule_first(uint64_t seed, uint64_t key, int64_t interval_ms, size_t targets, int64_t now_ms)
{
	int64_t spread = (int64_t)targets * SCHEDULE_SPREAD_MS;

	return now_ms + draw(seed, key, 0, spread < interval_ms ? spread : interval_ms);
}

int64_t schedule_next(uint64_t seed, uint64_t key, uint64_t n, int64_t interval_ms, int64_t due_ms, int64_t now_ms)
{
	int64_t jitter = interval_ms / 20;
	int64_t next = due_ms + interval_ms - jitter + draw(seed, key, n + 1, 2 * jitter + 1);

	/* Late, because the loop was held up: not all at once. */
	return next > now_ms ? next : now_ms + draw(seed, key, n + 1, jitter + 1);
}
