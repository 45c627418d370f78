/*
 * Engines and scenarios: files that say what can be run, with which members, limits and defaults.  docs/runner-protocol.md has the format.
 * Loaded whole at start (and on SIGHUP); a file that is wrong is an error that names it and stops the program from starting, so that a typo is found at once.
 */
#ifndef EXPERIMENT_SCENARIO_H
#define EXPERIMENT_SCENARIO_H

#include "lib/buf.h"
#include "lib/err.h"
#include "lib/json_out.h"

#include <json-c/json_object.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct engine {
	char *name;
	char *title;
	char *description;
	char *dir;                        /* of the file: relative commands are taken from here */
	struct json_object *document;     /* the whole file */
	bool remote;                      /* runs on another machine and reports by itself: "remote": true */
	struct json_object *command;      /* array of strings, borrowed from document; NULL for a remote one */
	struct json_object *members;      /* borrowed */
	struct json_object *rules;        /* borrowed, may be NULL */
	struct json_object *capabilities; /* borrowed, may be NULL */
	struct json_object *check;        /* array of strings: a command that says whether the engine can be started; borrowed, may be NULL */
	struct json_object *needs;        /* array of strings: services that must be there; borrowed, may be NULL */
};

struct scenario {
	char *name;
	char *title;
	char *description;
	const struct engine *engine;
	struct json_object *document;
	struct json_object *members; /* the engine's, with this scenario's defaults and limits; owned */
	struct json_object *network; /* default network_settings, borrowed, may be NULL */
};

struct catalog {
	struct engine *engines;
	size_t engines_n;
	struct scenario *scenarios; /* sorted by name */
	size_t scenarios_n;
};

int catalog_load(struct catalog *c, const char *engines_dir, const char *scenarios_dir, struct err *e);
void catalog_clear(struct catalog *c);
const struct scenario *catalog_scenario(const struct catalog *c, const char *name);
const struct engine *catalog_engine(const struct catalog *c, const char *name);

/*
 * Check a user's configuration (NULL: none given) against the scenario and fill in defaults, but of members that the engine does not honour.  Every wrong member is added to e as a detail under its own name.
 * Returns the complete object, owned by the caller; what it holds is sound only when err_collected() then finds nothing.
 */
struct json_object *scenario_configure(const struct scenario *s, const struct json_object *given, struct err *e);
/* An integer member of a complete configuration, or fallback. */
int64_t configuration_i64(const struct json_object *configuration, const char *name, int64_t fallback);
/* Does the engine honour the member? */
bool scenario_applies(const struct scenario *s, const char *member);
/* The capability, true where the engine's file does not say. */
bool engine_can(const struct engine *engine, const char *capability);
/*
 * What of a request an engine is known not to honour before anything runs, as a JSON array of names: members given that its file marks "applied": false, and limits of the network where it
 * cannot emulate one.  Both may be NULL.
 */
void scenario_not_applied(const struct scenario *s, const struct json_object *given, const struct json_object *network_settings, struct buf *out);

#endif
