/* The outbox at work; see notify.h. */
#include "config.h"

#include "monitor/notify.h"

#include "lib/log.h"
#include "lib/mem.h"
#include "monitor/delivery.h"
#include "monitor/notice.h"
#include "store/alert.h"
#include "store/configuration.h"
#include "store/notification.h"
#include "store/silence.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOOK_EVERY_MS 1000     /* a silence ends, and a message becomes due, without a change in the store */
#define FLIGHTS_EACH 2         /* deliveries at once of a channel: a receiver that is mute holds up none of the others */
#define FLIGHTS (CHANNEL_MAX * FLIGHTS_EACH)
#define NOTICES_A_TURN 500
#define ATTEMPTS_MAX 8
#define BACKOFF_FIRST_MS 5000  /* then three times as long each: 5 s, 15 s, 45 s … about an hour and a half in all */
#define BACKOFF_MAX_MS 3600000
#define PRUNE_EVERY_MS 20000
#define PRUNE_BATCH 200

struct flight {
	struct delivery *delivery; /* NULL: free */
	int64_t id, attempts;
	char *target;
	enum channel channel;
};

struct notify {
	struct outgoing *outgoing;
	struct flight flights[FLIGHTS]; /* FLIGHTS_EACH of the first channel, then of the next */
	struct notify_config config;
	int64_t config_version; /* -1: not read yet */
	int64_t pruned_mono_ms;
};

int64_t notify_backoff_ms(int64_t attempts)
{
	int64_t ms = BACKOFF_FIRST_MS;

	if (attempts >= ATTEMPTS_MAX)
		return 0;
	while (--attempts > 0 && ms < BACKOFF_MAX_MS)
		ms *= 3;
	return ms < BACKOFF_MAX_MS ? ms : BACKOFF_MAX_MS;
}

static int read_config(struct notify *n, struct monitor *m, struct err *e)
{
	struct config_entry entry;

	if (config_current(m->store, &entry, e) == -1)
		return -1;
	if (entry.version != n->config_version) {
		settings_notify_clear(&n->config);
		settings_notify(entry.document, &n->config);
		n->config_version = entry.version;
	}
	config_entry_clear(&entry);
	return 0;
}

/* From alerts to messages */

struct telling {
	int64_t id;
	char change[16];
	bool wanted;
};

struct tellings {
	struct telling *list;
	size_t n;
	const struct notify *notify;
	bool on; /* features.alert_notifications */
};

static bool is_wanted(const struct tellings *t, const struct alert *a)
{
	const struct notify_config *c = &t->notify->config;

	if (!t->on || a->silenced || (int)a->severity < c->min_severity)
		return false;
	/* Who has not heard of its beginning need not hear of its end. */
	if (strcmp(a->notice, "resolved") == 0 && (!a->told || !c->send_resolved))
		return false;
	return settings_notify_has(c, CHANNEL_WEBHOOK) || settings_notify_has(c, CHANNEL_SMTP);
}

static void add_telling(void *arg, const struct alert *a)
{
	struct tellings *t = arg;
	struct telling *one;

	t->list = mem_resize(t->list, (t->n + 1) * sizeof(*t->list));
	one = &t->list[t->n++];
	one->id = a->id;
	one->wanted = is_wanted(t, a);
	snprintf(one->change, sizeof(one->change), "%s", a->notice);
}

static int put_in(struct notify *n, struct monitor *m, enum channel channel, const struct telling *one, struct err *e)
{
	struct notification fresh = {.channel = channel, .subject = "", .created_at_ms = m->now_ms, .next_attempt_ms = m->now_ms + n->config.fold_seconds * 1000};
	struct buf target = {0};
	int64_t id;
	int rc = notification_waiting(m->store, channel, m->now_ms, &id, e);

	if (rc == 0 && id == 0) {
		settings_notify_target(&n->config, channel, &target);
		fresh.target = buf_str(&target);
		rc = notification_create(m->store, &fresh, e);
		id = fresh.id;
		buf_clear(&target);
	}
	return rc == 0 ? notification_add_alert(m->store, id, one->id, one->change, e) : -1;
}

static int tell(struct notify *n, struct monitor *m, const struct telling *one, struct err *e)
{
	int channel;

	for (channel = 0; one->wanted && channel < CHANNEL_MAX; channel++)
		if (settings_notify_has(&n->config, (enum channel)channel) && put_in(n, m, (enum channel)channel, one, e) == -1)
			return -1;
	return alert_notice_done(m->store, one->id, one->wanted, e);
}

static int collect(struct notify *n, struct monitor *m, struct err *e)
{
	struct tellings t = {.notify = n, .on = m->settings.alert_notifications};
	int rc = alert_each_notice(m->store, m->now_ms, NOTICES_A_TURN, add_telling, &t, e);
	size_t i;

	if (rc == 0 && t.n > 0) {
		rc = store_begin(m->store, e);
		for (i = 0; i < t.n && rc == 0; i++)
			rc = tell(n, m, &t.list[i], e);
		if (rc == 0)
			rc = store_commit(m->store, e);
		store_rollback(m->store);
	}
	free(t.list);
	return rc;
}

/* From messages to tries */

struct due {
	int64_t id, attempts, made_at_ms;
	enum channel channel;
	bool test;
};

struct dues {
	struct due list[FLIGHTS_EACH * 2]; /* those under way may come first */
	size_t n;
};

static void add_due(void *arg, const struct notification *x)
{
	struct dues *d = arg;

	if (d->n < FLIGHTS_EACH * 2)
		d->list[d->n++] = (struct due){.id = x->id, .attempts = x->attempts, .made_at_ms = x->created_at_ms, .channel = x->channel, .test = x->test};
}

static void add_alert(void *arg, const struct alert *a, const char *change)
{
	notice_add(arg, a, change);
}

/* In one transaction; fn does the writing. */
static int write_one(struct monitor *m, int (*fn)(struct monitor *m, const void *arg, struct err *e), const void *arg, struct err *e)
{
	int rc = store_begin(m->store, e);

	if (rc == 0)
		rc = fn(m, arg, e);
	if (rc == 0)
		rc = store_commit(m->store, e);
	store_rollback(m->store);
	return rc;
}

struct failure {
	int64_t id, next_attempt_ms;
	const char *why;
};

static int write_failure(struct monitor *m, const void *arg, struct err *e)
{
	const struct failure *f = arg;

	return notification_failed(m->store, f->id, f->why, f->next_attempt_ms, e);
}

static int drop(struct monitor *m, int64_t id, const char *why, struct err *e)
{
	struct failure f = {.id = id, .why = why};

	log_warning("a notification is dropped id=%" PRId64 " why: %s", id, why);
	return write_one(m, write_failure, &f, e);
}

struct beginning {
	int64_t id, next_attempt_ms;
	const char *target, *subject;
};

static int write_beginning(struct monitor *m, const void *arg, struct err *e)
{
	const struct beginning *b = arg;

	return notification_begin(m->store, b->id, b->target, b->subject, b->next_attempt_ms, e);
}

/* Counted before it begins: a monitor that dies on the way tries again later, not at once and for ever. */
static int begin(struct notify *n, struct monitor *m, struct flight *f, const struct due *due, struct notice *notice, struct err *e)
{
	struct buf target = {0}, subject = {0}, body = {0}, signature = {0};
	int64_t wait_ms = notify_backoff_ms(due->attempts + 1);
	struct beginning b = {.id = due->id, .next_attempt_ms = m->now_ms + DELIVERY_TIMEOUT_MS + (wait_ms ? wait_ms : BACKOFF_MAX_MS)};
	int rc;

	settings_notify_target(&n->config, due->channel, &target);
	notice_subject(notice, &subject);
	b.target = buf_str(&target);
	b.subject = buf_str(&subject);
	rc = write_one(m, write_beginning, &b, e);
	if (rc == 0) {
		if (due->channel == CHANNEL_WEBHOOK)
			notice_json(notice, &body);
		else
			notice_mail(notice, &n->config, &body);
		if (due->channel == CHANNEL_WEBHOOK && n->config.webhook_secret)
			notice_sign(&body, n->config.webhook_secret, &signature);
		*f = (struct flight){.id = due->id, .attempts = due->attempts + 1, .channel = due->channel, .target = buf_take(&target)};
		f->delivery = delivery_new(n->outgoing, due->channel, &n->config, due->id, &body, signature.len ? signature.data : NULL, m->mono_ms);
	}
	buf_clear(&target);
	buf_clear(&subject);
	buf_clear(&body);
	buf_clear(&signature);
	return rc;
}

static int send_one(struct notify *n, struct monitor *m, struct flight *f, const struct due *due, struct err *e)
{
	struct notice notice = {.id = due->id, .test = due->test, .link = n->config.link_url, .made_at_ms = due->made_at_ms, .at_ms = m->now_ms};
	int rc;

	if (!settings_notify_has(&n->config, due->channel))
		return drop(m, due->id, "The channel is not configured any more", e);
	if (!due->test && !m->settings.alert_notifications)
		return drop(m, due->id, "Notifications were switched off", e);
	if (notify_backoff_ms(due->attempts) == 0)
		return drop(m, due->id, "Tried too often", e); /* the last try was cut short by a restart */
	rc = alert_each_notified(m->store, due->id, m->now_ms, add_alert, &notice, e);
	if (rc == 0 && notice.n == 0 && !due->test)
		rc = drop(m, due->id, "Its alerts are gone", e);
	else if (rc == 0)
		rc = begin(n, m, f, due, &notice, e);
	notice_clear(&notice);
	return rc;
}

static struct flight *free_flight(struct notify *n, enum channel channel)
{
	struct flight *of_channel = &n->flights[(size_t)channel * FLIGHTS_EACH];
	size_t i;

	for (i = 0; i < FLIGHTS_EACH; i++)
		if (!of_channel[i].delivery)
			return &of_channel[i];
	return NULL;
}

static bool is_flying(const struct notify *n, int64_t id)
{
	size_t i;

	for (i = 0; i < FLIGHTS; i++)
		if (n->flights[i].delivery && n->flights[i].id == id)
			return true;
	return false;
}

static int send_due_of(struct notify *n, struct monitor *m, enum channel channel, struct err *e)
{
	struct dues d = {.n = 0};
	struct flight *f;
	size_t i;

	if (notification_each_due(m->store, channel, m->now_ms, FLIGHTS_EACH * 2, add_due, &d, e) == -1)
		return -1;
	/* Settings that somebody has changed before asking for one of these are in force for it. */
	if (d.n && read_config(n, m, e) == -1)
		return -1;
	for (i = 0; i < d.n && (f = free_flight(n, channel)) != NULL; i++)
		if (!is_flying(n, d.list[i].id) && send_one(n, m, f, &d.list[i], e) == -1)
			return -1;
	return 0;
}

static int send_due(struct notify *n, struct monitor *m, struct err *e)
{
	int channel;

	for (channel = 0; channel < CHANNEL_MAX; channel++)
		if (send_due_of(n, m, (enum channel)channel, e) == -1)
			return -1;
	return 0;
}

/* What became of them */

struct told_ids {
	int64_t *list;
	size_t n;
};

static void add_told(void *arg, const struct alert *a, const char *change)
{
	struct told_ids *t = arg;

	(void)change;
	t->list = mem_resize(t->list, (t->n + 1) * sizeof(*t->list));
	t->list[t->n++] = a->id;
}

static int write_sent(struct monitor *m, const void *arg, struct err *e)
{
	const struct flight *f = arg;
	struct told_ids told = {0};
	struct buf details = {0};
	size_t i;
	int rc = notification_sent(m->store, f->id, m->now_ms, e);

	buf_addf(&details, "By %s to %s", channel_names[f->channel], f->target);
	if (rc == 0)
		rc = alert_each_notified(m->store, f->id, m->now_ms, add_told, &told, e);
	for (i = 0; i < told.n && rc == 0; i++)
		rc = alert_note_notified(m->store, told.list[i], details.data, m->now_ms, e);
	free(told.list);
	buf_clear(&details);
	return rc;
}

static void land(struct flight *f)
{
	delivery_free(f->delivery);
	free(f->target);
	*f = (struct flight){0};
}

/* The outcome must reach the store before the flight is forgotten; until then it is asked again each turn. */
static int conclude(struct monitor *m, struct flight *f, enum delivery_state state, struct err *e)
{
	int64_t wait_ms = notify_backoff_ms(f->attempts), asked_ms = delivery_retry_after_s(f->delivery) * 1000;
	struct failure fail = {.id = f->id, .why = delivery_why(f->delivery)};
	int rc;

	if (state == DELIVERY_DONE) {
		rc = write_one(m, write_sent, f, e);
	} else {
		if (wait_ms && asked_ms > wait_ms)
			wait_ms = asked_ms < BACKOFF_MAX_MS ? asked_ms : BACKOFF_MAX_MS;
		fail.next_attempt_ms = wait_ms ? m->now_ms + wait_ms : 0;
		rc = write_one(m, write_failure, &fail, e);
		if (rc == 0)
			log_warning("a notification was not delivered id=%" PRId64 " try=%" PRId64 " %s why: %s", f->id, f->attempts, wait_ms ? "will be tried again" : "given up",
				    fail.why);
	}
	if (rc == 0)
		land(f);
	return rc;
}

static bool any_flying(const struct notify *n)
{
	size_t i;

	for (i = 0; i < FLIGHTS; i++)
		if (n->flights[i].delivery)
			return true;
	return false;
}

static int look_after(struct notify *n, struct monitor *m, struct err *e)
{
	enum delivery_state state;
	int rc = 0;
	size_t i;

	if (!any_flying(n))
		return 0;
	outgoing_turn(n->outgoing);
	for (i = 0; i < FLIGHTS; i++) {
		struct flight *f = &n->flights[i];

		if (!f->delivery)
			continue;
		state = delivery_look(f->delivery, m->mono_ms);
		if (state != DELIVERY_UNDER_WAY && conclude(m, f, state, e) == -1)
			rc = -1;
	}
	return rc;
}

static void prune(struct notify *n, struct monitor *m)
{
	int64_t before_ms = m->now_ms - m->settings.retention_days * 86400000, deleted = 0, silences = 0;
	struct err e;

	if (n->pruned_mono_ms && m->mono_ms - n->pruned_mono_ms < PRUNE_EVERY_MS)
		return;
	if (store_begin(m->store, &e) == -1 || notification_prune(m->store, before_ms, PRUNE_BATCH, &deleted, &e) == -1 ||
	    silence_prune(m->store, before_ms, PRUNE_BATCH, &silences, &e) == -1 || store_commit(m->store, &e) == -1)
		monitor_trouble(m, "old notifications cannot be deleted", &e);
	store_rollback(m->store);
	if (deleted < PRUNE_BATCH)
		n->pruned_mono_ms = m->mono_ms;
}

static int notify_open(struct monitor *m, struct err *e)
{
	struct notify *n = mem_alloc(sizeof(*n));

	n->config_version = -1;
	m->notify = n;
	n->outgoing = outgoing_open(e);
	return n->outgoing ? 0 : -1;
}

static void notify_close(struct monitor *m)
{
	struct notify *n = m->notify;
	size_t i;

	if (!n)
		return;
	for (i = 0; i < FLIGHTS; i++)
		land(&n->flights[i]);
	outgoing_close(n->outgoing);
	settings_notify_clear(&n->config);
	free(n);
	m->notify = NULL;
}

static int64_t notify_turn(struct monitor *m)
{
	struct notify *n = m->notify;
	struct err e;

	if (read_config(n, m, &e) == -1 || look_after(n, m, &e) == -1 || collect(n, m, &e) == -1 || send_due(n, m, &e) == -1)
		monitor_trouble(m, "notifications cannot be looked after", &e);
	prune(n, m);
	/* A delivery that has just begun is looked after at the next tick. */
	return m->mono_ms + (any_flying(n) ? 0 : LOOK_EVERY_MS);
}

const struct monitor_part part_notify = {.name = "notify", .open = notify_open, .turn = notify_turn, .close = notify_close, .on_change = true};
