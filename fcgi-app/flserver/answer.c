/* Reading fl_server's answers; see answer.h. */
#include "config.h"

#include "flserver/answer.h"

#include "lib/clock.h"
#include "lib/json_in.h"
#include "lib/mem.h"
#include "lib/text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define COUNT_MAX 1000000 /* clients; anything beyond is an artefact of a counter */

/* A text from outside for people: whole characters, no control characters, cut to size. */
static void take_text(const char *text, char *out, size_t size)
{
	size_t at = 0, n = 0;

	while (text[at]) {
		unsigned char c = (unsigned char)text[at];
		size_t k = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : c >= 0xc0 ? 2 : 1;

		if (strnlen(text + at, k) < k || !text_utf8_valid(text + at, k))
			break;
		if (n + k >= size)
			break;
		if (k == 1 && (c < 0x20 || c == 0x7f))
			out[n++] = ' ';
		else
			for (size_t i = 0; i < k; i++)
				out[n++] = text[at + i];
		at += k;
	}
	out[n] = '\0';
}

static void take(const struct json_object *o, const char *name, char *out, size_t size)
{
	const char *text;

	out[0] = '\0';
	if (json_get_string(o, name, &text))
		take_text(text, out, size);
}

static int64_t count(const struct json_object *o, const char *name, int64_t max, int64_t fallback)
{
	int64_t v;

	return json_get_i64(o, name, &v) && v >= 0 && v <= max ? v : fallback;
}

static bool is_true(const struct json_object *o, const char *name)
{
	bool v = false;

	json_get_bool(o, name, &v);
	return v;
}

/* Its own clock: ISO with a zone, or seconds since 1970. */
static int64_t time_of(const struct json_object *o, const char *name)
{
	const char *text;
	int64_t ms = 0;
	double seconds;

	if (json_get_string(o, name, &text))
		return clock_parse(text, &ms) ? ms : 0;
	if (json_get_double(o, name, &seconds) && seconds > 0 && seconds < 1e11)
		return (int64_t)(seconds * 1000);
	return 0;
}

static int parse(const char *text, size_t len, const char *what, struct json_object **out, struct err *e)
{
	if (json_in_parse_lenient(text, len, out, e) == 0 && json_object_is_type(*out, json_type_object))
		return 0;
	json_object_put(*out);
	*out = NULL;
	return err_set(e, ERR_INVALID, "its answer to %s is not a JSON object", what);
}

static bool is_beginning(const char *server_status)
{
	static const char *const words[] = {"initializing", "waiting_for_clients", "restarting"};
	size_t i;

	for (i = 0; i < ARRAY_LEN(words); i++)
		if (strcmp(words[i], server_status) == 0)
			return true;
	return false;
}

static enum fl_state derive(const struct json_object *o, const struct fl_status *s)
{
	char word[40];

	take(o, "server_status", word, sizeof(word));
	if (is_true(o, "training_stopped_by_policy"))
		return FL_STOPPED;
	if (is_true(o, "training_paused"))
		return FL_PAUSED;
	if (!is_true(o, "training_active")) {
		if (s->max_rounds > 0 && s->current_round >= s->max_rounds)
			return FL_COMPLETED;
		return is_beginning(word) ? FL_WAITING : FL_IDLE;
	}
	return s->current_round > 0 || s->clients > 0 ? FL_RUNNING : FL_WAITING;
}

int fl_status_read(const char *text, size_t len, struct fl_status *s, struct err *e)
{
	struct json_object *o;
	bool known;

	memset(s, 0, sizeof(*s));
	if (parse(text, len, "/status", &o, e) == -1)
		return -1;
	known = json_object_is_type(json_get(o, "training_active", NULL), json_type_boolean);
	s->current_round = count(o, "current_round", FL_ROUND_MAX, -1);
	s->max_rounds = count(o, "max_rounds", FL_ROUND_MAX, -1);
	s->clients = count(o, "connected_clients", COUNT_MAX, -1);
	s->time_ms = time_of(o, "timestamp");
	s->state = derive(o, s);
	if (s->state == FL_PAUSED)
		take(o, "pause_reason", s->reason, sizeof(s->reason));
	else if (s->state == FL_STOPPED)
		take(o, "stop_reason", s->reason, sizeof(s->reason));
	/* "Round 5: Policy 'night' rule 0: quiet hours" */
	s->by_policy = s->state == FL_PAUSED && (strstr(s->reason, "Policy") || strstr(s->reason, "policy"));
	json_object_put(o);
	return known && s->current_round >= 0 ? 0 : err_set(e, ERR_INVALID, "its answer to /status does not say how its training stands");
}

static enum fl_event_type type_of(const struct json_object *o)
{
	static const struct {
		const char *name;
		enum fl_event_type type;
	} known[] = {
		{"ROUND_STARTED", FL_ROUND_STARTED}, {"ROUND_COMPLETED", FL_ROUND_COMPLETED}, {"ROUND_POLICY_DENIED", FL_ROUND_DENIED}, {"TRAINING_PAUSED", FL_PAUSED_BY_HAND},
		{"TRAINING_PAUSED_BY_SIGNAL", FL_PAUSED_BY_HAND}, {"TRAINING_PAUSED_BY_POLICY", FL_PAUSED_BY_POLICY}, {"TRAINING_RESUMED", FL_RESUMED},
		{"TRAINING_STOPPED_BY_POLICY", FL_STOPPED_BY_POLICY}, {"TRAINING_MANUALLY_RESTARTED", FL_RESTARTED}, {"SERVER_START", FL_STARTED},
	};
	const char *name;
	size_t i;

	if (json_get_string(o, "event_type", &name))
		for (i = 0; i < ARRAY_LEN(known); i++)
			if (strcmp(known[i].name, name) == 0)
				return known[i].type;
	return FL_OTHER;
}

/* The names under which details have been seen to hold a round or a reason; which event uses which is not written anywhere. */
static void read_details(const struct json_object *details, struct fl_event *ev)
{
	static const char *const rounds[] = {"round", "server_round", "current_round", "round_number"};
	static const char *const reasons[] = {"reason", "stop_reason", "pause_reason", "denial_reason", "policy_reason", "message"};
	size_t i;

	for (i = 0; i < ARRAY_LEN(rounds) && ev->round == 0; i++)
		ev->round = count(details, rounds[i], FL_ROUND_MAX, 0);
	for (i = 0; i < ARRAY_LEN(reasons) && !ev->reason[0]; i++)
		take(details, reasons[i], ev->reason, sizeof(ev->reason));
}

int fl_events_read(const char *text, size_t len, void (*fn)(void *arg, const struct fl_event *ev), void *arg, struct err *e)
{
	struct json_object *o, *list;
	size_t i;

	if (parse(text, len, "/events", &o, e) == -1)
		return -1;
	list = json_get(o, "events", NULL);
	if (!json_object_is_type(list, json_type_array)) {
		json_object_put(o);
		return err_set(e, ERR_INVALID, "its answer to /events has no list of events");
	}
	for (i = 0; i < json_object_array_length(list); i++) {
		struct json_object *item = json_object_array_get_idx(list, i);
		struct fl_event ev = {.type = type_of(item)};

		take(item, "event_id", ev.id, sizeof(ev.id));
		if (!ev.id[0])
			continue;
		ev.time_ms = time_of(item, "timestamp");
		read_details(json_get(item, "details", NULL), &ev);
		fn(arg, &ev);
	}
	json_object_put(o);
	return 0;
}

static double measure(const struct json_object *o, const char *name)
{
	double v;

	return json_get_double(o, name, &v) && isfinite(v) ? v : NAN;
}

static void read_round(const struct json_object *item, struct fl_round *r)
{
	double seconds = measure(item, "training_duration");

	r->round = count(item, "round", FL_ROUND_MAX, 0);
	r->time_ms = time_of(item, "timestamp");
	r->accuracy = measure(item, "accuracy");
	if (!(r->accuracy >= 0 && r->accuracy <= 1))
		r->accuracy = NAN;
	r->loss = measure(item, "loss");
	r->duration_ms = seconds >= 0 && seconds < 1e9 ? (int64_t)(seconds * 1000) : -1;
	r->clients = count(item, "successful_clients", COUNT_MAX, count(item, "clients", COUNT_MAX, -1));
	r->failed = count(item, "failed_clients", COUNT_MAX, -1);
}

int fl_rounds_read(const char *text, size_t len, void (*fn)(void *arg, const struct fl_round *r), void *arg, struct err *e)
{
	struct json_object *o, *list;
	size_t i;

	if (parse(text, len, "/rounds", &o, e) == -1)
		return -1;
	list = json_get(o, "rounds", NULL);
	if (!json_object_is_type(list, json_type_array)) {
		json_object_put(o);
		return err_set(e, ERR_INVALID, "its answer to /rounds has no list of rounds");
	}
	for (i = 0; i < json_object_array_length(list); i++) {
		struct fl_round r;

		read_round(json_object_array_get_idx(list, i), &r);
		if (r.round > 0)
			fn(arg, &r);
	}
	json_object_put(o);
	return 0;
}

/* How a stored decision says no is not written anywhere either: as a word, as a truth value, or as the whole answer to the check. */
static bool is_denied(const struct json_object *item, const struct json_object *result)
{
	const char *word;
	bool allowed;

	if (json_get_bool(item, "allowed", &allowed) || json_get_bool(result, "allowed", &allowed))
		return !allowed;
	return json_get_string(item, "result", &word) && (strcmp(word, "denied") == 0 || strcmp(word, "deny") == 0);
}

int fl_denials_read(const char *text, size_t len, void (*fn)(void *arg, const struct fl_denial *d), void *arg, struct err *e)
{
	struct json_object *o = NULL, *list;
	size_t i;

	if (json_in_parse_lenient(text, len, &o, e) == -1)
		return -1;
	list = json_object_is_type(o, json_type_array) ? o : json_get(o, "decisions", NULL);
	if (!json_object_is_type(list, json_type_array)) {
		json_object_put(o);
		return err_set(e, ERR_INVALID, "its answer is no list of decisions");
	}
	for (i = 0; i < json_object_array_length(list); i++) {
		struct json_object *item = json_object_array_get_idx(list, i), *result = json_get(item, "result", NULL), *context = json_get(item, "context", NULL);
		struct fl_denial d = {.time_ms = 0};

		if (!is_denied(item, result))
			continue;
		take(context, "client_id", d.client, sizeof(d.client));
		take(context, "operation", d.operation, sizeof(d.operation));
		take(item, "reason", d.reason, sizeof(d.reason));
		if (!d.reason[0])
			take(result, "reason", d.reason, sizeof(d.reason));
		d.time_ms = time_of(item, "timestamp");
		fn(arg, &d);
	}
	json_object_put(o);
	return 0;
}

int64_t fl_clock_read(const char *text, size_t len)
{
	struct json_object *o;
	int64_t ms = 0;
	struct err e;

	if (parse(text, len, "/health", &o, &e) == 0)
		ms = time_of(o, "timestamp");
	json_object_put(o);
	return ms;
}

bool fl_done_read(const char *text, size_t len, char *message, size_t size)
{
	struct json_object *o;
	struct err e;
	bool done = false;

	message[0] = '\0';
	if (parse(text, len, "", &o, &e) == -1)
		return false;
	json_get_bool(o, "success", &done);
	take(o, "message", message, size);
	if (!message[0])
		take(o, "error", message, size);
	json_object_put(o);
	return done;
}
