/* What the configuration of GET /config means: its members, ranges, defaults.  Pure. */
#ifndef PLATFORM_SETTINGS_H
#define PLATFORM_SETTINGS_H

#include "lib/err.h"

#include <stdbool.h>
#include <stdint.h>

struct settings {
	/* dashboard */
	int64_t refresh_interval_ms; /* of the page */
	int64_t max_experiments;     /* active at once */
	int64_t retention_days;
	/* features */
	bool real_time_metrics;
	bool experiment_scheduling;
	bool alert_notifications;
};

/* The values of a document of the store (NULL: the defaults). */
void settings_read(const char *document, struct settings *s);

#endif
