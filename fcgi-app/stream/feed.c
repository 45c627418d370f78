/* The tail of the event log; see feed.h. */
#include "config.h"

#include "stream/feed.h"

#include "lib/buf.h"
#include "lib/json_in.h"
#include "lib/json_out.h"
#include "lib/log.h"
#include "lib/mem.h"
#include "store/event.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Events read in one turn: at 5 µs each to read and make, a turn stays in the low milliseconds. */
#define FEED_TAIL_MAX 500
/* The newest messages, kept for those who come back: a minute at 8 events/s, 2 MiB at most. */
#define FEED_KEEP_MAX 512
#define FEED_KEEP_BYTES (2u * 1024u * 1024u)
/* Catching up stops while this much of a queue is unread, well below the soft limit: the log is the better buffer. */
#define FEED_AHEAD_BYTES (128u * 1024u)
/* Events read for one client at a time, and such reads in a turn: 20 × 200 × 5 µs = 20 ms is what a crowd may cost the others. */
#define FEED_CHUNK 200
#define FEED_CHUNKS_MAX 20
#define FEED_COMPLAIN_MS 10000

struct feed {
	struct store *store;
	struct hub *hub;
	int64_t seen_version;
	int64_t last;      /* newest id that was published */
	bool gap;          /* this look met an id that does not follow */
	bool more;
	int64_t complained_ms;
	struct hub_message *kept[FEED_KEEP_MAX]; /* a ring; ids rise by one */
	size_t kept_at, kept_n, kept_bytes;
	char *services[HUB_SERVICES_MAX];
	unsigned services_n;
	struct buf text;
};

/* The number of a service's name, from 1; 0 when there are more names than numbers. */
static unsigned service_number(struct feed *f, const char *name)
{
	unsigned i;

	for (i = 0; i < f->services_n; i++)
		if (strcmp(f->services[i], name) == 0)
			return i + 1;
	if (f->services_n == HUB_SERVICES_MAX)
		return 0;
	f->services[f->services_n++] = mem_strdup(name);
	return f->services_n;
}

/*
 * Which service a metrics message has a sample of.  Only samples lose their worth by a newer one: a service that changed its state, or a changed
 * configuration, is news in itself.
 */
static unsigned sample_of(struct feed *f, const char *data)
{
	struct json_object *o = NULL;
	const char *change, *service;
	unsigned number = 0;

	if (json_in_parse_object(data, strlen(data), &o, NULL) == -1)
		return 0;
	if (json_get_string(o, "change", &change) && strcmp(change, "sample") == 0 && json_get_string(o, "service", &service))
		number = service_number(f, service);
	json_object_put(o);
	return number;
}

static struct hub_message *message_of(struct feed *f, const struct event *ev)
{
	struct hub_message *m;
	struct json_out j;

	buf_reset(&f->text);
	json_out_init(&j, &f->text);
	live_message(&j, ev->type, ev->id, ev->data);
	m = hub_message_new(ev->type, f->text.data, f->text.len);
	m->id = ev->id;
	m->at_ms = ev->at_ms;
	m->topic = live_topic(ev->topic);
	m->experiment_id = ev->experiment_id;
	if (m->topic == LIVE_METRICS)
		m->service = sample_of(f, ev->data);
	return m;
}

static struct hub_message *kept(const struct feed *f, size_t i)
{
	return f->kept[(f->kept_at + i) % FEED_KEEP_MAX];
}

static void forget_oldest(struct feed *f)
{
	struct hub_message *m = kept(f, 0);

	f->kept_bytes -= m->len;
	f->kept_at = (f->kept_at + 1) % FEED_KEEP_MAX;
	f->kept_n--;
	hub_message_drop(m);
}

static void keep(struct feed *f, struct hub_message *m)
{
	while (f->kept_n == FEED_KEEP_MAX || (f->kept_n && f->kept_bytes + m->len > FEED_KEEP_BYTES))
		forget_oldest(f);
	f->kept[(f->kept_at + f->kept_n++) % FEED_KEEP_MAX] = m;
	f->kept_bytes += m->len;
}

static void complain(struct feed *f, const struct err *e, int64_t now_ms)
{
	if (f->complained_ms && now_ms - f->complained_ms < FEED_COMPLAIN_MS)
		return;
	f->complained_ms = now_ms;
	log_warning("cannot read the event log: %s", e->msg);
}

/* event_each_after's callback for the tail. */
static int on_new(void *arg, const struct event *ev)
{
	struct feed *f = arg;
	struct hub_message *m;

	if (ev->id != f->last + 1) {
		f->gap = true;
		return 1;
	}
	m = message_of(f, ev);
	f->last = ev->id;
	keep(f, m);
	hub_publish(f->hub, m);
	return 0;
}

/*
 * Events that nobody here ever saw are gone from the log (this process was stopped for as long as events are kept): everyone who was live is behind
 * now, and will be told when the catching up finds the gap.
 */
static int skip_gap(struct feed *f, struct err *e)
{
	int64_t oldest, newest;

	if (event_bounds(f->store, &oldest, &newest, e) == -1)
		return -1;
	log_warning("events %" PRId64 " to %" PRId64 " were deleted before they were sent", f->last + 1, (oldest ? oldest : newest + 1) - 1);
	while (f->kept_n)
		forget_oldest(f);
	hub_behind_all(f->hub, f->last);
	f->last = oldest ? oldest - 1 : newest;
	return 0;
}

/* Publish what is new.  -1: the store failed. */
static int tail(struct feed *f, int64_t now_ms)
{
	int64_t version = store_version(f->store), before = f->last;
	struct err e;

	if (version == f->seen_version && !f->more)
		return 0;
	f->gap = f->more = false;
	if (event_each_after(f->store, f->last, FEED_TAIL_MAX, on_new, f, &e) == -1 || (f->gap && skip_gap(f, &e) == -1)) {
		complain(f, &e, now_ms);
		return -1; /* the version stays unseen: the next turn looks again */
	}
	f->seen_version = version;
	f->more = f->gap || f->last - before >= FEED_TAIL_MAX;
	return 0;
}

/* Some of what the client asked for is gone: it reads the state anew, and goes on from the newest message. */
static void send_resync(struct feed *f, struct hub_client *c, int64_t oldest)
{
	struct hub_message *m;
	struct json_out j;

	hub_live(c);
	if (!hub_filter(c)->topics)
		return;
	buf_reset(&f->text);
	json_out_init(&j, &f->text);
	json_object_begin(&j, NULL);
	json_put_string(&j, "type", "resync");
	json_object_begin(&j, "data");
	json_put_i64(&j, "oldest_id", oldest);
	json_put_i64(&j, "last_id", f->last);
	json_object_end(&j);
	json_object_end(&j);
	m = hub_message_new("resync", f->text.data, f->text.len);
	m->id = f->last;
	hub_send(c, m);
	hub_message_drop(m);
}

struct replay {
	struct feed *feed;
	struct hub_client *client;
};

static bool has_room(const struct hub_client *c)
{
	return hub_queued_bytes(c) < FEED_AHEAD_BYTES;
}

/* event_each_after's callback for one client. */
static int on_old(void *arg, const struct event *ev)
{
	struct replay *r = arg;
	struct hub_message *m;

	if (ev->id > r->feed->last || !has_room(r->client))
		return 1;
	m = message_of(r->feed, ev);
	hub_offer(r->client, m);
	hub_message_drop(m);
	hub_cursor_set(r->client, ev->id);
	return 0;
}

/* One chunk from the store, in one view of it, so that the bounds are those of what is read. */
static int replay_stored(struct feed *f, struct hub_client *c, struct err *e)
{
	struct replay r = {f, c};
	int64_t oldest, newest;
	int rc = -1;

	if (store_read_begin(f->store, e) == -1)
		return -1;
	if (event_bounds(f->store, &oldest, &newest, e) == -1)
		goto out;
	if (oldest == 0 || oldest > hub_cursor(c) + 1 || hub_cursor(c) > f->last)
		send_resync(f, c, oldest);
	else
		rc = event_each_after(f->store, hub_cursor(c), FEED_CHUNK, on_old, &r, e);
	rc = hub_is_behind(c) ? rc : 0;
out:
	store_rollback(f->store);
	return rc;
}

static void replay_kept(struct feed *f, struct hub_client *c)
{
	size_t i = (size_t)(hub_cursor(c) + 1 - kept(f, 0)->id);

	for (; i < f->kept_n && has_room(c); i++) {
		hub_offer(c, kept(f, i));
		hub_cursor_set(c, kept(f, i)->id);
	}
}

/* As far as the queue has room and the turn has time. */
static int catch_up(struct feed *f, struct hub_client *c, int *chunks, struct err *e)
{
	while (hub_is_behind(c) && has_room(c) && *chunks > 0) {
		if (hub_cursor(c) == f->last) {
			hub_live(c);
		} else if (hub_cursor(c) < f->last && f->kept_n && kept(f, 0)->id <= hub_cursor(c) + 1) {
			replay_kept(f, c);
		} else {
			(*chunks)--;
			if (replay_stored(f, c, e) == -1)
				return -1;
		}
	}
	return 0;
}

bool feed_turn(struct feed *f, int64_t now_ms)
{
	struct hub_client *c, *next;
	int chunks = FEED_CHUNKS_MAX;
	bool more;
	struct err e;

	if (tail(f, now_ms) == -1)
		return false;
	more = f->more;
	for (c = hub_behind_next(f->hub, NULL); c && chunks > 0; c = next) {
		next = hub_behind_next(f->hub, c);
		if (catch_up(f, c, &chunks, &e) == -1) {
			complain(f, &e, now_ms);
			return false;
		}
		if (hub_is_behind(c) && has_room(c)) {
			hub_behind_last(c); /* the others first, at the next turn */
			more = true;
		}
	}
	return more;
}

void feed_refresh(struct feed *f, int64_t now_ms)
{
	tail(f, now_ms);
}

int64_t feed_last(const struct feed *f)
{
	return f->last;
}

void feed_follow(struct feed *f, struct hub_client *c, int64_t since)
{
	(void)f;
	if (since >= 0)
		hub_behind(c, since);
}

int feed_open(struct feed **out, struct store *st, struct hub *hub, struct err *e)
{
	struct feed *f = mem_alloc(sizeof(*f));
	int64_t oldest, newest;

	*out = NULL;
	f->store = st;
	f->hub = hub;
	f->seen_version = -1;
	if (event_bounds(st, &oldest, &newest, e) == -1) {
		free(f);
		return -1;
	}
	/* Begin a little earlier: those who were cut off by the restart come for just these. */
	f->last = oldest == 0 ? newest : newest - FEED_KEEP_MAX;
	if (oldest && f->last < oldest - 1)
		f->last = oldest - 1;
	*out = f;
	return 0;
}

void feed_close(struct feed *f)
{
	unsigned i;

	if (!f)
		return;
	while (f->kept_n)
		forget_oldest(f);
	for (i = 0; i < f->services_n; i++)
		free(f->services[i]);
	buf_clear(&f->text);
	free(f);
}
