/* Episodes under way; see episodes.h. */
#include "config.h"

#include "monitor/episodes.h"

#include "lib/mem.h"
#include "lib/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BUCKETS 1024u /* a thousand services down at once are one an entry */

struct episodes {
	struct entry *buckets[BUCKETS];
};

struct episodes *episodes_new(void)
{
	return mem_alloc(sizeof(struct episodes));
}

static void entry_free(struct entry *x)
{
	free(x->service);
	free(x);
}

void episodes_free(struct episodes *t)
{
	size_t i;

	for (i = 0; t && i < BUCKETS; i++)
		while (t->buckets[i]) {
			struct entry *x = t->buckets[i];

			t->buckets[i] = x->chain;
			entry_free(x);
		}
	free(t);
}

static struct entry **bucket(struct episodes *t, int64_t rule_id, const char *service, int64_t experiment_id)
{
	uint64_t h = service ? text_hash(service, strlen(service)) : 0;

	h ^= (uint64_t)rule_id * 0x9e3779b97f4a7c15u + (uint64_t)experiment_id * 0xbf58476d1ce4e5b9u;
	return &t->buckets[(h ^ h >> 32) % BUCKETS];
}

struct entry *episodes_find(struct episodes *t, int64_t rule_id, const char *service, int64_t experiment_id)
{
	struct entry *x;

	for (x = *bucket(t, rule_id, service, experiment_id); x; x = x->chain)
		if (x->rule_id == rule_id && x->experiment_id == experiment_id &&
		    (service ? x->service && strcmp(x->service, service) == 0 : !x->service))
			return x;
	return NULL;
}

struct entry *episodes_add(struct episodes *t, int64_t rule_id, const char *service, int64_t experiment_id)
{
	struct entry **at = bucket(t, rule_id, service, experiment_id), *x = mem_alloc(sizeof(*x));

	x->rule_id = rule_id;
	x->service = service ? mem_strdup(service) : NULL;
	x->experiment_id = experiment_id;
	x->is.peak = x->next.peak = x->value = NAN;
	x->chain = *at;
	*at = x;
	return x;
}

int episodes_each(struct episodes *t, int (*fn)(void *arg, struct entry *x), void *arg)
{
	struct entry *x, *next;
	size_t i;
	int rc;

	for (i = 0; i < BUCKETS; i++)
		for (x = t->buckets[i]; x; x = next) {
			next = x->chain;
			rc = fn(arg, x);
			if (rc != 0)
				return rc;
		}
	return 0;
}

static int begin(void *arg, struct entry *x)
{
	(void)arg;
	x->touched = x->open_in_store = false;
	x->next = x->is;
	x->next_alert_id = x->alert_id;
	return 0;
}

void episodes_begin(struct episodes *t)
{
	episodes_each(t, begin, NULL);
}

/* Entries that are in no episode, out of each chain. */
static void sweep(struct episodes *t)
{
	size_t i;

	for (i = 0; i < BUCKETS; i++) {
		struct entry **at = &t->buckets[i];

		while (*at) {
			struct entry *x = *at;

			if (x->is.state != EPISODE_NONE) {
				at = &x->chain;
				continue;
			}
			*at = x->chain;
			entry_free(x);
		}
	}
}

static int keep(void *arg, struct entry *x)
{
	(void)arg;
	x->is = x->next;
	x->alert_id = x->next_alert_id;
	return 0;
}

void episodes_keep(struct episodes *t)
{
	episodes_each(t, keep, NULL);
	sweep(t);
}

void episodes_forget(struct episodes *t)
{
	sweep(t);
}

static int waits(void *arg, struct entry *x)
{
	(void)arg;
	/* critical_since_ms: the severity may rise with time alone. */
	return x->is.state == EPISODE_PENDING || x->is.state == EPISODE_RESOLVING || x->is.critical_since_ms != 0;
}

bool episodes_wait(const struct episodes *t)
{
	return episodes_each((struct episodes *)(uintptr_t)t, waits, NULL) != 0;
}
