/* One run; see run.h. */
#include "config.h"

#include "flserver/run_parts.h"

#include "lib/clock.h"
#include "lib/log.h"

#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TURN_MS 100
#define QUIET_MS 2000             /* without a line, before a heartbeat */
#define ABORT_ASK_MS 1500
#define ATTACH_WAIT_MS INT64_C(30000) /* for a server that is to be attached to */
#define GRACE_MS INT64_C(10000)   /* for what is only so for a moment between two rounds or at the end */
#define STUCK_MS INT64_C(120000)  /* a round whose end is not told: not in progress after this, where the server is held back */
#define END_PATIENCE_MS 5000      /* for a launched server to go */
#define ABORT_PATIENCE_MS 2000

void run_enter(struct run *r, enum phase phase)
{
	r->phase = phase;
	r->since_mono_ms = r->mono_ms;
	r->odd_mono_ms = 0;
}

void run_say(struct run *r, const char *state)
{
	if (r->state && strcmp(r->state, state) == 0)
		return;
	r->state = state;
	follow_say_state(&r->follow, state, NULL);
}

void run_finish(struct run *r, const char *state, const char *reason)
{
	child_end(&r->child, strcmp(state, "aborted") == 0 ? ABORT_PATIENCE_MS : END_PATIENCE_MS);
	follow_say_state(&r->follow, state, reason);
	log_info("over state=%s%s%s", state, reason ? " why: " : "", reason ? reason : "");
	r->over = true;
}

void run_fail(struct run *r, const char *fmt, ...)
{
	char why[900];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	run_finish(r, "failed", why);
}

bool run_tell(struct run *r, const char *path, int64_t timeout_ms, char *why, size_t size)
{
	struct answer *a = &r->follow.answer;
	char words[300];

	if (!ask_post(r->follow.fl, path, timeout_ms, a)) {
		if (a->status == 404)
			snprintf(why, size, "this fl_server has no %s", path);
		else
			snprintf(why, size, "fl_server gives no answer to %s: %s", path, a->why);
		return false;
	}
	if (fl_done_read(buf_str(&a->body), a->body.len, words, sizeof(words)) && a->status == 200)
		return true;
	if (a->status == 404)
		snprintf(why, size, "this fl_server has no %s", path);
	else
		snprintf(why, size, "fl_server says no to %s (%d): %s", path, a->status, words[0] ? words : "it gives no reason");
	return false;
}

/* Following. */

static bool is_held(const struct run *r)
{
	const struct follow *f = &r->follow;

	if (f->status.state != FL_PAUSED)
		return false;
	return !follow_in_round(f) || r->mono_ms - f->moved_mono_ms > STUCK_MS;
}

/* For longer than GRACE_MS? */
static bool lasts(struct run *r)
{
	if (!r->odd_mono_ms)
		r->odd_mono_ms = r->mono_ms;
	return r->mono_ms - r->odd_mono_ms > GRACE_MS;
}

/* The row of a round comes some seconds after its end. */
static bool all_read(struct run *r)
{
	const struct follow *f = &r->follow;
	int64_t over = f->ended > f->status.current_round ? f->ended : f->status.current_round;

	return f->base + f->done >= over || f->done >= f->wanted || lasts(r);
}

static void stop_done(struct run *r)
{
	char reason[240];

	if (r->child.pid) {
		run_finish(r, "stopped", NULL);
		return;
	}
	snprintf(reason, sizeof(reason), "fl_server is held back after its round %" PRId64 "%s", r->follow.status.current_round,
		 r->follow.status.by_policy ? ", also by a policy: when that ends, it goes on" : " and otherwise left alone");
	run_finish(r, "stopped", reason);
}

/* Before our last round is over, so that none of nobody's follows it. */
static void hold_last_round(struct run *r)
{
	const struct follow *f = &r->follow;
	int64_t last = f->base + f->wanted;
	char why[500];

	if (r->last_round_held || (f->begun < last && f->status.current_round < last) || (f->status.max_rounds > 0 && f->status.max_rounds <= last))
		return;
	if (run_tell(r, "/pause", FOLLOW_ASK_MS, why, sizeof(why)))
		r->last_round_held = true;
}

/* A policy that let go took our pause with it. */
static void hold_again(struct run *r)
{
	char why[500];

	if (r->policy_held && run_tell(r, "/pause", FOLLOW_ASK_MS, why, sizeof(why)))
		report_log(&r->report, "info", "The policy lets go; fl_server is held back for the pause that was asked for");
	r->policy_held = false;
}

/* Those that a policy turned away do not come. */
static void say_clients(struct run *r)
{
	char detail[sizeof(r->denials.newest) + 60];

	snprintf(detail, sizeof(detail), "fl_server waits for its clients%s%s", r->denials.newest[0] ? "; a policy denied " : "", r->denials.newest);
	follow_say_waiting(&r->follow, "clients", r->follow.status.clients, detail);
}

static void say_how_it_is(struct run *r)
{
	const struct follow *f = &r->follow;

	if (f->status.state == FL_PAUSED && (r->hold || !f->status.by_policy)) {
		r->policy_held = r->policy_held || (r->hold && f->status.by_policy);
		if (is_held(r) && !r->last_round_held)
			run_say(r, "paused");
		return;
	}
	if (f->status.state != FL_PAUSED && r->hold && r->policy_held) {
		hold_again(r);
		return;
	}
	/* Somebody else may have let it go on; then it does, whatever was asked for. */
	if (f->status.state != FL_PAUSED && (!r->hold || (r->state && strcmp(r->state, "paused") == 0))) {
		r->hold = false;
		run_say(r, "running");
	} else if (!r->hold) {
		run_say(r, "running");
	}
	if (f->status.state == FL_PAUSED)
		follow_say_waiting(&r->follow, "policy", -1, f->status.reason);
	else if (f->status.state == FL_WAITING)
		say_clients(r);
	else
		follow_say_waiting(&r->follow, NULL, -1, NULL);
}

static void follow_training(struct run *r)
{
	struct follow *f = &r->follow;
	char reason[FL_REASON_MAX + 40];

	if (f->done >= f->wanted) {
		run_finish(r, "completed", NULL);
	} else if (f->stopped) {
		snprintf(reason, sizeof(reason), "Stopped by policy: %s", f->stop_reason[0] ? f->stop_reason : "no reason is given");
		if (all_read(r))
			run_finish(r, "stopped", reason);
	} else if (f->status.current_round < r->round_before) {
		run_fail(r, "fl_server began anew: it was at round %" PRId64 " and is at round %" PRId64, r->round_before, f->status.current_round);
	} else if (f->status.state == FL_COMPLETED) {
		/* The row of the last round comes some seconds after the end. */
		if (f->done >= f->status.max_rounds - f->base || lasts(r))
			run_finish(r, "completed", NULL);
	} else if (f->status.state == FL_IDLE) {
		if (lasts(r))
			run_fail(r, "fl_server's training ended at round %" PRId64 " of %" PRId64 "; its own log says why", f->status.current_round, f->status.max_rounds);
	} else if (r->stopping && (is_held(r) || f->status.state == FL_WAITING)) {
		if (all_read(r))
			stop_done(r);
	} else {
		r->odd_mono_ms = 0;
		hold_last_round(r);
		if (!r->stopping)
			say_how_it_is(r);
	}
	r->round_before = f->status.current_round;
}

/* Silence. */

static void bear_silence(struct run *r)
{
	struct follow *f = &r->follow;
	int64_t patience = r->phase == PHASE_ATTACHING && !r->child.pid ? ATTACH_WAIT_MS : r->phase == PHASE_LAUNCHING ? r->spec->begin_ms : r->spec->lost_ms;
	char detail[400];

	/* Gently: one that is busy is not helped by questions. */
	r->look_mono_ms = r->mono_ms + (f->failures < 3 ? r->spec->poll_ms : 5 * r->spec->poll_ms);
	if (patience > r->spec->lost_ms && r->phase != PHASE_LAUNCHING)
		patience = r->spec->lost_ms;
	if (r->mono_ms - f->heard_mono_ms > patience) {
		run_fail(r, "fl_server has not answered for %" PRId64 " s: %s", (r->mono_ms - f->heard_mono_ms) / 1000, f->why);
		return;
	}
	if (f->failures < 2 || r->phase == PHASE_LAUNCHING)
		return;
	snprintf(detail, sizeof(detail), "fl_server does not answer: %s", f->why);
	follow_say_waiting(f, "service", -1, detail);
}

/* While it was stopped before us, its /status waits for the policy engine. */
static bool with_status(struct run *r)
{
	return r->phase == PHASE_FOLLOWING || (r->phase == PHASE_ATTACHING && (!r->follow.stopped || follow_policy_well(&r->follow)));
}

static void look(struct run *r)
{
	struct follow *f = &r->follow;

	r->look_mono_ms = r->mono_ms + r->spec->poll_ms;
	if (r->phase == PHASE_TURN) {
		run_take_turn(r);
		if (r->phase == PHASE_TURN || r->over)
			return;
	}
	if (r->phase == PHASE_LAUNCHING) {
		if (!ask_get(f->fl, "/health", FOLLOW_ASK_MS, &f->answer)) {
			snprintf(f->why, sizeof(f->why), "%s", f->answer.why);
			bear_silence(r);
			return;
		}
		f->heard_mono_ms = r->mono_ms;
		run_enter(r, PHASE_ATTACHING);
	}
	if (!follow_look(f, with_status(r), r->mono_ms)) {
		r->mono_ms = clock_mono_ms();
		bear_silence(r);
	} else if (r->phase == PHASE_ATTACHING) {
		run_attach(r);
		r->look_mono_ms = r->mono_ms;
	} else if (r->phase == PHASE_RESTARTING) {
		run_await_restart(r);
	} else {
		/* A run runs before its rounds do. */
		if (!r->state && !r->hold && (f->status.state != FL_PAUSED || f->status.by_policy))
			run_say(r, "running");
		denials_look(&r->denials, r->mono_ms);
		if (follow_read_rounds(f))
			follow_training(r);
		else
			bear_silence(r);
	}
}

/* Commands. */

static void hold_back(struct run *r, const char *action)
{
	char why[500];

	if (r->phase != PHASE_FOLLOWING)
		report_refused(&r->report, action, "fl_server's training has not begun yet");
	else if (run_tell(r, "/pause", FOLLOW_ASK_MS, why, sizeof(why))) {
		r->policy_held = false;
		*(strcmp(action, "pause") == 0 ? &r->hold : &r->stopping) = true;
		r->state = NULL; /* said again, even where nothing is new */
		r->look_mono_ms = 0;
	} else {
		report_refused(&r->report, action, why);
	}
}

static void let_go(struct run *r)
{
	char why[500];

	if (!run_tell(r, "/resume", FOLLOW_ASK_MS, why, sizeof(why))) {
		report_refused(&r->report, "resume", why);
		return;
	}
	r->hold = r->policy_held = false;
	r->state = NULL; /* whatever it is now is the answer */
	r->look_mono_ms = 0;
}

static void abort_run(struct run *r)
{
	char why[500];

	if (r->child.pid || r->phase != PHASE_FOLLOWING) {
		run_finish(r, "aborted", NULL);
		return;
	}
	if (run_tell(r, "/pause", ABORT_ASK_MS, why, sizeof(why)))
		run_finish(r, "aborted", "fl_server cannot be aborted from here: it finishes the round in progress and is then held back");
	else
		run_finish(r, "aborted", "fl_server cannot be aborted from here, and goes on");
}

static void stop_run(struct run *r)
{
	if (r->phase == PHASE_FOLLOWING)
		hold_back(r, "stop");
	else
		run_finish(r, "stopped", r->child.pid ? NULL : "fl_server's training had not begun");
}

static void obey(void *arg, enum command_action action, const char *text)
{
	struct run *r = arg;

	if (r->over)
		return;
	switch (action) {
	case COMMAND_PAUSE:
		hold_back(r, "pause");
		break;
	case COMMAND_RESUME:
		let_go(r);
		break;
	case COMMAND_STOP:
		stop_run(r);
		break;
	case COMMAND_ABORT:
		abort_run(r);
		break;
	default:
		report_log(&r->report, "warning", "A command was not understood: %s", text);
		break;
	}
}

static void hear(struct run *r)
{
	struct pollfd pfd = {.fd = r->control_fd, .events = POLLIN};
	char bytes[COMMAND_LINE_MAX];
	ssize_t n;

	if (poll(&pfd, 1, TURN_MS) != 1)
		return;
	n = read(r->control_fd, bytes, sizeof(bytes));
	if (n > 0)
		command_feed(&r->commands, bytes, (size_t)n, obey, r);
}

static void check_child(struct run *r)
{
	char how[80];

	if (!r->child.pid || child_runs(&r->child))
		return;
	child_describe(&r->child, how, sizeof(how));
	if (r->follow.done >= r->follow.wanted)
		run_finish(r, "completed", NULL);
	else
		run_fail(r, "The fl_server that was started ended with %s%s", how, r->follow.done ? " before its last round was read" : "");
}

static bool begin(struct run *r)
{
	const char *url = r->spec->fl_url, *policy = r->spec->policy_url;
	size_t len = url ? strlen(url) : 0;
	struct err e;

	if (report_open(&r->report, &e) == -1) {
		log_error("%s", e.msg);
		return false;
	}
	r->follow.report = &r->report;
	r->follow.wanted = r->spec->rounds;
	r->mono_ms = r->follow.heard_mono_ms = clock_mono_ms();
	/* Both ends, so that opening waits for nobody and reading never meets an end. */
	r->control_fd = open("control", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (r->control_fd == -1) {
		run_fail(r, "The FIFO control cannot be opened");
	} else if (!url) {
		run_fail(r, "No fl_server is configured (integration.fl_server_url)");
	} else if (len > 11 && strstr(url, "/metrics/fl")) {
		run_fail(r, "integration.fl_server_url leads to the collector, through which fl_server cannot be controlled; it must be the address of its own metrics interface");
	} else {
		r->follow.fl = ask_new(url);
		r->follow.policy = policy ? ask_new(policy) : NULL;
		denials_begin(&r->denials, r->follow.policy, &r->report, clock_wall_ms());
		run_enter(r, PHASE_TURN);
	}
	return true;
}

int run_main(const struct spec *spec)
{
	static struct run r; /* the events that were seen are too many for a stack */

	r.spec = spec;
	r.control_fd = r.turn_fd = -1;
	if (!begin(&r))
		return 1;
	while (!r.over) {
		hear(&r);
		r.mono_ms = clock_mono_ms();
		if (!r.over)
			check_child(&r);
		if (!r.over && r.mono_ms >= r.look_mono_ms)
			look(&r);
		if (!r.over)
			report_heartbeat(&r.report, QUIET_MS);
	}
	if (r.control_fd != -1)
		close(r.control_fd);
	if (r.turn_fd != -1)
		close(r.turn_fd);
	ask_free(r.follow.fl);
	ask_free(r.follow.policy);
	buf_clear(&r.follow.answer.body);
	denials_clear(&r.denials);
	report_close(&r.report);
	return 0;
}
