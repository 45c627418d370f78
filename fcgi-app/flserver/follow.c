/* Following a training; see follow.h. */
#include "config.h"

#include "flserver/follow.h"

#include "lib/clock.h"
#include "lib/json_in.h"
#include "lib/text.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define ALIVE_MS 2000

bool follow_policy_well(struct follow *f)
{
	struct answer a = {0};
	bool well = f->policy && ask_get(f->policy, "/health", ALIVE_MS, &a) && a.status == 200;

	buf_clear(&a.body);
	return well;
}

/* It did not answer: the reason, and where its policy engine is silent too, that. */
static bool silent(struct follow *f, const char *why)
{
	snprintf(f->why, sizeof(f->why), "%.180s", why);
	if (f->policy && f->failures % 10 == 0)
		f->policy_silent = !follow_policy_well(f);
	f->failures++;
	if (f->policy_silent) {
		size_t n = strlen(f->why);

		snprintf(f->why + n, sizeof(f->why) - n, " (nor does the policy engine, which it may be waiting for)");
	}
	return false;
}

static bool get(struct follow *f, const char *path)
{
	return ask_get(f->fl, path, FOLLOW_ASK_MS, &f->answer);
}

/* Events. */

static bool seen_before(struct follow *f, const char *id)
{
	uint64_t hash = text_hash(id, strlen(id));
	size_t i, n = f->seen_n < FOLLOW_SEEN_MAX ? f->seen_n : FOLLOW_SEEN_MAX;

	for (i = 0; i < n; i++)
		if (f->seen[i] == hash)
			return true;
	f->seen[f->seen_n++ % FOLLOW_SEEN_MAX] = hash;
	return false;
}

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* Where an event does not say which round, it is the one that the rest tells. */
static void follow_rounds(struct follow *f, const struct fl_event *ev)
{
	int64_t next = later(f->ended, f->status_known ? f->status.current_round : 0) + 1;

	switch (ev->type) {
	case FL_ROUND_STARTED:
		f->begun = ev->round ? ev->round : next;
		break;
	case FL_ROUND_COMPLETED:
		f->ended = later(f->ended, ev->round ? ev->round : f->begun);
		break;
	case FL_ROUND_DENIED:
		/* It was asked for and did not begin. */
		f->ended = later(f->ended, f->begun);
		break;
	case FL_STARTED:
	case FL_RESTARTED:
		f->begun = f->ended = 0;
		f->stopped = false;
		break;
	case FL_STOPPED_BY_POLICY:
		f->stopped = true;
		f->ended = later(f->ended, f->begun);
		snprintf(f->stop_reason, sizeof(f->stop_reason), "%s", ev->reason);
		break;
	default:
		break;
	}
}

static void tell_event(struct follow *f, const struct fl_event *ev)
{
	const char *why = ev->reason[0] ? ev->reason : "it gives no reason";

	switch (ev->type) {
	case FL_ROUND_DENIED:
		report_log(f->report, "warning", "A policy denied a round: %s", why);
		break;
	case FL_PAUSED_BY_POLICY:
		report_log(f->report, "warning", "A policy paused the training: %s", why);
		break;
	case FL_STOPPED_BY_POLICY:
		report_log(f->report, "warning", "A policy stopped the training: %s", why);
		break;
	case FL_PAUSED_BY_HAND:
		report_log(f->report, "info", "fl_server was told to pause");
		break;
	case FL_RESUMED:
		report_log(f->report, "info", "fl_server goes on");
		break;
	default:
		break;
	}
}

static void on_event(void *arg, const struct fl_event *ev)
{
	struct follow *f = arg;

	snprintf(f->last_id, sizeof(f->last_id), "%s", ev->id);
	if (seen_before(f, ev->id))
		return;
	follow_rounds(f, ev);
	if (f->ours)
		tell_event(f, ev);
}

/* An id that must not break the address it is put into. */
static bool is_plain(const char *id)
{
	return id[0] && strspn(id, "0123456789abcdefABCDEFghijklmnopqrstuvwxyzGHIJKLMNOPQRSTUVWXYZ-_.") == strlen(id);
}

static bool look_at_events(struct follow *f)
{
	char path[FL_ID_MAX + 64];
	struct err e;

	if (f->no_events)
		return true;
	if (is_plain(f->last_id))
		snprintf(path, sizeof(path), "/events?since_event_id=%s&limit=1000", f->last_id);
	else
		snprintf(path, sizeof(path), "/events?limit=1000");
	if (!get(f, path)) {
		f->no_events = f->answer.status == 404;
		return f->no_events || silent(f, f->answer.why);
	}
	if (f->answer.status != 200) {
		f->no_events = f->answer.status == 404; /* an older one; its rounds are enough */
		return f->no_events || silent(f, "it answers to /events with an error");
	}
	if (fl_events_read(buf_str(&f->answer.body), f->answer.body.len, on_event, f, &e) == -1)
		return silent(f, e.msg);
	return true;
}

/* Rounds. */

static void say_started(struct follow *f, int64_t round)
{
	if (round <= f->said_started)
		return;
	f->said_started = round;
	report_round_started(f->report, round);
	f->waiting[0] = '\0'; /* a round is an end of waiting, for whoever reads this too */
}

static void complete(struct follow *f, const struct fl_round *row)
{
	say_started(f, f->done + 1);
	f->done++;
	report_round_completed(f->report, f->done, row);
}

static void on_round(void *arg, const struct fl_round *row)
{
	const struct fl_round lost = {.duration_ms = -1, .clients = -1, .failed = -1, .accuracy = NAN, .loss = NAN};
	struct follow *f = arg;
	int64_t round = row->round - f->base;
	bool is_new = row->time_ms ? row->time_ms > f->horizon_ms : f->ended >= row->round || f->status.current_round > row->round;

	if (round <= f->done || round > f->wanted || !is_new)
		return;
	/* Those between that have left no row did take place. */
	while (f->done + 1 < round)
		complete(f, &lost);
	complete(f, row);
	f->ended = later(f->ended, row->round);
}

static bool look_at_rounds(struct follow *f)
{
	int64_t from = f->base + f->done + 1, to = later(f->status.current_round, f->ended);
	char path[96];
	struct err e;

	if (to < from || f->done >= f->wanted)
		return true;
	snprintf(path, sizeof(path), "/rounds?start_round=%" PRId64 "&end_round=%" PRId64 "&limit=1000", from, to);
	if (!get(f, path))
		return silent(f, f->answer.why);
	if (f->answer.status != 200)
		return silent(f, "it answers to /rounds with an error");
	return fl_rounds_read(buf_str(&f->answer.body), f->answer.body.len, on_round, f, &e) == 0 || silent(f, e.msg);
}

/* A round is said to have begun only when the one before it is told: their order is what people read. */
static void tell_started(struct follow *f)
{
	if (f->begun - f->base == f->done + 1 && f->done < f->wanted && f->begun > f->ended)
		say_started(f, f->done + 1);
}

/* Status. */

static bool look_at_status(struct follow *f)
{
	struct fl_status s;
	struct err e;

	if (!get(f, "/status"))
		return silent(f, f->answer.status == 404 ? "it has no /status: it is too old, or this is not fl_server" : f->answer.why);
	if (f->answer.status != 200)
		return silent(f, f->answer.status == 404 ? "it has no /status: it is too old, or this is not fl_server" : "it answers to /status with an error");
	if (fl_status_read(buf_str(&f->answer.body), f->answer.body.len, &s, &e) == -1)
		return silent(f, e.msg);
	f->status = s;
	f->status_known = true;
	if (s.state == FL_STOPPED && !f->stopped) {
		f->stopped = true;
		snprintf(f->stop_reason, sizeof(f->stop_reason), "%s", s.reason);
	}
	return true;
}

static bool look_at_metrics(struct follow *f)
{
	struct json_object *o = NULL;
	int64_t round;
	bool known;

	if (!get(f, "/metrics"))
		return silent(f, f->answer.why);
	known = json_in_parse_lenient(buf_str(&f->answer.body), f->answer.body.len, &o, NULL) == 0 && json_get_i64(o, "current_round", &round) && round >= 0 && round <= FL_ROUND_MAX;
	json_object_put(o);
	if (!known)
		return silent(f, "its answer to /metrics does not say in which round it is");
	f->status.current_round = round;
	return true;
}

bool follow_look(struct follow *f, bool with_status, int64_t mono_ms)
{
	int64_t sum = f->begun + f->ended + f->status.current_round;

	/* It serves one at a time: questions that it cannot answer only make a longer queue. */
	if (f->failures && (!get(f, "/health") || f->answer.status != 200))
		return silent(f, f->answer.why[0] ? f->answer.why : "it says that it is not well");
	if (!look_at_events(f))
		return false;
	if (with_status && !f->stopped) {
		if (!look_at_status(f))
			return false;
	} else if (!f->stopped && !look_at_metrics(f)) {
		return false;
	}
	if (sum != f->begun + f->ended + f->status.current_round || !f->moved_mono_ms)
		f->moved_mono_ms = mono_ms;
	f->heard_mono_ms = mono_ms;
	f->failures = 0;
	return true;
}

bool follow_read_rounds(struct follow *f)
{
	if (!look_at_rounds(f))
		return false;
	tell_started(f);
	return true;
}

bool follow_begin(struct follow *f, int64_t base)
{
	if (!get(f, "/health"))
		return silent(f, f->answer.why);
	f->horizon_ms = fl_clock_read(buf_str(&f->answer.body), f->answer.body.len);
	f->base = base;
	f->ours = true;
	return true;
}

bool follow_in_round(const struct follow *f)
{
	return f->begun > f->ended && f->begun > 0;
}

void follow_say_waiting(struct follow *f, const char *what, int64_t present, const char *detail)
{
	char key[sizeof(f->waiting)] = "";

	if (what)
		snprintf(key, sizeof(key), "%s %" PRId64 " %s", what, present, detail ? detail : "");
	if (strcmp(key, f->waiting) == 0)
		return;
	snprintf(f->waiting, sizeof(f->waiting), "%s", key);
	report_waiting(f->report, what, -1, present, detail);
}

void follow_say_state(struct follow *f, const char *state, const char *reason)
{
	report_state(f->report, state, reason);
	f->waiting[0] = '\0';
}
