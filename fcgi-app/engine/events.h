/*
 * The engine's side of events.jsonl (docs/runner-protocol.md): one JSON object a line, each with the next sequence number and the time, each by one write() at the
 * end of the file.  Any thread may call; a lock keeps lines whole and numbers in order.
 *
 * An existing file is continued: the numbers go on from its last whole line, and half a line at its end (a killed predecessor's) is cut off, which no reader has
 * read yet.  A line that cannot be written (the disk is full) is tried again every second for EVENTS_RETRY_S; then the process ends with status 1, because a run that
 * cannot be reported is worth nothing.
 *
 * After a final state nothing more is written.
 */
#ifndef ENGINE_EVENTS_H
#define ENGINE_EVENTS_H

#include "lib/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EVENTS_RETRY_S 30

enum events_state { EVENTS_RUNNING, EVENTS_PAUSED, EVENTS_COMPLETED, EVENTS_STOPPED, EVENTS_ABORTED, EVENTS_FAILED };

/* One client of a run as the world sees it.  Numbers below zero, NaN: not known. */
struct events_client {
	uint32_t client; /* from 0; written as client_001 */
	int round;       /* 0: none */
	const char *status;
	double accuracy, loss, train_ms, transfer_ms;
	int64_t samples, bytes_up, bytes_down;
	const char *detail; /* or NULL */
};

struct events_round {
	int round;
	double accuracy, loss, duration_ms;
	size_t clients, failed_clients;
	int64_t bytes;
};

struct events;

int events_open(struct events **out, const char *path, struct err *e);
void events_close(struct events *ev);

/* reason may be NULL. */
void events_state(struct events *ev, enum events_state state, const char *reason);
/* level: "info", "warning", "error". */
void events_log(struct events *ev, const char *level, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void events_error(struct events *ev, const char *message);
void events_refused(struct events *ev, const char *action, const char *reason);
/* names: separated by spaces. */
void events_not_applied(struct events *ev, const char *names, const char *reason);
void events_round_started(struct events *ev, int round, const uint32_t *clients, size_t n);
void events_client(struct events *ev, const struct events_client *c);
void events_round_completed(struct events *ev, const struct events_round *r);
void events_artifact(struct events *ev, const char *name, const char *kind, const char *description);
/* Written only when nothing else was for quiet_ms. */
void events_heartbeat(struct events *ev, int64_t quiet_ms);

/* An empty client update: nothing known but who. */
struct events_client events_client_init(uint32_t client, int round, const char *status);

#endif
