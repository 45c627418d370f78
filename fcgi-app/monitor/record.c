/* From the probes into the store; see record.h. */
#include "config.h"

#include "monitor/record.h"

#include "lib/mem.h"
#include "store/event.h"
#include "store/sample.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct note {
	const struct watched *about;
	int64_t at_ms;
	bool change;                     /* else a sample */
	enum health_state state, previous;
	double response_ms;
	char *issues;                    /* of a change */
	char *data;                      /* of a sample */
	char *event;
};

struct record {
	struct note *notes;
	size_t n, cap;
	char **removed;
	size_t removed_n;
	bool urgent;
	int64_t written_mono_ms;
};

struct record *record_new(void)
{
	return mem_alloc(sizeof(struct record));
}

static void clear(struct note *n)
{
	free(n->issues);
	free(n->data);
	free(n->event);
}

static void drop_notes(struct record *r)
{
	size_t i;

	for (i = 0; i < r->n; i++)
		clear(&r->notes[i]);
	r->n = 0;
}

static void drop_removed(struct record *r)
{
	while (r->removed_n)
		free(r->removed[--r->removed_n]);
}

void record_free(struct record *r)
{
	if (!r)
		return;
	drop_notes(r);
	drop_removed(r);
	free(r->notes);
	free(r->removed);
	free(r);
}

static struct note *add(struct record *r, const struct watched *w)
{
	if (r->n == RECORD_NOTES_MAX) {
		/* A tenth at once, so that a store which stays away does not cost a move for every note. */
		size_t gone = RECORD_NOTES_MAX / 10, i;

		for (i = 0; i < gone; i++)
			clear(&r->notes[i]);
		memmove(r->notes, r->notes + gone, (r->n - gone) * sizeof(*r->notes));
		r->n -= gone;
	}
	if (r->n == r->cap) {
		r->cap = r->cap ? 2 * r->cap : 64;
		r->notes = mem_resize(r->notes, r->cap * sizeof(*r->notes));
	}
	r->notes[r->n] = (struct note){.about = w, .state = w->health.state, .response_ms = w->response_ms};
	return &r->notes[r->n++];
}

void record_change(struct record *r, const struct watched *w, enum health_state previous)
{
	struct note *n = add(r, w);
	struct buf event = {0};

	watched_event_state(w, previous, &event);
	n->change = true;
	n->at_ms = w->health.since_ms;
	n->previous = previous;
	n->issues = mem_strdup(buf_str(&w->issues));
	n->event = buf_take(&event);
	r->urgent = true;
}

void record_sample(struct record *r, const struct watched *w)
{
	struct note *n = add(r, w);
	struct buf event = {0};

	watched_event_sample(w, &event);
	n->at_ms = w->last_check_ms;
	n->data = mem_strdup(buf_str(&w->sample));
	n->event = buf_take(&event);
}

void record_removed(struct record *r, const struct watched *w)
{
	size_t i, to = 0;

	for (i = 0; i < r->n; i++) {
		if (r->notes[i].about == w)
			clear(&r->notes[i]);
		else
			r->notes[to++] = r->notes[i];
	}
	r->n = to;
	r->removed = mem_resize(r->removed, (r->removed_n + 1) * sizeof(*r->removed));
	r->removed[r->removed_n++] = mem_strdup(w->config.name);
	r->urgent = true;
}

static int write_rows(struct store *st, const struct watched_list *services, int64_t now_ms, int64_t mono_ms, struct err *e)
{
	size_t i;

	for (i = 0; i < services->n; i++) {
		struct watched *w = services->list[i];
		struct service s;

		if (!w->dirty)
			continue;
		watched_row(w, watched_is_active(w) ? now_ms + (w->due_mono_ms - mono_ms) : 0, &s);
		if (service_put(st, &s, e) == -1)
			return -1;
		w->id = s.id;
	}
	return 0;
}

static int write_note(struct store *st, const struct note *n, struct err *e)
{
	struct event ev = {.at_ms = n->at_ms, .topic = "metrics", .type = "metrics_update", .data = n->event};
	struct service_change c = {.at_ms = n->at_ms, .state = health_names[n->state], .previous = health_names[n->previous], .issues = n->issues,
				   .response_time_ms = n->response_ms};

	if (n->change ? service_change_add(st, n->about->id, &c, e) == -1 : sample_add(st, n->about->id, n->at_ms, n->data, e) == -1)
		return -1;
	return event_add(st, &ev, e);
}

static int write_all(struct record *r, struct store *st, const struct watched_list *services, int64_t now_ms, int64_t mono_ms, struct err *e)
{
	size_t i;

	/* First the names that went: one may have come back as another service. */
	for (i = 0; i < r->removed_n; i++)
		if (service_remove(st, r->removed[i], now_ms, e) == -1)
			return -1;
	if (write_rows(st, services, now_ms, mono_ms, e) == -1)
		return -1;
	for (i = 0; i < r->n; i++)
		if (write_note(st, &r->notes[i], e) == -1)
			return -1;
	return 0;
}

static bool anything(const struct record *r, const struct watched_list *services)
{
	size_t i;

	if (r->n || r->removed_n)
		return true;
	for (i = 0; i < services->n; i++)
		if (services->list[i]->dirty)
			return true;
	return false;
}

int record_turn(struct record *r, struct store *st, const struct watched_list *services, bool all, int64_t now_ms, int64_t mono_ms, struct err *e)
{
	size_t i;

	if (!all && !r->urgent && mono_ms - r->written_mono_ms < RECORD_EVERY_MS)
		return 0;
	if (!anything(r, services))
		return 0;
	if (store_begin_relaxed(st, e) == -1)
		return -1;
	if (write_all(r, st, services, now_ms, mono_ms, e) == -1 || store_commit(st, e) == -1) {
		store_rollback(st);
		return -1;
	}
	for (i = 0; i < services->n; i++)
		services->list[i]->dirty = false;
	drop_notes(r);
	drop_removed(r);
	r->urgent = false;
	r->written_mono_ms = mono_ms;
	return 0;
}
