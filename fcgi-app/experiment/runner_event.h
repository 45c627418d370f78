/*
 * One event of an engine, as docs/runner-protocol.md has it: a line of events.jsonl, or an element of what a remote engine posts.  Pure: text in, struct out.
 *
 * What an engine writes comes from outside, so every member has its type and range here and nothing beyond this file checks again.  A member that is absent or null is "not
 * known": -1 for numbers, NAN for measures, NULL for texts.  NaN and Infinity, which some JSON writers produce, are read as null.  Texts that are too long are cut at a code
 * point; names that are too long make the event malformed.
 */
#ifndef EXPERIMENT_RUNNER_EVENT_H
#define EXPERIMENT_RUNNER_EVENT_H

#include "experiment/lifecycle.h"
#include "lib/err.h"

#include <json-c/json_object.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RUNNER_LINE_MAX 65536     /* bytes of a line, the newline not counted */
#define RUNNER_TEXT_MAX 2000      /* bytes kept of a message or reason */
#define RUNNER_NAME_MAX 64        /* bytes of a client's name */
#define RUNNER_FILE_MAX 100       /* bytes of an artefact's name */
#define RUNNER_CLIENTS_MAX 4096   /* clients chosen for one round */
#define RUNNER_MEMBERS_MAX 64     /* settings named as not applied */
#define RUNNER_ROUND_MAX 1000000
#define RUNNER_COUNT_MAX (INT64_C(1) << 50) /* of bytes, samples, milliseconds: sums of thousands still fit 63 bits */

enum runner_event_type {
	RUNNER_STATE,
	RUNNER_WAITING_FOR,
	RUNNER_ROUND_STARTED,
	RUNNER_CLIENT_UPDATE,
	RUNNER_ROUND_COMPLETED,
	RUNNER_HEARTBEAT,
	RUNNER_LOG,
	RUNNER_ERROR,
	RUNNER_NOT_APPLIED,
	RUNNER_REFUSED,
	RUNNER_ARTIFACT,
	RUNNER_OTHER /* of a later protocol: counted, without effect */
};

/* Only the members of its type are set; the rest is "not known".  All pointers are borrowed from document. */
struct runner_event {
	struct json_object *document; /* owned: runner_event_clear() */
	enum runner_event_type type;
	int64_t seq;             /* from 1 */
	int64_t time_ms;         /* by the engine's clock; 0: not said */
	enum status state;       /* state */
	const char *what;        /* waiting_for: NULL clears */
	int64_t needed, present;
	int64_t round;           /* round_started, round_completed; client_update: 0 when not said */
	struct json_object *clients; /* round_started: array of names; NULL: not said */
	const char *client;      /* client_update */
	const char *client_status;
	double accuracy, loss;   /* 0..1; finite */
	int64_t samples, train_ms, transfer_ms, bytes_up, bytes_down;
	int64_t duration_ms, clients_n, failed_clients, bytes; /* round_completed */
	const char *level;       /* log: info, warning, error */
	struct json_object *members; /* not_applied: array of names */
	enum action action;      /* refused */
	const char *name, *kind; /* artifact */
	char text[RUNNER_TEXT_MAX + 1]; /* message, reason, detail or description; "" for none */
};

/* A line without its newline.  ERR_INVALID says what is wrong; ev then holds nothing. */
int runner_event_parse(struct runner_event *ev, const char *line, size_t len, struct err *e);
/* The same from a tree, which ev shares (its reference count goes up). */
int runner_event_read(struct runner_event *ev, struct json_object *document, struct err *e);
void runner_event_clear(struct runner_event *ev);

/* A name for a file of the run directory that may be listed and served: [A-Za-z0-9._-]{1,100}, not beginning with a dot. */
bool runner_file_name_valid(const char *name);

#endif
