/*
 * What the configuration of GET /config means: its members, their ranges and defaults, how a change is merged into it, how it is shown.  Pure; texts in, texts out.
 *
 * A document is one JSON object with the sections dashboard, features, integration, services, notifications.  Two tables say all about its members (settings_table.c):
 * one for the fixed ones, one for the members of services.NAME, which exists only where somebody has set something: an override for a service that the platform
 * knows (collector, policy_engine, fl_server, sdn; influxdb, redis, mongodb), or a whole further service.  A document of the store may lack members that a newer
 * program has; they then have their defaults.
 *
 * Secrets are never shown: SETTINGS_MASK stands for one that is set, and giving the mask back leaves it as it is.  A webhook's address shows its host only.
 */
#ifndef PLATFORM_SETTINGS_H
#define PLATFORM_SETTINGS_H

#include "lib/buf.h"
#include "lib/err.h"
#include "lib/json_out.h"

#include <json-c/json_object.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SETTINGS_MASK "********"
#define SERVICE_NAME_MAX 32 /* [a-z][a-z0-9_]* */
#define SERVICES_MAX 1000   /* overrides and services of one's own in one document */

/* The values that most programs ask for: a copy, nothing to release. */
struct settings {
	/* dashboard */
	int64_t refresh_interval_ms; /* of the page */
	int64_t max_experiments;     /* active at once */
	int64_t retention_days;
	int64_t retention_size_mb;   /* near it the oldest samples and events go early */
	/* features */
	bool real_time_metrics;
	bool experiment_scheduling;
	bool alert_notifications;
};

/* The values of a document of the store (NULL: the defaults). */
void settings_read(const char *document, struct settings *s);

/* How a service is asked. */
enum probe_kind {
	PROBE_COLLECTOR, PROBE_POLICY_ENGINE, PROBE_FL_SERVER, PROBE_SDN, /* FLOPY-NET's own, by their JSON */
	PROBE_HTTP, PROBE_JSON, PROBE_PROMETHEUS, PROBE_TCP,
	PROBE_INFLUXDB, PROBE_REDIS, PROBE_MONGODB,
	PROBE_PROCESS,
	PROBE_MAX
};

extern const char *const probe_kind_names[PROBE_MAX];

/* One service or dependency with everything resolved.  Texts are NULL where nothing is set. */
struct service_config {
	char name[SERVICE_NAME_MAX + 1];
	char *title;
	bool dependency;      /* shown under /health/dependencies instead of /health */
	enum probe_kind kind;
	char *url;            /* NULL: not configured (or PROBE_PROCESS) */
	bool url_by_default;  /* nobody has chosen this address: while nothing has ever answered there, that is no outage, and the service counts as not configured */
	bool enabled;
	int64_t interval_ms, timeout_ms;
	int64_t failure_threshold, success_threshold; /* in a row, to become unhealthy and healthy again */
	int64_t degraded_ms;         /* an answer slower than this; 0: never */
	bool insecure;               /* TLS certificates are not verified */
	int64_t expect_status;
	char *json_path, *json_value; /* what the answer's member must be: text as it is, numbers and booleans in JSON's notation */
	char *metrics;               /* of an exposition: names of the series to keep, space separated; NULL: what there is */
	char *username, *password, *token;
	char *pid_file;              /* of a local process whose use is measured */
	int64_t port;                /* or the port it listens on; 0: none */
	int64_t memory_limit_mb;     /* what memory_percent is a percentage of; 0: none */
};

/* All services of a document, the platform's own first (also those without an address), then further ones by name.  Owned: settings_services_free(). */
void settings_services(const char *document, struct service_config **services, size_t *n);
void settings_services_free(struct service_config *services, size_t n);

/* Ways to tell people. */
enum channel { CHANNEL_WEBHOOK, CHANNEL_SMTP, CHANNEL_MAX };

extern const char *const channel_names[CHANNEL_MAX];

/* What a service of the platform is called among people; the name itself for others. */
const char *service_title(const char *name);

struct notify_config {
	char *webhook_url, *webhook_secret; /* NULL: none */
	char *smtp_url, *smtp_username, *smtp_password;
	char *mail_from;
	char **mail_to; /* NULL-terminated, may be NULL */
	char *ca_file;  /* NULL: the system's certificates */
	bool insecure;  /* certificates are not verified */
	char *link_url; /* of the dashboard, for links in messages; NULL: none */
	int min_severity; /* enum severity of platform/rule.h */
	int64_t fold_seconds; /* how long a message waits for others */
	bool send_resolved;
};

/* Owned: settings_notify_clear(). */
void settings_notify(const char *document, struct notify_config *c);
void settings_notify_clear(struct notify_config *c);
bool settings_notify_has(const struct notify_config *c, enum channel channel);
/* Whom it reaches, for people: scheme and host of the webhook, the recipients of mails.  No secret. */
void settings_notify_target(const struct notify_config *c, enum channel channel, struct buf *out);

/*
 * Merge a change into a document (NULL: the defaults), all or nothing.  Members that patch does not name stay; null stands for "not set" where that may be, and for a
 * whole services.NAME for "remove".  *merged gets the complete new document, *difference the JSON array of {path, from, to} ("[]": nothing changes), secrets masked.
 * ERR_INVALID with every wrong member under its dotted path; both buffers are then untouched.
 */
int settings_merge(const char *document, const struct json_object *patch, struct buf *merged, struct buf *difference, struct err *e);
/* The same with the whole document replaced by another of the history (NULL: the defaults), except for secrets, which stay as they are. */
int settings_replace(const char *document, const char *by, struct buf *merged, struct buf *difference, struct err *e);
/* The members of a document (NULL: the defaults) into an object that is open in j, secrets masked. */
void settings_show(const char *document, struct json_out *j);
/* What can be set: for each member path, type, default, range, unit, help, as a JSON array. */
void settings_describe(struct json_out *j);

#endif
