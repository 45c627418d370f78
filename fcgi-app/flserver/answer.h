/*
 * What FLOPY-NET's fl_server says, by its metrics interface, and what of it is true.  Pure: texts in, structs out.
 *
 * Much that it says is not: server_status is "ready" when training is complete and "paused" when a policy has stopped it, training_complete is never true, the number of clients is refreshed
 * only when a round is configured.  So the state is derived, from few members, in a fixed order.  NaN stands bare in its JSON and becomes "not known".
 */
#ifndef FLSERVER_ANSWER_H
#define FLSERVER_ANSWER_H

#include "lib/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FL_REASON_MAX 400
#define FL_ID_MAX 80
#define FL_ROUND_MAX 1000000

enum fl_state {
	FL_WAITING,   /* for clients, or for itself to be ready */
	FL_RUNNING,
	FL_PAUSED,    /* by hand or by a policy: see by_policy */
	FL_STOPPED,   /* by a policy */
	FL_COMPLETED,
	FL_IDLE       /* nothing trains, and it is not complete */
};

struct fl_status {
	enum fl_state state;
	bool by_policy;            /* what paused it is a policy */
	int64_t current_round, max_rounds, clients; /* -1: not said */
	int64_t time_ms;           /* its clock; 0: not said */
	char reason[FL_REASON_MAX]; /* of a pause or a stop, "" for none */
};

/* ERR_INVALID: not the answer to GET /status. */
int fl_status_read(const char *text, size_t len, struct fl_status *s, struct err *e);

enum fl_event_type {
	FL_ROUND_STARTED, FL_ROUND_COMPLETED, FL_ROUND_DENIED, FL_PAUSED_BY_HAND, FL_PAUSED_BY_POLICY, FL_RESUMED, FL_STOPPED_BY_POLICY, FL_RESTARTED, FL_STARTED, FL_OTHER
};

struct fl_event {
	char id[FL_ID_MAX];
	enum fl_event_type type;
	int64_t round;              /* 0: not said */
	int64_t time_ms;            /* 0: not said */
	char reason[FL_REASON_MAX]; /* "" for none */
};

/* The answer to GET /events, oldest first.  Elements that are no events are left out. */
int fl_events_read(const char *text, size_t len, void (*fn)(void *arg, const struct fl_event *ev), void *arg, struct err *e);

struct fl_round {
	int64_t round, time_ms;                /* time 0: not said */
	int64_t duration_ms, clients, failed;  /* -1: not said */
	double accuracy, loss;                 /* accuracy 0..1; NAN: not known */
};

/* The answer to GET /rounds, ascending. */
int fl_rounds_read(const char *text, size_t len, void (*fn)(void *arg, const struct fl_round *r), void *arg, struct err *e);

/* A decision of the policy engine that denied a client something. */
struct fl_denial {
	char client[FL_ID_MAX];     /* "" where it does not say who */
	char operation[FL_ID_MAX];
	char reason[FL_REASON_MAX];
	int64_t time_ms;            /* 0: not said */
};

/* The policy engine's answer to GET /api/v1/policy_decisions; fn gets the denials only. */
int fl_denials_read(const char *text, size_t len, void (*fn)(void *arg, const struct fl_denial *d), void *arg, struct err *e);

/* Its clock by the answer to GET /health; 0: not said. */
int64_t fl_clock_read(const char *text, size_t len);

/* {"success":true,"message":"…"} or {"error":"…"}: whether it did, and its words ("" for none).  Anything else is no success. */
bool fl_done_read(const char *text, size_t len, char *message, size_t size);

#endif
