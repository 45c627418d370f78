/* Writing events; see events.h. */
#include "config.h"

#include "engine/events.h"

#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/json_in.h"
#include "lib/json_out.h"
#include "lib/log.h"
#include "lib/mem.h"
#include "lib/text.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINE_MAX_BYTES 65536u /* the protocol's limit on a line */

struct events {
	pthread_mutex_t lock;
	int fd;
	off_t end; /* of the last whole line */
	int64_t seq;
	int64_t last_ms; /* monotonic, of the last line */
	bool final;
	struct buf line;
	struct json_out json;
};

/* The number of the last line in data (len > 0, ends with a newline). */
static int last_seq(const char *data, size_t len, int64_t *seq, struct err *e)
{
	const char *nl = memrchr(data, '\n', len - 1), *line = nl ? nl + 1 : data;
	struct json_object *o = NULL;
	int rc = -1;

	if (json_in_parse_object(line, (size_t)(data + len - 1 - line), &o, e) == 0)
		rc = json_get_i64(o, "seq", seq) && *seq >= 0 ? 0 : err_set(e, ERR_INVALID, "the last line of events.jsonl has no sequence number");
	json_object_put(o);
	return rc;
}

/* Go on from an existing file; two lines' worth of its end tell all. */
static int take_up(struct events *ev, struct err *e)
{
	off_t size = lseek(ev->fd, 0, SEEK_END), from = size > 2 * (off_t)LINE_MAX_BYTES ? size - 2 * (off_t)LINE_MAX_BYTES : 0;
	struct buf b = {0};
	const char *nl;
	ssize_t n;
	int rc = -1;

	if (size == 0)
		return 0;
	n = pread(ev->fd, buf_reserve(&b, (size_t)(size - from)), (size_t)(size - from), from);
	if (n != size - from) {
		err_set(e, ERR_INTERNAL, "cannot read events.jsonl");
		goto out;
	}
	nl = memrchr(b.data, '\n', (size_t)n);
	if (!nl && from) {
		err_set(e, ERR_INVALID, "events.jsonl has a line that is too long");
		goto out;
	}
	ev->end = nl ? from + (nl - b.data) + 1 : 0;
	if (ev->end < size && ftruncate(ev->fd, ev->end) == -1) {
		err_set(e, ERR_INTERNAL, "cannot cut events.jsonl: %s", strerror(errno));
		goto out;
	}
	rc = nl ? last_seq(b.data, (size_t)(nl - b.data) + 1, &ev->seq, e) : 0;
out:
	buf_clear(&b);
	return rc;
}

int events_open(struct events **out, const char *path, struct err *e)
{
	struct events *ev = mem_alloc(sizeof(*ev));

	*out = NULL;
	pthread_mutex_init(&ev->lock, NULL);
	ev->fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (ev->fd == -1) {
		err_set(e, ERR_INTERNAL, "cannot open %s: %s", path, strerror(errno));
	} else if (take_up(ev, e) == 0) {
		ev->last_ms = clock_mono_ms();
		*out = ev;
		return 0;
	}
	events_close(ev);
	return -1;
}

void events_close(struct events *ev)
{
	if (!ev)
		return;
	if (ev->fd != -1)
		close(ev->fd);
	buf_clear(&ev->line);
	pthread_mutex_destroy(&ev->lock);
	free(ev);
}

/* Takes the lock; NULL when nothing may be written any more (then event_end() is not called). */
static struct json_out *event_begin(struct events *ev, const char *type)
{
	pthread_mutex_lock(&ev->lock);
	if (ev->final) {
		pthread_mutex_unlock(&ev->lock);
		return NULL;
	}
	buf_reset(&ev->line);
	json_out_init(&ev->json, &ev->line);
	json_object_begin(&ev->json, NULL);
	json_put_i64(&ev->json, "seq", ev->seq + 1);
	json_put_i64(&ev->json, "time", clock_wall_ms());
	json_put_string(&ev->json, "type", type);
	return &ev->json;
}

/* One write(); what went out halfway is cut off again, so that a line is there once and whole or not at all. */
static bool write_line(struct events *ev)
{
	ssize_t n;

	do
		n = write(ev->fd, ev->line.data, ev->line.len);
	while (n == -1 && errno == EINTR);
	if (n == (ssize_t)ev->line.len)
		return true;
	log_error("events.jsonl cannot be written: %s", n == -1 ? strerror(errno) : "no space left");
	if (n > 0 && ftruncate(ev->fd, ev->end) == -1)
		exit(1);
	return false;
}

static void event_end(struct events *ev)
{
	int tries;

	json_object_end(&ev->json);
	buf_addc(&ev->line, '\n');
	for (tries = 0; !write_line(ev); tries++) {
		if (tries == EVENTS_RETRY_S)
			exit(1);
		sleep(1);
	}
	ev->end += (off_t)ev->line.len;
	ev->seq++;
	ev->last_ms = clock_mono_ms();
	pthread_mutex_unlock(&ev->lock);
}

void events_state(struct events *ev, enum events_state state, const char *reason)
{
	static const char *const names[] = {"running", "paused", "completed", "stopped", "aborted", "failed"};
	struct json_out *j = event_begin(ev, "state");

	if (!j)
		return;
	json_put_string(j, "state", names[state]);
	if (reason)
		json_put_string(j, "reason", reason);
	ev->final = state >= EVENTS_COMPLETED;
	event_end(ev);
}

void events_log(struct events *ev, const char *level, const char *fmt, ...)
{
	struct json_out *j = event_begin(ev, "log");
	char text[512];
	va_list ap;

	if (!j)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	json_put_string(j, "level", level);
	json_put_string(j, "message", text);
	event_end(ev);
}

void events_error(struct events *ev, const char *message)
{
	struct json_out *j = event_begin(ev, "error");

	if (!j)
		return;
	json_put_string(j, "message", message);
	event_end(ev);
}

void events_refused(struct events *ev, const char *action, const char *reason)
{
	struct json_out *j = event_begin(ev, "refused");

	if (!j)
		return;
	json_put_string(j, "action", action);
	json_put_string(j, "reason", reason);
	event_end(ev);
}

void events_not_applied(struct events *ev, const char *names, const char *reason)
{
	struct json_out *j = event_begin(ev, "not_applied");

	if (!j)
		return;
	json_array_begin(j, "members");
	while (*names) {
		size_t n = strcspn(names, " ");

		json_put_string_len(j, NULL, names, n);
		names += n;
		names += *names == ' ';
	}
	json_array_end(j);
	json_put_string(j, "reason", reason);
	event_end(ev);
}

void events_artifact(struct events *ev, const char *name, const char *kind, const char *description)
{
	struct json_out *j = event_begin(ev, "artifact");

	if (!j)
		return;
	json_put_string(j, "name", name);
	json_put_string(j, "kind", kind);
	json_put_string(j, "description", description);
	event_end(ev);
}

void events_heartbeat(struct events *ev, int64_t quiet_ms)
{
	struct json_out *j = event_begin(ev, "heartbeat");

	if (!j)
		return;
	if (clock_mono_ms() - ev->last_ms >= quiet_ms)
		event_end(ev);
	else
		pthread_mutex_unlock(&ev->lock);
}

static void put_client_name(struct json_out *j, const char *name, uint32_t client)
{
	char id[TEXT_ID_MAX];

	json_put_string(j, name, text_from_id("client_", (int64_t)client + 1, id));
}

/* Six decimals are more than the float sums behind them are worth. */
static void put_rounded(struct json_out *j, const char *name, double v)
{
	json_put_double(j, name, round(v * 1e6) / 1e6);
}

static void put_count(struct json_out *j, const char *name, int64_t v)
{
	if (v >= 0)
		json_put_i64(j, name, v);
}

void events_round_started(struct events *ev, int round, const uint32_t *clients, size_t n)
{
	struct json_out *j = event_begin(ev, "round_started");
	size_t i;

	if (!j)
		return;
	json_put_i64(j, "round", round);
	json_array_begin(j, "clients");
	for (i = 0; i < n; i++)
		put_client_name(j, NULL, clients[i]);
	json_array_end(j);
	event_end(ev);
}

struct events_client events_client_init(uint32_t client, int round, const char *status)
{
	return (struct events_client){.client = client, .round = round, .status = status, .accuracy = -1, .loss = -1, .train_ms = -1, .transfer_ms = -1,
	                              .samples = -1, .bytes_up = -1, .bytes_down = -1};
}

void events_client(struct events *ev, const struct events_client *c)
{
	struct json_out *j = event_begin(ev, "client_update");

	if (!j)
		return;
	put_client_name(j, "client", c->client);
	if (c->round > 0)
		json_put_i64(j, "round", c->round);
	json_put_string(j, "status", c->status);
	if (!(c->accuracy < 0))
		put_rounded(j, "accuracy", c->accuracy);
	if (!(c->loss < 0)) /* not a number is written: as null */
		put_rounded(j, "loss", c->loss);
	put_count(j, "samples", c->samples);
	if (c->train_ms >= 0)
		json_put_i64(j, "train_ms", llround(c->train_ms));
	if (c->transfer_ms >= 0)
		json_put_i64(j, "transfer_ms", llround(c->transfer_ms));
	put_count(j, "bytes_up", c->bytes_up);
	put_count(j, "bytes_down", c->bytes_down);
	if (c->detail)
		json_put_string(j, "detail", c->detail);
	event_end(ev);
}

void events_round_completed(struct events *ev, const struct events_round *r)
{
	struct json_out *j = event_begin(ev, "round_completed");

	if (!j)
		return;
	json_put_i64(j, "round", r->round);
	put_rounded(j, "accuracy", r->accuracy);
	put_rounded(j, "loss", r->loss);
	json_put_i64(j, "duration_ms", llround(r->duration_ms));
	json_put_i64(j, "clients", (int64_t)r->clients);
	json_put_i64(j, "bytes", r->bytes);
	json_put_i64(j, "failed_clients", (int64_t)r->failed_clients);
	event_end(ev);
}
