/* The stream without sockets: fan-out, the tail of the log, connections by token. */
#include "config.h"

#include "lib/buf.h"
#include "lib/mem.h"
#include "store/event.h"
#include "stream/feed.h"
#include "stream/hub.h"
#include "stream/roster.h"

#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void count_wake(void *user)
{
	++*(int *)user;
}

static struct hub_message *message(unsigned topic, int64_t id, int64_t experiment_id, size_t len)
{
	char *text = mem_alloc(len + 1);
	struct hub_message *m;

	memset(text, 'x', len);
	m = hub_message_new("experiment_update", text, len);
	m->topic = topic;
	m->id = id;
	m->experiment_id = experiment_id;
	free(text);
	return m;
}

static void publish(struct hub *h, struct hub_message *m)
{
	hub_publish(h, m);
	hub_message_drop(m);
}

/* Takes all that is queued; returns the ids as "1,2,3". */
static const char *take_ids(struct hub_client *c)
{
	static char out[4096];
	struct hub_message *m;
	size_t n = 0;

	out[0] = '\0';
	while ((m = hub_take(c))) {
		n += (size_t)snprintf(out + n, sizeof(out) - n, "%s%" PRId64, n ? "," : "", m->id);
		hub_message_drop(m);
	}
	return out;
}

START_TEST(hub_filters)
{
	struct live_filter f;
	struct hub *h = hub_new();
	int wakes = 0;
	struct hub_client *c = hub_join(h, count_wake, &wakes);

	publish(h, message(LIVE_EXPERIMENTS, 1, 1, 10));
	ck_assert_str_eq(take_ids(c), ""); /* subscribed to nothing yet */
	live_filter_init(&f);
	f.topics = LIVE_EXPERIMENTS | LIVE_ALERTS;
	f.ids[f.ids_n++] = 2;
	hub_subscribe(c, &f);
	publish(h, message(LIVE_EXPERIMENTS, 2, 1, 10)); /* another experiment */
	publish(h, message(LIVE_EXPERIMENTS, 3, 2, 10));
	publish(h, message(LIVE_METRICS, 4, 0, 10));     /* another topic */
	publish(h, message(LIVE_ALERTS, 5, 0, 10));      /* about none */
	publish(h, message(LIVE_ALERTS, 6, 1, 10));
	ck_assert_int_eq(wakes, 1);
	ck_assert_str_eq(take_ids(c), "3,5");
	f.ids_n = 0;
	f.scope = 7;
	hub_subscribe(c, &f);
	publish(h, message(LIVE_ALERTS, 7, 0, 10)); /* an engine's token sees nothing but its experiment */
	publish(h, message(LIVE_EXPERIMENTS, 8, 7, 10));
	ck_assert_str_eq(take_ids(c), "8");
	hub_leave(h, c);
	hub_free(h);
}
END_TEST

START_TEST(hub_bounds_slow_reader)
{
	struct live_filter f;
	struct hub *h = hub_new();
	int wakes = 0, fast_wakes = 0, i;
	struct hub_client *slow = hub_join(h, count_wake, &wakes), *fast = hub_join(h, count_wake, &fast_wakes);

	live_filter_init(&f);
	f.interval_s = 0;
	hub_subscribe(slow, &f);
	hub_subscribe(fast, &f);
	for (i = 0; i < 2000; i++) { /* 2 MB: beyond the soft limit, samples of two services replace each other */
		struct hub_message *m = message(LIVE_METRICS, i + 1, 0, 1000);

		m->service = 1 + (unsigned)i % 2;
		publish(h, m);
		ck_assert(hub_take(fast) != NULL ? (hub_message_drop(m), true) : false);
	}
	ck_assert(!hub_lagging(slow));
	ck_assert_uint_lt(hub_queued_bytes(slow), HUB_SOFT_BYTES + 2000);
	for (i = 0; i < 1000; i++) {
		publish(h, message(LIVE_EXPERIMENTS, 1000 + i, 1, 2000)); /* nothing of this may go */
		if (hub_lagging(slow))
			break;
		hub_message_drop(hub_take(fast));
	}
	ck_assert_int_gt(i, 400);
	ck_assert_int_lt(i, 600);
	ck_assert(hub_lagging(slow));
	ck_assert_uint_eq(hub_queued_bytes(slow), 0);
	publish(h, message(LIVE_EXPERIMENTS, 5000, 1, 10));
	ck_assert_ptr_null(hub_peek(slow));
	ck_assert(!hub_lagging(fast));
	hub_leave(h, slow);
	hub_leave(h, fast);
	hub_free(h);
}
END_TEST

START_TEST(hub_thins_samples)
{
	struct live_filter f;
	struct hub *h = hub_new();
	int wakes = 0, i;
	struct hub_client *c = hub_join(h, count_wake, &wakes);

	live_filter_init(&f);
	f.interval_s = 5;
	hub_subscribe(c, &f);
	for (i = 0; i < 20; i++) {
		struct hub_message *m = message(LIVE_METRICS, i + 1, 0, 10);

		m->service = 1 + (unsigned)i % 2; /* two services, each every two seconds */
		m->at_ms = 1000000 + i * 1000;
		publish(h, m);
	}
	ck_assert_str_eq(take_ids(c), "1,2,7,8,13,14,19,20");
	publish(h, message(LIVE_METRICS, 30, 0, 10)); /* not a sample */
	ck_assert_str_eq(take_ids(c), "30");
	hub_leave(h, c);
	hub_free(h);
}
END_TEST

/* A store in a directory of its own, with a feed on it. */
struct place {
	char dir[64];
	struct store *writer, *reader;
	struct hub *hub;
	struct feed *feed;
	struct err e;
};

static void place_feed(struct place *p)
{
	ck_assert_msg(feed_open(&p->feed, p->reader, p->hub, &p->e) == 0, "%s", p->e.msg);
	while (feed_turn(p->feed, 1))
		;
}

static void place_open(struct place *p)
{
	char path[128];

	memset(p, 0, sizeof(*p));
	snprintf(p->dir, sizeof(p->dir), "%s/flopynet-stream-XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(p->dir));
	snprintf(path, sizeof(path), "%s/t.db", p->dir);
	ck_assert_msg(store_open(&p->writer, path, STORE_USER, &p->e) == 0, "%s", p->e.msg);
	ck_assert_int_eq(store_open(&p->reader, path, STORE_USER, &p->e), 0);
	p->hub = hub_new();
}

static void place_close(struct place *p)
{
	static const char *const names[] = {"t.db", "t.db-wal", "t.db-shm", "t.db.lock"};
	char path[128];
	size_t i;

	feed_close(p->feed);
	store_close(p->reader);
	store_close(p->writer);
	hub_free(p->hub);
	for (i = 0; i < ARRAY_LEN(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", p->dir, names[i]);
		unlink(path);
	}
	rmdir(p->dir);
}

static void add_events(struct place *p, int n)
{
	ck_assert_int_eq(store_begin(p->writer, &p->e), 0);
	while (n-- > 0) {
		struct event ev = {.at_ms = 1, .topic = "experiments", .type = "experiment_update", .experiment_id = 1, .data = "{}"};

		ck_assert_int_eq(event_add(p->writer, &ev, &p->e), 0);
	}
	ck_assert_int_eq(store_commit(p->writer, &p->e), 0);
}

static void turns(struct place *p)
{
	while (feed_turn(p->feed, 1))
		;
}

static void subscribe_all(struct hub_client *c)
{
	struct live_filter f;

	live_filter_init(&f);
	hub_subscribe(c, &f);
}

START_TEST(feed_follows_and_replays)
{
	struct place p;
	struct hub_client *live, *late;
	int wakes = 0;

	place_open(&p);
	add_events(&p, 3);
	place_feed(&p);
	ck_assert_int_eq(feed_last(p.feed), 3);
	live = hub_join(p.hub, count_wake, &wakes);
	late = hub_join(p.hub, count_wake, &wakes);
	subscribe_all(live);
	subscribe_all(late);
	feed_follow(p.feed, live, -1);
	feed_follow(p.feed, late, 1);
	add_events(&p, 2); /* while the other one is behind */
	turns(&p);
	ck_assert_str_eq(take_ids(live), "4,5");
	ck_assert_str_eq(take_ids(late), "2,3,4,5");
	add_events(&p, 1);
	turns(&p);
	ck_assert_str_eq(take_ids(live), "6");
	ck_assert_str_eq(take_ids(late), "6");
	hub_leave(p.hub, live);
	hub_leave(p.hub, late);
	place_close(&p);
}
END_TEST

/* A long log, more than is kept in memory and more than a queue may hold: in order, complete, and paced by the reader. */
START_TEST(feed_replays_in_chunks)
{
	struct place p;
	struct hub_client *c;
	struct hub_message *m;
	int wakes = 0, turn;
	int64_t next = 1;

	place_open(&p);
	add_events(&p, 5000);
	place_feed(&p);
	c = hub_join(p.hub, count_wake, &wakes);
	subscribe_all(c);
	feed_follow(p.feed, c, 0);
	for (turn = 0; turn < 1000 && next <= 5100; turn++) {
		if (turn == 1)
			add_events(&p, 100);
		turns(&p);
		ck_assert_uint_lt(hub_queued_bytes(c), 256u * 1024u);
		while ((m = hub_take(c))) {
			ck_assert_int_eq(m->id, next);
			next++;
			hub_message_drop(m);
		}
	}
	ck_assert_int_eq(next, 5101);
	ck_assert(!hub_is_behind(c));
	hub_leave(p.hub, c);
	place_close(&p);
}
END_TEST

START_TEST(feed_says_resync)
{
	struct place p;
	struct hub_client *c;
	struct hub_message *m;
	int64_t deleted;
	int wakes = 0;

	place_open(&p);
	add_events(&p, 1000);
	ck_assert_int_eq(store_begin(p.writer, &p.e), 0);
	ck_assert_int_eq(event_prune(p.writer, 0, 100, 10000, &deleted, &p.e), 0);
	ck_assert_int_eq(store_commit(p.writer, &p.e), 0);
	ck_assert_int_eq(deleted, 900);
	place_feed(&p);
	c = hub_join(p.hub, count_wake, &wakes);
	subscribe_all(c);
	feed_follow(p.feed, c, 800); /* gone */
	turns(&p);
	m = hub_take(c);
	ck_assert_str_eq(m->text, "{\"type\":\"resync\",\"data\":{\"oldest_id\":901,\"last_id\":1000}}");
	hub_message_drop(m);
	ck_assert_ptr_null(hub_peek(c));
	add_events(&p, 1);
	turns(&p);
	ck_assert_str_eq(take_ids(c), "1001"); /* and goes on */
	feed_follow(p.feed, c, 900); /* the last one that is complete */
	turns(&p);
	ck_assert(strncmp(take_ids(c), "901,902,", 8) == 0);
	feed_follow(p.feed, c, 5000); /* of another store */
	turns(&p);
	m = hub_take(c);
	ck_assert_str_eq(m->type, "resync");
	hub_message_drop(m);
	hub_leave(p.hub, c);
	place_close(&p);
}
END_TEST

/* The process slept for so long that events were deleted before it saw them. */
START_TEST(feed_tells_all_of_a_gap)
{
	struct place p;
	struct hub_client *c;
	struct hub_message *m;
	int64_t deleted;
	int wakes = 0;

	place_open(&p);
	add_events(&p, 10);
	place_feed(&p);
	c = hub_join(p.hub, count_wake, &wakes);
	subscribe_all(c);
	add_events(&p, 1000);
	ck_assert_int_eq(store_begin(p.writer, &p.e), 0);
	ck_assert_int_eq(event_prune(p.writer, 0, 5, 10000, &deleted, &p.e), 0);
	ck_assert_int_eq(store_commit(p.writer, &p.e), 0);
	turns(&p);
	m = hub_take(c);
	ck_assert_ptr_nonnull(m);
	ck_assert_str_eq(m->type, "resync");
	ck_assert_int_eq(m->id, 1005); /* from where it is complete again */
	hub_message_drop(m);
	ck_assert_str_eq(take_ids(c), "1006,1007,1008,1009,1010");
	hub_leave(p.hub, c);
	place_close(&p);
}
END_TEST

START_TEST(roster_counts_by_token)
{
	struct roster *r = roster_new(2);
	struct roster_entry *a[3], *b;
	struct visitor v, w;
	struct err e;

	memset(&v, 0, sizeof(v));
	strcpy(v.jti, "one");
	w = v;
	strcpy(w.jti, "two");
	ck_assert_int_eq(roster_enter(r, &v, &a[0], &e), 0);
	ck_assert_int_eq(roster_enter(r, &v, &a[1], &e), 0);
	ck_assert_int_eq(roster_enter(r, &v, &a[2], &e), -1);
	ck_assert_int_eq(e.code, ERR_RATE);
	ck_assert_int_gt(e.retry_after_s, 0);
	ck_assert_int_eq(roster_enter(r, &w, &b, &e), 0);
	ck_assert_uint_eq(roster_entries(r), 2);
	ck_assert_ptr_ne(roster_turn(r), roster_turn(r));
	roster_leave(r, a[0]);
	ck_assert_int_eq(roster_enter(r, &v, &a[2], &e), 0);
	roster_leave(r, a[1]);
	roster_leave(r, a[2]);
	roster_leave(r, b);
	ck_assert_uint_eq(roster_entries(r), 0);
	ck_assert_ptr_null(roster_turn(r));
	roster_free(r);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("stream");
	TCase *tc = tcase_create("all");
	SRunner *runner;
	int failed;

	tcase_add_test(tc, hub_filters);
	tcase_add_test(tc, hub_bounds_slow_reader);
	tcase_add_test(tc, hub_thins_samples);
	tcase_add_test(tc, feed_follows_and_replays);
	tcase_add_test(tc, feed_replays_in_chunks);
	tcase_add_test(tc, feed_says_resync);
	tcase_add_test(tc, feed_tells_all_of_a_gap);
	tcase_add_test(tc, roster_counts_by_token);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
