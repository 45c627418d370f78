/* An engine's line: what the reader lets through is within the limits that everything behind it relies on. */
#include "config.h"

#include "experiment/runner_event.h"
#include "lib/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool holds)
{
	if (!holds)
		abort();
}

static void need_count(int64_t v)
{
	need(v >= -1 && v <= RUNNER_COUNT_MAX);
}

static void need_names(struct json_object *names, size_t max)
{
	size_t i, n = names ? json_object_array_length(names) : 0;

	need(n <= max);
	for (i = 0; i < n; i++) {
		const char *name = json_object_get_string(json_object_array_get_idx(names, i));

		need(name && *name && strlen(name) <= RUNNER_NAME_MAX);
	}
}

static void check(const struct runner_event *ev)
{
	need(ev->seq >= 1 && ev->time_ms >= 0);
	need(ev->round >= 0 && ev->round <= RUNNER_ROUND_MAX);
	need(isnan(ev->accuracy) || (ev->accuracy >= 0 && ev->accuracy <= 1));
	need(isnan(ev->loss) || isfinite(ev->loss));
	need_count(ev->needed);
	need_count(ev->present);
	need_count(ev->samples);
	need_count(ev->train_ms);
	need_count(ev->transfer_ms);
	need_count(ev->bytes_up);
	need_count(ev->bytes_down);
	need_count(ev->duration_ms);
	need_count(ev->clients_n);
	need_count(ev->failed_clients);
	need_count(ev->bytes);
	need_names(ev->clients, RUNNER_CLIENTS_MAX);
	need_names(ev->members, RUNNER_MEMBERS_MAX);
	need(strlen(ev->text) <= RUNNER_TEXT_MAX && text_utf8_valid(ev->text, strlen(ev->text)));
	need((ev->type == RUNNER_CLIENT_UPDATE) == (ev->client != NULL));
	need((ev->type == RUNNER_ARTIFACT) == (ev->name != NULL));
	need(!ev->name || runner_file_name_valid(ev->name));
	need((ev->type != RUNNER_ROUND_STARTED && ev->type != RUNNER_ROUND_COMPLETED) || ev->round >= 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct runner_event ev, again;
	struct err e;

	if (runner_event_parse(&ev, (const char *)data, size, &e) == -1) {
		need(ev.document == NULL && e.code != ERR_NONE);
		return 0;
	}
	check(&ev);
	need(runner_event_read(&again, ev.document, &e) == 0 && again.type == ev.type && again.seq == ev.seq);
	runner_event_clear(&again);
	runner_event_clear(&ev);
	return 0;
}
