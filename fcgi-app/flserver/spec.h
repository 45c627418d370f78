/* What is to be done: spec.json of the run, and the words of our own command line. */
#ifndef FLSERVER_SPEC_H
#define FLSERVER_SPEC_H

#include "lib/err.h"

#include <json-c/json_object.h>
#include <stdint.h>

struct spec {
	struct json_object *document;
	struct json_object *configuration; /* borrowed */
	const char *fl_url, *policy_url;   /* borrowed; NULL: none is configured */
	int64_t rounds;
	char **launch;           /* the command that starts an fl_server, NULL-terminated, {NAME} replaced by the configuration's; NULL: attach to the one that is there */
	int64_t poll_ms;         /* between two looks */
	int64_t lost_ms;         /* of silence, after which the run has failed */
	int64_t begin_ms;        /* for a restarted or launched server to begin */
};

/* spec.json of the working directory.  ERR_INVALID: the command line or the file; the message is for people. */
int spec_read(struct spec *s, int argc, char **argv, struct err *e);
void spec_clear(struct spec *s);

#endif
