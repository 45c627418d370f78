/* Commands out of a stream of bytes: one JSON object a line, {"action":"pause"}.  No clock, no files. */
#ifndef ENGINE_COMMAND_H
#define ENGINE_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#define COMMAND_LINE_MAX 4096

enum command_action {
	COMMAND_PAUSE,
	COMMAND_RESUME,
	COMMAND_STOP,
	COMMAND_ABORT,
	COMMAND_UNKNOWN, /* text: the action, cut to what fits into a message */
	COMMAND_BAD      /* text: what is wrong with the line */
};

struct command_reader {
	char line[COMMAND_LINE_MAX];
	size_t len;
	bool skipping; /* the rest of a line that is too long */
};

/* Calls fn for each line that is complete now.  Empty lines are nothing. */
void command_feed(struct command_reader *r, const char *bytes, size_t n, void (*fn)(void *arg, enum command_action action, const char *text), void *arg);

#endif
