/* Lines to commands; see command.h. */
#include "config.h"

#include "engine/command.h"

#include "lib/err.h"
#include "lib/json_in.h"
#include "lib/mem.h"

#include <stdio.h>
#include <string.h>

static enum command_action parse(const char *line, size_t len, char *text, size_t text_size)
{
	static const char *const names[] = {
		[COMMAND_PAUSE] = "pause", [COMMAND_RESUME] = "resume", [COMMAND_STOP] = "stop", [COMMAND_ABORT] = "abort"};
	enum command_action action = COMMAND_BAD;
	struct json_object *o = NULL;
	const char *name;
	struct err e;
	size_t i;

	if (json_in_parse_object(line, len, &o, &e) == -1) {
		snprintf(text, text_size, "%s", e.msg);
	} else if (!json_get_string(o, "action", &name)) {
		snprintf(text, text_size, "it has no action");
	} else {
		for (i = 0; i < ARRAY_LEN(names) && strcmp(names[i], name) != 0; i++)
			;
		action = i < ARRAY_LEN(names) ? (enum command_action)i : COMMAND_UNKNOWN;
		snprintf(text, text_size, "%s", strlen(name) < 64 ? name : "(a long one)");
	}
	json_object_put(o);
	return action;
}

void command_feed(struct command_reader *r, const char *bytes, size_t n, void (*fn)(void *arg, enum command_action action, const char *text), void *arg)
{
	char text[400];
	size_t i;

	for (i = 0; i < n; i++) {
		if (bytes[i] != '\n') {
			if (r->len < sizeof(r->line))
				r->line[r->len++] = bytes[i];
			else
				r->skipping = true;
			continue;
		}
		if (r->skipping)
			fn(arg, COMMAND_BAD, "the line is too long");
		else if (r->len)
			fn(arg, parse(r->line, r->len, text, sizeof(text)), text);
		r->len = 0;
		r->skipping = false;
	}
}
