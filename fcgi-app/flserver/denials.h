/*
 * Clients that the policy engine turned away.  fl_server says nothing of them: it only waits, and its clients' processes have ended.  So the policy engine's own decisions are read, now and
 * then, and each new way in which a client was denied something is told once.
 */
#ifndef FLSERVER_DENIALS_H
#define FLSERVER_DENIALS_H

#include "flserver/ask.h"
#include "flserver/report.h"

#include <stdint.h>

#define DENIALS_SEEN_MAX 256 /* ways; beyond them nothing more is told */

struct denials {
	struct ask *policy;
	struct report *report;
	struct answer answer;
	int64_t since_ms;            /* decisions from before are not ours */
	int64_t due_mono_ms;
	uint64_t seen[DENIALS_SEEN_MAX]; /* hashes of who, what and why */
	size_t seen_n;
	char newest[FL_REASON_MAX + 2 * FL_ID_MAX + 16]; /* in words; "": none yet */
};

/* policy NULL: there is none to ask, and nothing is done. */
void denials_begin(struct denials *d, struct ask *policy, struct report *report, int64_t since_ms);
/* Ask when it is time to. */
void denials_look(struct denials *d, int64_t mono_ms);
void denials_clear(struct denials *d);

#endif
