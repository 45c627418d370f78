/* What a program is started with: its arguments and its environment, as execve(2) wants them. */
#ifndef MONITOR_WORDS_H
#define MONITOR_WORDS_H

#include <json-c/json_object.h>
#include <stddef.h>

/* A zeroed struct has none. */
struct words {
	char **all; /* NULL-terminated once something was added; each owned */
	size_t n;
};

/* word becomes the list's. */
void words_add(struct words *w, char *word);
void words_add_setting(struct words *w, const char *name, const char *value);
/* An array of strings. */
void words_add_all(struct words *w, const struct json_object *array);
/* What of our environment an engine gets: where programs and libraries are, languages; nothing secret is ever in these. */
void words_add_environment(struct words *w);
void words_clear(struct words *w);

#endif
