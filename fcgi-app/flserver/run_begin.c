/* How a run begins: attached, restarted or launched; see run.h. */
#include "config.h"

#include "flserver/run_parts.h"

#include "lib/log.h"
#include "lib/text.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>

#define RESTART_ASK_MS 15000      /* with its policy engine away it takes 12 s to say yes */

static void follow_on(struct run *r, int64_t base)
{
	struct follow *f = &r->follow;

	if (!follow_begin(f, base))
		return; /* tried again at the next look */
	r->round_before = base;
	run_enter(r, PHASE_FOLLOWING);
	if (f->status_known && f->status.max_rounds > 0) {
		int64_t left = f->status.max_rounds - base;
		char why[200];

		report_log(&r->report, "info", "fl_server is at round %" PRId64 " of %" PRId64 "%s", base, f->status.max_rounds, base ? "; its model is not a new one" : "");
		if (left < f->wanted) {
			snprintf(why, sizeof(why), "fl_server goes to its round %" PRId64 ", which leaves %" PRId64, f->status.max_rounds, left);
			report_not_applied(&r->report, "rounds", why);
		}
	}
}

/* The training that is there is over: another one, where the server allows it. */
static void restart(struct run *r, const char *how)
{
	char why[500];

	if (!follow_begin(&r->follow, 0))
		return;
	log_info("asking for a restart, because the training %s", how);
	if (!run_tell(r, "/restart", RESTART_ASK_MS, why, sizeof(why))) {
		run_fail(r, "fl_server's training %s, and it cannot be restarted: %s. Its process must be started again", how, why);
		return;
	}
	r->follow.begun = r->follow.ended = 0;
	r->follow.stopped = false;
	r->follow.status.current_round = 0;
	run_enter(r, PHASE_RESTARTING);
	follow_say_waiting(&r->follow, "service", -1, "fl_server agreed to a restart; its first round has not begun yet");
}

/*
 * A lock beside the run directories, named by the server's address, which the kernel opens when this process is gone, however it ends.
 */
void run_take_turn(struct run *r)
{
	char path[64];

	r->follow.heard_mono_ms = r->mono_ms; /* nobody was asked yet */
	if (r->turn_fd == -1) {
		snprintf(path, sizeof(path), "../.fl_server-%016" PRIx64 ".lock", text_hash(r->spec->fl_url, strlen(r->spec->fl_url)));
		r->turn_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
		if (r->turn_fd == -1) {
			run_fail(r, "The lock for fl_server cannot be made: %s", strerror(errno));
			return;
		}
	}
	if (flock(r->turn_fd, LOCK_EX | LOCK_NB) == -1) {
		follow_say_waiting(&r->follow, "service", -1, "Another experiment is on this fl_server, which has one training at a time");
		return;
	}
	run_enter(r, PHASE_ATTACHING);
	if (r->spec->launch)
		run_launch(r);
}

void run_attach(struct run *r)
{
	struct follow *f = &r->follow;
	char why[500];

	if (f->stopped) {
		restart(r, "was stopped by a policy");
		return;
	}
	switch (f->status.state) {
	case FL_COMPLETED:
		restart(r, "is complete");
		break;
	case FL_IDLE:
		/* One that was launched may not have come to it yet. */
		if (!r->child.pid || r->mono_ms - r->since_mono_ms > r->spec->begin_ms)
			restart(r, "has ended");
		break;
	case FL_PAUSED:
		if (!f->status.by_policy && !run_tell(r, "/resume", FOLLOW_ASK_MS, why, sizeof(why)))
			run_fail(r, "fl_server is paused and does not go on: %s", why);
		else
			follow_on(r, f->status.current_round);
		break;
	default:
		follow_on(r, f->status.current_round);
		break;
	}
}

void run_launch(struct run *r)
{
	struct err e;

	if (ask_get(r->follow.fl, "/health", FOLLOW_ASK_MS, &r->follow.answer)) {
		run_fail(r, "Something answers at fl_server's address already, so none is started");
	} else if (child_start(&r->child, r->spec->launch, &e) == -1) {
		run_fail(r, "fl_server cannot be started: %s", e.msg);
	} else {
		run_enter(r, PHASE_LAUNCHING);
		follow_say_waiting(&r->follow, "service", -1, "fl_server is being started");
	}
}

void run_await_restart(struct run *r)
{
	struct follow *f = &r->follow;

	if (f->begun > 0 || (f->no_events && f->status.current_round > 0)) {
		run_enter(r, PHASE_FOLLOWING);
		r->round_before = 0;
		run_say(r, "running");
	} else if (f->stopped) {
		run_fail(r, "fl_server agreed to a restart and was stopped by a policy again: %s", f->stop_reason[0] ? f->stop_reason : "no reason is given");
	} else if (r->mono_ms - r->since_mono_ms > r->spec->begin_ms) {
		run_fail(r, "fl_server agreed to a restart, but no round began within %" PRId64 " s; its process must be started again", r->spec->begin_ms / 1000);
	}
}
