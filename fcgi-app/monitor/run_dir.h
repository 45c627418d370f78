/*
 * The directory of a run: what docs/runner-protocol.md says is in it, and `engine.pid`, by which a monitor that was killed between starting an engine and
 * noting so in the store finds that engine again.
 */
#ifndef MONITOR_RUN_DIR_H
#define MONITOR_RUN_DIR_H

#include "lib/buf.h"
#include "lib/err.h"
#include "monitor/process.h"
#include "store/experiment.h"

#include <stdbool.h>
#include <stdint.h>

enum run_dir_state {
	RUN_DIR_EMPTY,   /* nothing was ever started in it, or it is not there */
	RUN_DIR_BUSY,    /* a child is just becoming an engine: look again soon */
	RUN_DIR_STARTED, /* an engine was started for this experiment; it may have ended since */
	RUN_DIR_FOREIGN  /* of another experiment with the same number, of a store that was since removed */
};

/* Says which engine a run directory belongs to: "CREATED BOOT".  out: 80 bytes. */
#define RUN_DIR_NOTE_MAX 80
void run_dir_note(const struct experiment *x, char out[RUN_DIR_NOTE_MAX]);

/* What is there; *p is set for STARTED and FOREIGN (pid 0: none any more). */
enum run_dir_state run_dir_look(const char *dir, const char *note, struct process *p);
/* Make it anew, with spec.json, and control where fifo; what was there is moved to a name beside it.  *pid_fd is engine.pid, open and locked. */
int run_dir_make(const char *dir, const struct buf *spec, bool fifo, int64_t now_ms, int *pid_fd, struct err *e);
/* spec.json; document is the configuration of the store (NULL: the defaults), of which engines get the services' addresses. */
void run_dir_spec(const struct experiment *x, const char *document, int64_t threads, struct buf *out);
/* The last lines of stderr.log as valid UTF-8, at most RUN_DIR_WORDS_MAX bytes. */
#define RUN_DIR_WORDS_LINES 5
#define RUN_DIR_WORDS_MAX 1000
void run_dir_last_words(const char *dir, struct buf *out);
/*
 * An engine that says too much must not fill the disk: a stderr.log longer than RUN_DIR_LOG_MAX is cut down to its last RUN_DIR_LOG_KEPT bytes, and says so.
 * The engine appends, so it goes on writing behind them; what it writes in the same moment may be lost.
 */
#define RUN_DIR_LOG_MAX (16 * 1024 * 1024)
#define RUN_DIR_LOG_KEPT (1024 * 1024)
void run_dir_bound_log(const char *dir);

#endif
