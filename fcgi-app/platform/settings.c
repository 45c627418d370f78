/* The configuration's meaning; see settings.h. */
#include "config.h"

#include "platform/settings.h"

#include "lib/json_in.h"

#include <string.h>

void settings_read(const char *document, struct settings *s)
{
	struct json_object *doc = NULL, *dashboard, *features;

	s->refresh_interval_ms = 5000;
	s->max_experiments = 10;
	s->retention_days = 30;
	s->real_time_metrics = s->experiment_scheduling = s->alert_notifications = true;
	if (!document || json_in_parse_object(document, strlen(document), &doc, NULL) == -1)
		return;
	dashboard = json_get(doc, "dashboard", NULL);
	features = json_get(doc, "features", NULL);
	json_get_i64(dashboard, "refresh_interval", &s->refresh_interval_ms);
	json_get_i64(dashboard, "max_experiments", &s->max_experiments);
	json_get_i64(dashboard, "retention_days", &s->retention_days);
	json_get_bool(features, "real_time_metrics", &s->real_time_metrics);
	json_get_bool(features, "experiment_scheduling", &s->experiment_scheduling);
	json_get_bool(features, "alert_notifications", &s->alert_notifications);
	json_object_put(doc);
}
