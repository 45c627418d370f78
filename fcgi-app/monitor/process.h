/*
 * Processes of engines.  A process is known by its number and its start time, so that a later one of the same number is never taken for it; it may be our child or one that an
 * earlier monitor started.  It leads a session and a process group of its own, and signals go to the group.
 */
#ifndef MONITOR_PROCESS_H
#define MONITOR_PROCESS_H

#include "lib/err.h"

#include <stdbool.h>
#include <stdint.h>

struct process {
	int64_t pid;
	int64_t start_ticks; /* /proc/PID/stat, field 22 */
};

struct process_end {
	bool known; /* only of our own children */
	int status; /* as from waitpid(2) */
};

/* True while it runs.  Once it does not, what is left of its group is killed, it is reaped, and *end is set. */
bool process_alive(const struct process *p, struct process_end *end);
/* To the whole group; harmless when it is gone. */
void process_signal(const struct process *p, int sig);
/* The start time of a process; false when there is none (or only a corpse). */
bool process_start_ticks(int64_t pid, int64_t *ticks);

struct launch {
	const char *path;   /* of the program */
	char **argv;
	char **envp;
	const char *dir;    /* its working directory; standard output and error go to stderr.log there */
	int pid_fd;         /* open and locked, close-on-exec: the child writes "PID TICKS NOTE" into it before it becomes the program */
	const char *note;
};

/*
 * Start a program.  The lock on pid_fd belongs to the open file, so it is held until both sides have let go: who finds the file unlocked knows that the child is the program by
 * now, or never was.  ERR_INVALID when the program cannot be run, with the reason.
 */
int process_launch(const struct launch *l, struct process *out, struct err *e);

/*
 * The program for a command's first word: with a slash, a path from dir; without, beside our own programs, then in PATH.  Owned by the caller; NULL with a reason
 * when it is not there or may not be run.
 */
char *process_find(const char *word, const char *dir, struct err *e);

#endif
