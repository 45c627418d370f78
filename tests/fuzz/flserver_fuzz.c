/* fl_server's answers, whatever they hold: the first byte chooses which one it is taken for, and what comes out is within its limits. */
#include "config.h"

#include "flserver/answer.h"
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

static void need_text(const char *text, size_t size)
{
	size_t i, n = strnlen(text, size);

	need(n < size && text_utf8_valid(text, n));
	for (i = 0; i < n; i++)
		need((unsigned char)text[i] >= 0x20 && text[i] != 0x7f);
}

static void on_event(void *arg, const struct fl_event *ev)
{
	(void)arg;
	need(ev->id[0] != '\0' && ev->round >= 0 && ev->round <= FL_ROUND_MAX && ev->time_ms >= 0);
	need_text(ev->id, sizeof(ev->id));
	need_text(ev->reason, sizeof(ev->reason));
}

static void on_denial(void *arg, const struct fl_denial *d)
{
	(void)arg;
	need(d->time_ms >= 0);
	need_text(d->client, sizeof(d->client));
	need_text(d->operation, sizeof(d->operation));
	need_text(d->reason, sizeof(d->reason));
}

static void on_round(void *arg, const struct fl_round *r)
{
	(void)arg;
	need(r->round >= 1 && r->round <= FL_ROUND_MAX && r->clients >= -1 && r->failed >= -1 && r->duration_ms >= -1 && r->time_ms >= 0);
	need((isnan(r->accuracy) || (r->accuracy >= 0 && r->accuracy <= 1)) && (isnan(r->loss) || isfinite(r->loss)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data + 1;
	struct fl_status s;
	char words[64];
	struct err e;

	if (size == 0)
		return 0;
	size--;
	switch ((uint8_t)(data[0] - '0') % 6) {
	case 0:
		if (fl_status_read(text, size, &s, &e) == 0)
			need(s.current_round >= 0 && s.current_round <= FL_ROUND_MAX && s.max_rounds >= -1 && s.clients >= -1 && s.time_ms >= 0);
		need_text(s.reason, sizeof(s.reason));
		break;
	case 1:
		fl_events_read(text, size, on_event, NULL, &e);
		break;
	case 2:
		fl_rounds_read(text, size, on_round, NULL, &e);
		break;
	case 3:
		fl_done_read(text, size, words, sizeof(words));
		need_text(words, sizeof(words));
		break;
	case 4:
		fl_denials_read(text, size, on_denial, NULL, &e);
		break;
	default:
		need(fl_clock_read(text, size) >= 0);
		break;
	}
	return 0;
}
