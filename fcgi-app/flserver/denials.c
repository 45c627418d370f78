/* Denied clients; see denials.h. */
#include "config.h"

#include "flserver/denials.h"

#include "lib/text.h"

#include <stdio.h>
#include <string.h>

#define EVERY_MS INT64_C(10000)
#define EVERY_SILENT_MS INT64_C(60000) /* of one that does not answer */
#define ASK_MS 1000

void denials_begin(struct denials *d, struct ask *policy, struct report *report, int64_t since_ms)
{
	d->policy = policy;
	d->report = report;
	d->since_ms = since_ms;
}

static void on_denial(void *arg, const struct fl_denial *x)
{
	struct denials *d = arg;
	char way[sizeof(d->newest)];
	uint64_t hash;
	size_t i;

	if (x->time_ms && x->time_ms < d->since_ms)
		return;
	snprintf(way, sizeof(way), "%s%s%s%s: %s", x->client[0] ? x->client : "a client", x->operation[0] ? " (" : "", x->operation, x->operation[0] ? ")" : "",
		 x->reason[0] ? x->reason : "no reason is given");
	hash = text_hash(way, strlen(way));
	for (i = 0; i < d->seen_n; i++)
		if (d->seen[i] == hash)
			return;
	if (d->seen_n == DENIALS_SEEN_MAX)
		return;
	d->seen[d->seen_n++] = hash;
	snprintf(d->newest, sizeof(d->newest), "%s", way);
	report_log(d->report, "warning", "A policy denied %s", way);
}

void denials_look(struct denials *d, int64_t mono_ms)
{
	char path[120];
	struct err e;

	if (!d->policy || mono_ms < d->due_mono_ms)
		return;
	/* Its times are seconds since 1970; others are silently ignored. */
	snprintf(path, sizeof(path), "/api/v1/policy_decisions?component=fl-client&limit=100&start_time=%.3f", (double)d->since_ms / 1000);
	if (ask_get(d->policy, path, ASK_MS, &d->answer) && d->answer.status == 200 &&
	    fl_denials_read(buf_str(&d->answer.body), d->answer.body.len, on_denial, d, &e) == 0)
		d->due_mono_ms = mono_ms + EVERY_MS;
	else
		d->due_mono_ms = mono_ms + EVERY_SILENT_MS;
}

void denials_clear(struct denials *d)
{
	buf_clear(&d->answer.body);
}
