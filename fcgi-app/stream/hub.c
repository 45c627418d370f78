/* The fan-out; see hub.h. */
#include "config.h"

#include "stream/hub.h"

#include "lib/mem.h"

#include <stdlib.h>
#include <string.h>

struct entry {
	struct entry *next;
	struct hub_message *message;
};

struct hub_client {
	struct hub_client *prev, *next;               /* all clients */
	struct hub_client *behind_prev, *behind_next; /* those that catch up */
	struct hub *hub;
	struct live_filter filter;
	struct entry *head, **tail;
	size_t bytes;
	bool behind, lagging;
	int64_t cursor;
	int64_t *sampled_ms; /* by service: when its newest sample that was sent was taken; NULL until an interval is asked for */
	void (*wake)(void *user);
	void *user;
};

struct hub {
	struct hub_client *clients, *behind, *behind_tail;
	size_t n;
};

struct hub_message *hub_message_new(const char *type, const char *text, size_t len)
{
	struct hub_message *m = mem_alloc(sizeof(*m) + HUB_HEADROOM + len + 1);

	m->refs = 1;
	strncpy(m->type, type, sizeof(m->type) - 1);
	m->len = len;
	m->text = (char *)m->room + HUB_HEADROOM;
	memcpy(m->text, text, len);
	return m;
}

void hub_message_hold(struct hub_message *m)
{
	m->refs++;
}

void hub_message_drop(struct hub_message *m)
{
	if (m && --m->refs == 0)
		free(m);
}

struct hub *hub_new(void)
{
	return mem_alloc(sizeof(struct hub));
}

void hub_free(struct hub *h)
{
	free(h);
}

struct hub_client *hub_join(struct hub *h, void (*wake)(void *user), void *user)
{
	struct hub_client *c = mem_alloc(sizeof(*c));

	c->hub = h;
	c->tail = &c->head;
	c->wake = wake;
	c->user = user;
	c->next = h->clients;
	if (c->next)
		c->next->prev = c;
	h->clients = c;
	h->n++;
	return c;
}

static size_t cost(const struct hub_message *m)
{
	return m->len + HUB_ENTRY_BYTES;
}

static void empty_queue(struct hub_client *c)
{
	while (c->head)
		hub_message_drop(hub_take(c));
}

static void unlink_behind(struct hub_client *c)
{
	if (!c->behind)
		return;
	if (c->behind_next)
		c->behind_next->behind_prev = c->behind_prev;
	else
		c->hub->behind_tail = c->behind_prev;
	if (c->behind_prev)
		c->behind_prev->behind_next = c->behind_next;
	else
		c->hub->behind = c->behind_next;
	c->behind_prev = c->behind_next = NULL;
	c->behind = false;
}

void hub_leave(struct hub *h, struct hub_client *c)
{
	if (!c)
		return;
	unlink_behind(c);
	if (c->next)
		c->next->prev = c->prev;
	if (c->prev)
		c->prev->next = c->next;
	else
		h->clients = c->next;
	h->n--;
	empty_queue(c);
	free(c->sampled_ms);
	free(c);
}

void hub_subscribe(struct hub_client *c, const struct live_filter *f)
{
	c->filter = *f;
	free(c->sampled_ms);
	c->sampled_ms = f->interval_s ? mem_array(HUB_SERVICES_MAX, sizeof(*c->sampled_ms)) : NULL;
}

const struct live_filter *hub_filter(const struct hub_client *c)
{
	return &c->filter;
}

void hub_behind(struct hub_client *c, int64_t after)
{
	c->cursor = after;
	if (c->behind)
		return;
	c->behind = true;
	c->behind_prev = c->hub->behind_tail;
	if (c->behind_prev)
		c->behind_prev->behind_next = c;
	else
		c->hub->behind = c;
	c->hub->behind_tail = c;
}

void hub_live(struct hub_client *c)
{
	unlink_behind(c);
}

bool hub_is_behind(const struct hub_client *c)
{
	return c->behind;
}

int64_t hub_cursor(const struct hub_client *c)
{
	return c->cursor;
}

void hub_cursor_set(struct hub_client *c, int64_t after)
{
	c->cursor = after;
}

struct hub_client *hub_behind_next(struct hub *h, struct hub_client *c)
{
	return c ? c->behind_next : h->behind;
}

void hub_behind_all(struct hub *h, int64_t after)
{
	struct hub_client *c;

	for (c = h->clients; c; c = c->next)
		if (!c->behind)
			hub_behind(c, after);
}

void hub_behind_last(struct hub_client *c)
{
	int64_t cursor = c->cursor;

	unlink_behind(c);
	hub_behind(c, cursor);
}

/*
 * At most one sample of a service in each interval.  By the time of the samples, so that a replay is thinned like the live stream; a tenth of slack,
 * because a sampler that works at the same pace is sometimes a little early.
 */
static bool sample_due(struct hub_client *c, const struct hub_message *m)
{
	int64_t *last_ms = &c->sampled_ms[m->service - 1], gap_ms = m->at_ms - *last_ms;

	if (gap_ms >= 0 && gap_ms < c->filter.interval_s * 900)
		return false;
	*last_ms = m->at_ms;
	return true;
}

/* Take out of the queue what a newer message makes worthless. */
static void supersede(struct hub_client *c, const struct hub_message *newer)
{
	struct entry **at = &c->head, *entry;

	while ((entry = *at)) {
		const struct hub_message *m = entry->message;

		if (m->service == newer->service) {
			*at = entry->next;
			c->bytes -= cost(m);
			hub_message_drop(entry->message);
			free(entry);
		} else {
			at = &entry->next;
		}
	}
	c->tail = at;
}

void hub_send(struct hub_client *c, struct hub_message *m)
{
	bool was_empty = !c->head;
	struct entry *entry;

	if (c->lagging)
		return;
	if (m->service && c->bytes > HUB_SOFT_BYTES)
		supersede(c, m);
	if (c->bytes + cost(m) > HUB_HARD_BYTES) {
		c->lagging = true;
		empty_queue(c);
		c->wake(c->user);
		return;
	}
	entry = mem_alloc(sizeof(*entry));
	entry->message = m;
	hub_message_hold(m);
	*c->tail = entry;
	c->tail = &entry->next;
	c->bytes += cost(m);
	if (was_empty)
		c->wake(c->user);
}

void hub_offer(struct hub_client *c, struct hub_message *m)
{
	if (!live_filter_wants(&c->filter, m->topic, m->experiment_id))
		return;
	if (m->service && c->sampled_ms && !sample_due(c, m))
		return;
	hub_send(c, m);
}

void hub_publish(struct hub *h, struct hub_message *m)
{
	struct hub_client *c;

	for (c = h->clients; c; c = c->next)
		if (!c->behind)
			hub_offer(c, m);
}

struct hub_message *hub_peek(const struct hub_client *c)
{
	return c->head ? c->head->message : NULL;
}

struct hub_message *hub_take(struct hub_client *c)
{
	struct entry *entry = c->head;
	struct hub_message *m;

	if (!entry)
		return NULL;
	m = entry->message;
	c->head = entry->next;
	if (!c->head)
		c->tail = &c->head;
	c->bytes -= cost(m);
	free(entry);
	return m;
}

size_t hub_queued_bytes(const struct hub_client *c)
{
	return c->bytes;
}

bool hub_lagging(const struct hub_client *c)
{
	return c->lagging;
}
