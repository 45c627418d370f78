/* What MongoDB answers; see mongodb_answer.h. */
#include "config.h"

#include "monitor/mongodb_answer.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *local(const char *message)
{
	if (strstr(message, "refused"))
		return "Connection refused";
	if (strstr(message, "timeout") || strstr(message, "timed out"))
		return "No answer in time";
	return "It cannot be connected to";
}

void mongodb_error_take(struct mongodb_answer *a, enum mongodb_error kind, const char *message)
{
	char clean[PROBE_TEXT_MAX];

	a->refused = kind != MONGODB_LOCAL;
	if (kind == MONGODB_SAID)
		snprintf(a->why, sizeof(a->why), "It refuses: %.150s", probe_clean(message, strlen(message), clean, sizeof(clean)));
	else
		snprintf(a->why, sizeof(a->why), "%s", kind == MONGODB_AUTH ? "It refuses the user name or the password" : local(message));
}

void mongodb_read(struct probe_result *r, const struct mongodb_answer *a)
{
	if (isnan(a->ms)) {
		if (a->refused)
			probe_degrade(r, "%s", a->why);
		else
			probe_fail(r, "%s", a->why);
		return;
	}
	r->response_ms = a->ms;
	if (a->version[0])
		probe_version(r, a->version);
	else
		probe_degrade(r, "It does not tell its version%s%.150s", a->why[0] ? ": " : "", a->why);
}
