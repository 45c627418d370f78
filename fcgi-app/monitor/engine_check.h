/*
 * The command of an engine's file that says whether the engine can be started ("check"): run with a time limit, without ever waiting for it.  It can when the command ends with status 0;
 * the first line it printed is then the engine's version, else the last line of its errors (or of its output) is the reason.
 */
#ifndef MONITOR_ENGINE_CHECK_H
#define MONITOR_ENGINE_CHECK_H

#include "lib/err.h"
#include "monitor/words.h"
#include "store/engine_state.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define ENGINE_CHECK_WAIT_MS 20000 /* a Python program on a busy machine needs seconds to begin */
#define ENGINE_CHECK_TEXT_MAX 2048 /* kept of what it says: of its output the beginning, of its errors the end */

/* A zeroed struct is none. */
struct engine_check {
	pid_t pid;   /* 0: none is running */
	pid_t stuck; /* of one that was killed and is not gone; 0: none */
	int out, err; /* what it says */
	char out_text[ENGINE_CHECK_TEXT_MAX + 1], err_text[ENGINE_CHECK_TEXT_MAX + 1];
	size_t out_len, err_len;
	int64_t deadline_mono_ms;
};

/* Fails with the reason when it cannot be run, or when the one before is stuck. */
int engine_check_begin(struct engine_check *c, const char *path, const struct words *args, const char *dir, int64_t mono_ms, struct err *e);
/* Every turn while it runs; true when it has ended, and available, reason and version of s are set. */
bool engine_check_turn(struct engine_check *c, int64_t mono_ms, struct engine_state *s);
/* End it where it runs. */
void engine_check_stop(struct engine_check *c);

#endif
