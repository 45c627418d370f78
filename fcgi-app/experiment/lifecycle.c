/* The life of an experiment as two tables; see lifecycle.h. */
#include "config.h"

#include "experiment/lifecycle.h"

#include "lib/mem.h"

#include <stdio.h>
#include <string.h>

static const char *const status_names[STATUS_MAX] = {
	[STATUS_CREATED] = "created",     [STATUS_QUEUED] = "queued",       [STATUS_STARTING] = "starting", [STATUS_RUNNING] = "running",
	[STATUS_PAUSING] = "pausing",     [STATUS_PAUSED] = "paused",       [STATUS_RESUMING] = "resuming", [STATUS_STOPPING] = "stopping",
	[STATUS_ABORTING] = "aborting",   [STATUS_COMPLETED] = "completed", [STATUS_STOPPED] = "stopped",   [STATUS_ABORTED] = "aborted",
	[STATUS_FAILED] = "failed",
};

static const char *const action_names[ACTION_MAX] = {
	[ACTION_START] = "start", [ACTION_PAUSE] = "pause", [ACTION_RESUME] = "resume", [ACTION_STOP] = "stop", [ACTION_ABORT] = "abort",
};

#define NO STATUS_MAX /* not allowed */

static const enum status requests[STATUS_MAX][ACTION_MAX] = {
	/*                     start            pause           resume           stop             abort */
	[STATUS_CREATED]   = {STATUS_STARTING, NO,             NO,              NO,              NO},
	[STATUS_QUEUED]    = {NO,              NO,             NO,              STATUS_STOPPED,  STATUS_ABORTED},
	[STATUS_STARTING]  = {NO,              NO,             NO,              STATUS_STOPPING, STATUS_ABORTING},
	[STATUS_RUNNING]   = {NO,              STATUS_PAUSING, NO,              STATUS_STOPPING, STATUS_ABORTING},
	[STATUS_PAUSING]   = {NO,              NO,             NO,              STATUS_STOPPING, STATUS_ABORTING},
	[STATUS_PAUSED]    = {NO,              NO,             STATUS_RESUMING, STATUS_STOPPING, STATUS_ABORTING},
	[STATUS_RESUMING]  = {NO,              NO,             NO,              STATUS_STOPPING, STATUS_ABORTING},
	[STATUS_STOPPING]  = {NO,              NO,             NO,              NO,              STATUS_ABORTING},
	[STATUS_ABORTING]  = {NO, NO, NO, NO, NO},
	[STATUS_COMPLETED] = {NO, NO, NO, NO, NO},
	[STATUS_STOPPED]   = {NO, NO, NO, NO, NO},
	[STATUS_ABORTED]   = {NO, NO, NO, NO, NO},
	[STATUS_FAILED]    = {NO, NO, NO, NO, NO},
};

static bool find_name(const char *const *names, size_t n, const char *name, size_t *at)
{
	for (*at = 0; *at < n; (*at)++)
		if (strcmp(names[*at], name) == 0)
			return true;
	return false;
}

const char *status_name(enum status s)
{
	return status_names[s];
}

bool status_from_name(const char *name, enum status *s)
{
	size_t at;

	if (!find_name(status_names, STATUS_MAX, name, &at))
		return false;
	*s = (enum status)at;
	return true;
}

const char *action_name(enum action a)
{
	return action_names[a];
}

bool action_from_name(const char *name, enum action *a)
{
	size_t at;

	if (!find_name(action_names, ACTION_MAX, name, &at))
		return false;
	*a = (enum action)at;
	return true;
}

bool status_is_terminal(enum status s)
{
	return s >= STATUS_COMPLETED && s < STATUS_MAX;
}

bool status_is_active(enum status s)
{
	return s >= STATUS_STARTING && s <= STATUS_ABORTING;
}

bool status_is_transitional(enum status s)
{
	return status_is_active(s) && s != STATUS_RUNNING && s != STATUS_PAUSED;
}

bool lifecycle_request(enum status s, enum action a, enum status *next)
{
	*next = requests[s][a];
	return *next != NO;
}

enum status lifecycle_goal(enum action a)
{
	static const enum status goals[ACTION_MAX] = {
		[ACTION_START] = STATUS_RUNNING, [ACTION_PAUSE] = STATUS_PAUSED, [ACTION_RESUME] = STATUS_RUNNING,
		[ACTION_STOP] = STATUS_STOPPED,  [ACTION_ABORT] = STATUS_ABORTED,
	};

	return goals[a];
}

bool lifecycle_confirm(enum status s, enum status reported, enum status *next)
{
	*next = s;
	if (!status_is_active(s))
		return false;
	if (status_is_terminal(reported)) {
		/* The last round may end while a stop or an abort is on its way: it completed, and that is what happened. */
		*next = reported;
		return true;
	}
	switch (s) {
	case STATUS_STARTING:
	case STATUS_RESUMING:
		/* An engine may begin paused (a policy holds it); a `paused` while resuming is the old state said again. */
		if (s == STATUS_RESUMING && reported == STATUS_PAUSED)
			return false;
		*next = reported;
		return true;
	case STATUS_RUNNING:
	case STATUS_PAUSED:
		*next = reported;
		return reported != s;
	case STATUS_PAUSING:
		*next = reported == STATUS_PAUSED ? STATUS_PAUSED : s;
		return reported == STATUS_PAUSED;
	default: /* stopping, aborting: only an end is news */
		return false;
	}
}

const char *lifecycle_allowed(enum status s, char *out, size_t size)
{
	size_t a, n = 0;
	enum status next;

	snprintf(out, size, "none");
	for (a = 0; a < ACTION_MAX && n < size; a++)
		if (lifecycle_request(s, (enum action)a, &next))
			n += (size_t)snprintf(out + n, size - n, "%s%s", n ? ", " : "", action_names[a]);
	return out;
}
