/* Events of engines; see runner_event.h.  One table says which type has which reader; a reader takes members and reports the first that is wrong. */
#include "config.h"

#include "experiment/runner_event.h"

#include "lib/json_in.h"
#include "lib/mem.h"

#include <math.h>
#include <string.h>

#define YEAR_10000_MS INT64_C(253402300800000)

bool runner_file_name_valid(const char *name)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
	size_t n = strlen(name);

	return n > 0 && n <= RUNNER_FILE_MAX && name[0] != '.' && strspn(name, allowed) == n;
}

static bool is_client_name(const char *name)
{
	size_t n = strlen(name), i;

	if (n == 0 || n > RUNNER_NAME_MAX)
		return false;
	for (i = 0; i < n; i++)
		if ((unsigned char)name[i] <= ' ' || name[i] == 0x7f)
			return false;
	return true;
}

static int wrong(struct err *e, const char *member, const char *what)
{
	return err_set(e, ERR_INVALID, "%s %s", member, what);
}

static bool absent(const struct runner_event *ev, const char *member)
{
	return json_get(ev->document, member, NULL) == NULL;
}

static int take_count(const struct runner_event *ev, const char *member, int64_t *out, struct err *e)
{
	*out = -1;
	if (absent(ev, member))
		return 0;
	/* Engines measure in floating point too; the fraction of a millisecond or a byte is nothing to lose an event for. */
	if (!json_get_i64(ev->document, member, out)) {
		double d;

		if (!json_get_double(ev->document, member, &d) || d < 0 || d > (double)RUNNER_COUNT_MAX)
			return wrong(e, member, "must be a whole number from 0, or null");
		*out = (int64_t)llround(d);
	}
	if (*out < 0 || *out > RUNNER_COUNT_MAX)
		return wrong(e, member, "must be a whole number from 0, or null");
	return 0;
}

static int take_measure(const struct runner_event *ev, const char *member, double min, double max, double *out, struct err *e)
{
	*out = NAN;
	if (absent(ev, member))
		return 0;
	if (!json_get_double(ev->document, member, out) || *out < min || *out > max) {
		*out = NAN;
		return wrong(e, member, "is not a number, or out of its range");
	}
	return 0;
}

static int take_round(struct runner_event *ev, bool needed, struct err *e)
{
	ev->round = 0;
	if (absent(ev, "round") && !needed)
		return 0;
	if (!json_get_i64(ev->document, "round", &ev->round) || ev->round < 1 || ev->round > RUNNER_ROUND_MAX)
		return wrong(e, "round", "must be a whole number from 1");
	return 0;
}

static int take_name(const struct runner_event *ev, const char *member, const char **out, struct err *e)
{
	if (!json_get_string(ev->document, member, out) || !is_client_name(*out))
		return wrong(e, member, "must be a name of 1 to 64 bytes without spaces");
	return 0;
}

/* One of the words, or a failure. */
static int take_word(const struct runner_event *ev, const char *member, const char *const *words, const char **out, struct err *e)
{
	if (json_get_string(ev->document, member, out))
		for (; *words; words++)
			if (strcmp(*words, *out) == 0)
				return 0;
	*out = NULL;
	return wrong(e, member, "is not one of the words that it may be");
}

static int take_text(struct runner_event *ev, const char *member, bool needed, struct err *e)
{
	const char *text;
	size_t n;

	if (absent(ev, member) && !needed)
		return 0;
	if (!json_get_string(ev->document, member, &text))
		return wrong(e, member, "must be a text");
	n = strlen(text);
	if (n > RUNNER_TEXT_MAX)
		for (n = RUNNER_TEXT_MAX; ((unsigned char)text[n] & 0xc0) == 0x80; n--)
			;
	memcpy(ev->text, text, n);
	ev->text[n] = '\0';
	return 0;
}

static int take_names(const struct runner_event *ev, const char *member, size_t max, struct json_object **out, struct err *e)
{
	size_t i;

	*out = json_get(ev->document, member, NULL);
	if (!*out)
		return 0;
	if (!json_object_is_type(*out, json_type_array) || json_object_array_length(*out) > max)
		return wrong(e, member, "must be an array of names, and not too long");
	for (i = 0; i < json_object_array_length(*out); i++) {
		struct json_object *v = json_object_array_get_idx(*out, i);

		if (!json_object_is_type(v, json_type_string) || !is_client_name(json_object_get_string(v)))
			return wrong(e, member, "must hold names of 1 to 64 bytes without spaces");
	}
	return 0;
}

static int read_state(struct runner_event *ev, struct err *e)
{
	static const char *const words[] = {"running", "paused", "completed", "stopped", "aborted", "failed", NULL};
	const char *word;

	if (take_word(ev, "state", words, &word, e) == -1)
		return -1;
	status_from_name(word, &ev->state);
	return take_text(ev, "reason", false, e);
}

static int read_waiting_for(struct runner_event *ev, struct err *e)
{
	static const char *const words[] = {"clients", "service", "policy", NULL};

	if (!absent(ev, "what") && take_word(ev, "what", words, &ev->what, e) == -1)
		return -1;
	if (take_count(ev, "needed", &ev->needed, e) == -1 || take_count(ev, "present", &ev->present, e) == -1)
		return -1;
	return take_text(ev, "detail", false, e);
}

static int read_round_started(struct runner_event *ev, struct err *e)
{
	return take_round(ev, true, e) == -1 ? -1 : take_names(ev, "clients", RUNNER_CLIENTS_MAX, &ev->clients, e);
}

static int read_client_update(struct runner_event *ev, struct err *e)
{
	static const char *const words[] = {"idle", "training", "transferring", "finished", "lost", NULL};

	if (take_name(ev, "client", &ev->client, e) == -1 || take_word(ev, "status", words, &ev->client_status, e) == -1 || take_round(ev, false, e) == -1)
		return -1;
	if (take_measure(ev, "accuracy", 0, 1, &ev->accuracy, e) == -1 || take_measure(ev, "loss", -HUGE_VAL, HUGE_VAL, &ev->loss, e) == -1)
		return -1;
	if (take_count(ev, "samples", &ev->samples, e) == -1 || take_count(ev, "train_ms", &ev->train_ms, e) == -1 ||
	    take_count(ev, "transfer_ms", &ev->transfer_ms, e) == -1)
		return -1;
	if (take_count(ev, "bytes_up", &ev->bytes_up, e) == -1 || take_count(ev, "bytes_down", &ev->bytes_down, e) == -1)
		return -1;
	return take_text(ev, "detail", false, e);
}

static int read_round_completed(struct runner_event *ev, struct err *e)
{
	if (take_round(ev, true, e) == -1 || take_measure(ev, "accuracy", 0, 1, &ev->accuracy, e) == -1 ||
	    take_measure(ev, "loss", -HUGE_VAL, HUGE_VAL, &ev->loss, e) == -1)
		return -1;
	if (take_count(ev, "duration_ms", &ev->duration_ms, e) == -1 || take_count(ev, "clients", &ev->clients_n, e) == -1)
		return -1;
	return take_count(ev, "bytes", &ev->bytes, e) == -1 ? -1 : take_count(ev, "failed_clients", &ev->failed_clients, e);
}

static int read_nothing(struct runner_event *ev, struct err *e)
{
	(void)ev;
	(void)e;
	return 0;
}

static int read_log(struct runner_event *ev, struct err *e)
{
	static const char *const words[] = {"info", "warning", "error", NULL};

	return take_word(ev, "level", words, &ev->level, e) == -1 ? -1 : take_text(ev, "message", true, e);
}

static int read_error(struct runner_event *ev, struct err *e)
{
	return take_text(ev, "message", true, e);
}

static int read_not_applied(struct runner_event *ev, struct err *e)
{
	if (absent(ev, "members"))
		return wrong(e, "members", "must be an array of names");
	return take_names(ev, "members", RUNNER_MEMBERS_MAX, &ev->members, e) == -1 ? -1 : take_text(ev, "reason", false, e);
}

static int read_refused(struct runner_event *ev, struct err *e)
{
	static const char *const words[] = {"pause", "resume", "stop", "abort", NULL};
	const char *word;

	if (take_word(ev, "action", words, &word, e) == -1)
		return -1;
	action_from_name(word, &ev->action);
	return take_text(ev, "reason", false, e);
}

static int read_artifact(struct runner_event *ev, struct err *e)
{
	if (!json_get_string(ev->document, "name", &ev->name) || !runner_file_name_valid(ev->name))
		return wrong(e, "name", "must be 1 to 100 characters of A-Z a-z 0-9 . _ - and not begin with a dot");
	return take_name(ev, "kind", &ev->kind, e) == -1 ? -1 : take_text(ev, "description", false, e);
}

static const struct {
	const char *type;
	enum runner_event_type code;
	int (*read)(struct runner_event *ev, struct err *e);
} types[] = {
	{"state", RUNNER_STATE, read_state},
	{"waiting_for", RUNNER_WAITING_FOR, read_waiting_for},
	{"round_started", RUNNER_ROUND_STARTED, read_round_started},
	{"client_update", RUNNER_CLIENT_UPDATE, read_client_update},
	{"round_completed", RUNNER_ROUND_COMPLETED, read_round_completed},
	{"heartbeat", RUNNER_HEARTBEAT, read_nothing},
	{"log", RUNNER_LOG, read_log},
	{"error", RUNNER_ERROR, read_error},
	{"not_applied", RUNNER_NOT_APPLIED, read_not_applied},
	{"refused", RUNNER_REFUSED, read_refused},
	{"artifact", RUNNER_ARTIFACT, read_artifact},
};

static void init(struct runner_event *ev)
{
	memset(ev, 0, sizeof(*ev));
	ev->type = RUNNER_OTHER;
	ev->accuracy = ev->loss = NAN;
	ev->needed = ev->present = ev->samples = ev->train_ms = ev->transfer_ms = ev->bytes_up = ev->bytes_down = -1;
	ev->duration_ms = ev->clients_n = ev->failed_clients = ev->bytes = -1;
}

/* Everything but the reference to the document, which the caller has put there. */
static int read_all(struct runner_event *ev, struct err *e)
{
	const char *type;
	size_t i;

	if (!json_object_is_type(ev->document, json_type_object))
		return err_set(e, ERR_INVALID, "An event must be a JSON object");
	if (!json_get_i64(ev->document, "seq", &ev->seq) || ev->seq < 1 || ev->seq > RUNNER_COUNT_MAX)
		return wrong(e, "seq", "must be a whole number from 1");
	/* A time that makes no sense is as good as none: the reader has a clock of its own. */
	if (!json_get_i64(ev->document, "time", &ev->time_ms) || ev->time_ms < 0 || ev->time_ms >= YEAR_10000_MS)
		ev->time_ms = 0;
	if (!json_get_string(ev->document, "type", &type))
		return wrong(e, "type", "must be a text");
	for (i = 0; i < ARRAY_LEN(types); i++) {
		if (strcmp(types[i].type, type) == 0) {
			ev->type = types[i].code;
			return types[i].read(ev, e);
		}
	}
	return 0;
}

int runner_event_read(struct runner_event *ev, struct json_object *document, struct err *e)
{
	init(ev);
	ev->document = json_object_get(document);
	if (read_all(ev, e) == 0)
		return 0;
	runner_event_clear(ev);
	return -1;
}

int runner_event_parse(struct runner_event *ev, const char *line, size_t len, struct err *e)
{
	init(ev);
	if (len > RUNNER_LINE_MAX)
		return err_set(e, ERR_TOOLARGE, "The line is longer than %d bytes", RUNNER_LINE_MAX);
	if (json_in_parse_lenient(line, len, &ev->document, e) == -1)
		return -1;
	if (read_all(ev, e) == 0)
		return 0;
	runner_event_clear(ev);
	return -1;
}

void runner_event_clear(struct runner_event *ev)
{
	json_object_put(ev->document);
	init(ev);
}
