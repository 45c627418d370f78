/* Connections by token; see roster.h. */
#include "config.h"

#include "stream/roster.h"

#include "lib/mem.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct roster_entry {
	struct roster_entry *prev, *next;
	struct visitor who;
	int64_t n;
};

/* A list: a dashboard has tens of tokens, and a look through a thousand is still microseconds beside a TCP connection. */
struct roster {
	struct roster_entry *entries, *turn;
	size_t n;
	int64_t limit;
};

struct roster *roster_new(int64_t limit)
{
	struct roster *r = mem_alloc(sizeof(*r));

	r->limit = limit;
	return r;
}

void roster_free(struct roster *r)
{
	free(r);
}

/* The same token; without an id, the same subject. */
static struct roster_entry *find(const struct roster *r, const struct visitor *v)
{
	struct roster_entry *at;

	for (at = r->entries; at; at = at->next)
		if (strcmp(at->who.jti, v->jti) == 0 && strcmp(at->who.subject, v->subject) == 0)
			return at;
	return NULL;
}

int roster_check(const struct roster *r, const struct visitor *v, struct err *e)
{
	const struct roster_entry *entry = find(r, v);

	if (!r->limit || !entry || entry->n < r->limit)
		return 0;
	err_set(e, ERR_RATE, "This token has %" PRId64 " live connections, which is the limit: close one first", r->limit);
	if (e)
		e->retry_after_s = 2; /* those that are dead are found out by then, see server_probe() */
	return -1;
}

int roster_enter(struct roster *r, const struct visitor *v, struct roster_entry **out, struct err *e)
{
	struct roster_entry *entry;

	if (roster_check(r, v, e) == -1)
		return -1;
	entry = find(r, v);
	if (!entry) {
		entry = mem_alloc(sizeof(*entry));
		entry->next = r->entries;
		if (entry->next)
			entry->next->prev = entry;
		r->entries = entry;
		r->n++;
	}
	entry->who = *v; /* the newest look at the token counts */
	entry->n++;
	*out = entry;
	return 0;
}

void roster_leave(struct roster *r, struct roster_entry *entry)
{
	if (!entry || --entry->n > 0)
		return;
	if (r->turn == entry)
		r->turn = entry->next;
	if (entry->next)
		entry->next->prev = entry->prev;
	if (entry->prev)
		entry->prev->next = entry->next;
	else
		r->entries = entry->next;
	r->n--;
	free(entry);
}

struct roster_entry *roster_turn(struct roster *r)
{
	struct roster_entry *entry = r->turn ? r->turn : r->entries;

	r->turn = entry ? entry->next : NULL;
	return entry;
}

size_t roster_entries(const struct roster *r)
{
	return r->n;
}

const struct visitor *roster_visitor(const struct roster_entry *entry)
{
	return &entry->who;
}
