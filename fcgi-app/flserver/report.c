/* Events of the runner; see report.h. */
#include "config.h"

#include "flserver/report.h"

#include "lib/clock.h"
#include "lib/json_out.h"
#include "lib/log.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RETRY_S 30

int report_open(struct report *r, struct err *e)
{
	memset(r, 0, sizeof(*r));
	r->fd = open("events.jsonl", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	return r->fd == -1 ? err_set(e, ERR_INTERNAL, "cannot open events.jsonl: %s", strerror(errno)) : 0;
}

void report_close(struct report *r)
{
	if (r->fd != -1)
		close(r->fd);
	buf_clear(&r->line);
}

/* False when nothing may follow. */
static bool begin(struct report *r, struct json_out *j, const char *type)
{
	if (r->final)
		return false;
	buf_reset(&r->line);
	json_out_init(j, &r->line);
	json_object_begin(j, NULL);
	json_put_i64(j, "seq", r->seq + 1);
	json_put_i64(j, "time", clock_wall_ms());
	json_put_string(j, "type", type);
	return true;
}

/* What went out before the disk was full is cut off again, so that the line is there once and whole or not at all. */
static bool write_line(struct report *r)
{
	off_t before = lseek(r->fd, 0, SEEK_END);
	ssize_t n = write(r->fd, r->line.data, r->line.len);

	if (n == (ssize_t)r->line.len)
		return true;
	log_error("events.jsonl cannot be written: %s", n == -1 ? strerror(errno) : "no space left");
	if (n > 0 && ftruncate(r->fd, before) == -1)
		exit(1);
	return false;
}

static void end(struct report *r, struct json_out *j)
{
	int tries;

	json_object_end(j);
	buf_addc(&r->line, '\n');
	for (tries = 0; !write_line(r); tries++) {
		if (tries == RETRY_S)
			exit(1);
		sleep(1);
	}
	r->seq++;
	r->last_mono_ms = clock_mono_ms();
}

void report_state(struct report *r, const char *state, const char *reason)
{
	struct json_out j;

	if (!begin(r, &j, "state"))
		return;
	json_put_string(&j, "state", state);
	if (reason && reason[0])
		json_put_string(&j, "reason", reason);
	end(r, &j);
	r->final = strcmp(state, "running") != 0 && strcmp(state, "paused") != 0;
}

void report_waiting(struct report *r, const char *what, int64_t needed, int64_t present, const char *detail)
{
	struct json_out j;

	if (!begin(r, &j, "waiting_for"))
		return;
	json_put_string(&j, "what", what);
	if (what) {
		json_put_count(&j, "needed", needed);
		json_put_count(&j, "present", present);
		json_put_string(&j, "detail", detail);
	}
	end(r, &j);
}

void report_log(struct report *r, const char *level, const char *fmt, ...)
{
	struct json_out j;
	char text[800];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	log_info("%s", text);
	if (!begin(r, &j, "log"))
		return;
	json_put_string(&j, "level", level);
	json_put_string(&j, "message", text);
	end(r, &j);
}

void report_refused(struct report *r, const char *action, const char *reason)
{
	struct json_out j;

	log_warning("refused action=%s why: %s", action, reason);
	if (!begin(r, &j, "refused"))
		return;
	json_put_string(&j, "action", action);
	json_put_string(&j, "reason", reason);
	end(r, &j);
}

void report_not_applied(struct report *r, const char *member, const char *reason)
{
	struct json_out j;

	if (!begin(r, &j, "not_applied"))
		return;
	json_array_begin(&j, "members");
	json_put_string(&j, NULL, member);
	json_array_end(&j);
	json_put_string(&j, "reason", reason);
	end(r, &j);
}

void report_round_started(struct report *r, int64_t round)
{
	struct json_out j;

	if (!begin(r, &j, "round_started"))
		return;
	json_put_i64(&j, "round", round);
	end(r, &j);
}

void report_round_completed(struct report *r, int64_t round, const struct fl_round *row)
{
	struct json_out j;

	if (!begin(r, &j, "round_completed"))
		return;
	json_put_i64(&j, "round", round);
	json_put_double(&j, "accuracy", row->accuracy);
	json_put_double(&j, "loss", row->loss);
	json_put_count(&j, "duration_ms", row->duration_ms);
	json_put_count(&j, "clients", row->clients);
	json_put_count(&j, "failed_clients", row->failed);
	end(r, &j);
}

void report_heartbeat(struct report *r, int64_t quiet_ms)
{
	struct json_out j;

	if (clock_mono_ms() - r->last_mono_ms >= quiet_ms && begin(r, &j, "heartbeat"))
		end(r, &j);
}
