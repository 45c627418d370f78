/*
 * GET /events: the messages of the live stream for those who cannot hold a connection open.  A request that waits holds a worker, so only half of the workers may
 * wait at once; who finds no place is answered at once, as if the wait were over.
 */
#include "config.h"

#include "api/handlers.h"
#include "lib/clock.h"
#include "lib/text.h"
#include "platform/live.h"
#include "store/event.h"
#include "store/experiment.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#define WAIT_MAX_S 30
#define WAIT_HELD_MS 25000 /* less than the least time after which a web server gives up, and than [api] request_timeout_s by default */
#define SCAN_MAX 5000      /* events looked at in one request for few that match: 5 µs each */

struct reading {
	struct response *r;
	struct live_filter filter;
	int64_t limit, found, looked_at, last_id;
};

static int on_event(void *arg, const struct event *ev)
{
	struct reading *d = arg;

	d->looked_at++;
	d->last_id = ev->id;
	if (live_filter_wants(&d->filter, live_topic(ev->topic), ev->experiment_id)) {
		live_message(&d->r->json, ev->type, ev->id, ev->data);
		d->found++;
	}
	return d->found >= d->limit;
}

/* An engine's token sees its experiment only; ids must exist, because a typo would be waited for in vain. */
static int check_ids(struct request *q, struct live_filter *f, struct err *e)
{
	struct experiment x;
	char id[TEXT_ID_MAX];
	size_t i;

	f->scope = q->who.experiment_id;
	for (i = 0; i < f->ids_n; i++) {
		text_from_id(EXPERIMENT_ID_PREFIX, f->ids[i], id);
		if (f->scope && f->ids[i] != f->scope)
			return err_set(e, ERR_FORBIDDEN, "This token is good for one experiment only");
		if (experiment_get(q->app->store, f->ids[i], &x, e) == 0) {
			experiment_clear(&x);
		} else if (e->code == ERR_NOTFOUND) {
			err_clear(e);
			err_detail(e, "experiment_ids", "There is no experiment %s", id);
			return err_collected(e, "The query has parameters that are not right");
		} else {
			return -1;
		}
	}
	return 0;
}

/* The worker was told to stop: signals are blocked while a request is served. */
static bool asked_to_stop(void)
{
	sigset_t pending;

	return sigpending(&pending) == 0 && (sigismember(&pending, SIGTERM) || sigismember(&pending, SIGINT) || sigismember(&pending, SIGUSR1));
}

/* What there is now, in one view of the store.  *gone: something after last_id is not in the log any more. */
static int read_events(struct store *st, struct reading *d, bool *gone, struct err *e)
{
	int64_t oldest, newest;
	int rc = -1;

	if (store_read_begin(st, e) == -1)
		return -1;
	if (event_bounds(st, &oldest, &newest, e) == -1)
		goto out;
	*gone = d->last_id > newest || (d->last_id < newest && (oldest == 0 || oldest > d->last_id + 1));
	if (*gone)
		d->last_id = newest;
	else if (event_each_after(st, d->last_id, SCAN_MAX, on_event, d, e) == -1)
		goto out;
	rc = 0;
out:
	store_rollback(st);
	return rc;
}

/* Until something was found, the time is over, or there is no place to wait in. */
static int read_or_wait(struct request *q, struct reading *d, int64_t wait_ms, bool *gone, struct err *e)
{
	struct store *st = q->app->store;
	int64_t until_ms = clock_mono_ms() + wait_ms, version;
	int place = -1, rc;

	for (;;) {
		version = store_version(st);
		rc = read_events(st, d, gone, e);
		if (rc == -1 || *gone || d->found || d->looked_at >= SCAN_MAX || wait_ms == 0)
			break;
		if (place == -1)
			place = shared_place_take(q->app->shared, (int)q->app->conf->api_workers / 2, q->now_ms + wait_ms + 5000, q->now_ms);
		if (place == -1)
			break;
		while (store_version(st) == version && clock_mono_ms() < until_ms && !asked_to_stop())
			usleep(STORE_POLL_MS * 1000);
		if (store_version(st) == version)
			break;
	}
	shared_place_leave(q->app->shared, place);
	return rc;
}

int h_event_list(struct request *q, struct response *r, struct err *e)
{
	struct reading d = {.r = r};
	int64_t wait_ms, oldest;
	bool gone = false;

	err_clear(e);
	live_filter_init(&d.filter);
	live_filter_lists(&d.filter, request_query(q, "topics"), request_query(q, "experiment_ids"), e);
	d.last_id = request_query_i64(q, "after", 0, INT64_MAX, -1, e);
	d.limit = request_query_i64(q, "limit", 1, 1000, 100, e);
	wait_ms = request_query_i64(q, "wait", 0, WAIT_MAX_S, 0, e) * MS_PER_S;
	if (err_collected(e, "The query has parameters that are not right") == -1 || check_ids(q, &d.filter, e) == -1)
		return -1;
	if (wait_ms > WAIT_HELD_MS)
		wait_ms = WAIT_HELD_MS;
	if (d.last_id < 0 && event_bounds(q->app->store, &oldest, &d.last_id, e) == -1)
		return -1;
	json_object_begin(&r->json, NULL);
	json_array_begin(&r->json, "events");
	if (read_or_wait(q, &d, wait_ms, &gone, e) == -1)
		return -1;
	json_array_end(&r->json);
	json_put_i64(&r->json, "last_id", d.last_id);
	json_put_bool(&r->json, "resync", gone);
	json_object_end(&r->json);
	return 0;
}
