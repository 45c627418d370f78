/*
 * Following an fl_server's training: its events, its status and its new rounds are asked for; what is ours of them is reported.
 *
 * - Events are told once, whatever the server's buffer does; what was in it before us is only read.
 * - Its rounds are numbered by itself, from 1 after each restart, over rows of earlier trainings: a row is ours when it is the next one and newer than what we have seen of its clock.
 * - While a policy has stopped it, /status makes it ask the policy engine, which may take minutes in which it answers nobody.  A stop is therefore taken from its events, and /status left
 *   alone from then on unless the policy engine was just seen to be well.
 */
#ifndef FLSERVER_FOLLOW_H
#define FLSERVER_FOLLOW_H

#include "flserver/answer.h"
#include "flserver/ask.h"
#include "flserver/report.h"

#include <stdbool.h>
#include <stdint.h>

#define FOLLOW_SEEN_MAX 8192 /* events remembered: eight times the server's buffer */
#define FOLLOW_ASK_MS 3000

struct follow {
	struct report *report;
	struct ask *fl, *policy;   /* policy NULL: none is configured */
	struct answer answer;      /* the newest */
	struct fl_status status;   /* the newest; only once status_known */
	bool status_known;
	bool ours;                 /* from now on what it says is of this run */
	int64_t base;              /* its round before our first */
	int64_t wanted, done;      /* rounds of ours */
	int64_t said_started;
	int64_t begun, ended;      /* by its own count: newest round begun, newest one over */
	int64_t moved_mono_ms;     /* when any of these last changed */
	int64_t horizon_ms;        /* of its clock: rows from before are of an earlier training */
	bool stopped;              /* by a policy */
	char stop_reason[FL_REASON_MAX];
	char last_id[FL_ID_MAX];   /* newest event */
	bool no_events;            /* it has no /events */
	uint64_t seen[FOLLOW_SEEN_MAX]; /* hashes, a ring */
	size_t seen_n;
	char waiting[FL_REASON_MAX + 80]; /* what we last said that it waits for; "": nothing */
	int64_t heard_mono_ms;     /* newest answer */
	int failures;              /* in a row */
	bool policy_silent;        /* so is the policy engine, when it was last looked at */
	char why[300];             /* of the newest */
};

/*
 * One look at its events and its status.  False: it did not answer, and why says so.  with_status false leaves /status alone and takes the round from /metrics, which asks nobody.
 */
bool follow_look(struct follow *f, bool with_status, int64_t mono_ms);
/* Then its new rounds, which are told; for a run that is said to be running. */
bool follow_read_rounds(struct follow *f);
/* What is read from here on is of this run, its first round the one after base; rows from before its clock's now are not.  False: it did not answer. */
bool follow_begin(struct follow *f, int64_t base);
/* A round is in progress, as far as is known. */
bool follow_in_round(const struct follow *f);
/* Say what it waits for, when that is news; what NULL: nothing. */
void follow_say_waiting(struct follow *f, const char *what, int64_t present, const char *detail);
/* Say a state.  What it waits for is forgotten with it, there as here. */
void follow_say_state(struct follow *f, const char *state, const char *reason);
/* Is the policy engine well?  False also when none is configured. */
bool follow_policy_well(struct follow *f);

#endif
