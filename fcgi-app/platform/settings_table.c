/* All settings; see settings_table.h. */
#include "config.h"

#include "platform/settings_table.h"

#include "lib/mem.h"

#include <string.h>

#define HTTP "http https"

const char *const probe_kind_names[PROBE_MAX] = {
	[PROBE_COLLECTOR] = "collector",
	[PROBE_POLICY_ENGINE] = "policy_engine",
	[PROBE_FL_SERVER] = "fl_server",
	[PROBE_SDN] = "sdn",
	[PROBE_HTTP] = "http",
	[PROBE_JSON] = "json",
	[PROBE_PROMETHEUS] = "prometheus",
	[PROBE_TCP] = "tcp",
	[PROBE_INFLUXDB] = "influxdb",
	[PROBE_REDIS] = "redis",
	[PROBE_MONGODB] = "mongodb",
	[PROBE_PROCESS] = "process",
};

#define KINDS "http json prometheus tcp redis influxdb mongodb process fl_server collector policy_engine sdn"
#define MONGODB "mongodb mongodb+srv"

/*
 * The defaults of integration are where FLOPY-NET's services really listen when they are started by hand; the collector publishes 8083, and fl_server's answers
 * come from its metrics port 8081 (8080 is gRPC and answers no HTTP).
 */
const struct setting settings_table[] = {
	{"dashboard", "refresh_interval", SETTING_INTEGER, false, 1000, 3600000, NULL, "5000", "ms", "How often the page asks for what is not pushed to it"},
	{"dashboard", "max_experiments", SETTING_INTEGER, false, 1, 100, NULL, "10", "", "How many experiments may be active at once"},
	{"dashboard", "retention_days", SETTING_INTEGER, false, 1, 3650, NULL, "30", "days",
	 "How long samples, events (at most 100,000), health changes and resolved alerts are kept"},
	{"dashboard", "retention_size_mb", SETTING_INTEGER, false, 64, 1048576, NULL, "2048", "MB", "Size that the store keeps below: from nine tenths of it on the oldest samples and events go early"},
	{"features", "real_time_metrics", SETTING_BOOLEAN, false, 0, 0, NULL, "true", "", "Collect metrics from the services"},
	{"features", "experiment_scheduling", SETTING_BOOLEAN, false, 0, 0, NULL, "true", "", "Queue what cannot start at once instead of refusing it; switched off, the queue is held"},
	{"features", "alert_notifications", SETTING_BOOLEAN, false, 0, 0, NULL, "true", "", "Send notifications of alerts"},
	{"integration", "collector_url", SETTING_URL, true, 0, 0, HTTP, "\"http://localhost:8083\"", "", "Metrics collector"},
	{"integration", "policy_engine_url", SETTING_URL, true, 0, 0, HTTP, "\"http://localhost:5000\"", "", "Policy engine"},
	{"integration", "fl_server_url", SETTING_URL, true, 0, 0, HTTP, "\"http://localhost:8081\"", "", "Metrics interface of the FL server, not its gRPC port"},
	{"integration", "sdn_url", SETTING_URL, true, 0, 0, HTTP, "\"http://localhost:8181\"", "", "SDN controller"},
	{"integration", "influxdb_url", SETTING_URL, true, 0, 0, HTTP, "\"http://localhost:8086\"", "", "InfluxDB, 1.x or 2.x"},
	{"integration", "redis_url", SETTING_URL, true, 0, 0, "redis", "\"redis://localhost:6379\"", "", "Redis"},
	{"integration", "mongodb_url", SETTING_URL, true, 0, 0, MONGODB, "\"mongodb://localhost:27017\"", "", "MongoDB"},
	{"notifications", "webhook_url", SETTING_SECRET_URL, true, 0, 0, HTTP, "null", "", "Where notifications are posted as JSON; shown without its path"},
	{"notifications", "webhook_secret", SETTING_SECRET, true, 0, 256, NULL, "null", "", "Key of the HMAC-SHA256 in the header X-Flopynet-Signature"},
	{"notifications", "smtp_url", SETTING_URL, true, 0, 0, "smtp smtps", "null", "", "Mail server, for example smtp://mail.lab:587"},
	{"notifications", "smtp_username", SETTING_TEXT, true, 0, 256, NULL, "null", "", "Login at the mail server"},
	{"notifications", "smtp_password", SETTING_SECRET, true, 0, 256, NULL, "null", "",
	 "Password at the mail server; only sent over TLS or to this machine"},
	{"notifications", "mail_from", SETTING_MAIL, true, 0, 0, NULL, "null", "", "Sender of mails"},
	{"notifications", "mail_to", SETTING_MAILS, false, 0, 20, NULL, "[]", "", "Receivers of mails"},
	{"notifications", "ca_file", SETTING_PATH, true, 0, 1024, NULL, "null", "",
	 "File of certificates in PEM that webhook and mail server are verified by; null: those of the system"},
	{"notifications", "insecure", SETTING_BOOLEAN, false, 0, 0, NULL, "false", "", "Do not verify the certificates of webhook and mail server"},
	{"notifications", "link_url", SETTING_URL, true, 0, 0, HTTP, "null", "", "Address of the dashboard, for links in notifications"},
	{"notifications", "min_severity", SETTING_CHOICE, false, 0, 0, "info warning critical", "\"warning\"", "", "Alerts below it are not sent"},
	{"notifications", "send_resolved", SETTING_BOOLEAN, false, 0, 0, NULL, "true", "", "Tell also when an alert resolves"},
	{"notifications", "fold_seconds", SETTING_INTEGER, false, 0, 3600, NULL, "30", "s", "Alerts that open within so many seconds go out as one"},
};
const size_t settings_table_n = ARRAY_LEN(settings_table);

const struct setting service_table[] = {
	{"services", "kind", SETTING_CHOICE, false, 0, 0, KINDS, "null", "",
	 "How a service of one's own is asked; http: a status, json: http and a member's value, process: the process table only"},
	{"services", "role", SETTING_CHOICE, false, 0, 0, "service dependency", "\"service\"", "", "Where a service of one's own is shown"},
	{"services", "title", SETTING_TEXT, true, 0, 200, NULL, "null", "", "Its name for people"},
	{"services", "url", SETTING_URL, true, 0, 0, HTTP " tcp redis " MONGODB, "null", "", "Address of a service of one's own"},
	{"services", "enabled", SETTING_BOOLEAN, false, 0, 0, NULL, "true", "", "Whether it is asked at all"},
	{"services", "interval_ms", SETTING_INTEGER, false, 500, 3600000, NULL, "5000", "ms", "How often it is asked"},
	{"services", "timeout_ms", SETTING_INTEGER, false, 50, 60000, NULL, "2000", "ms", "How long an answer may take; at most interval_ms"},
	{"services", "failure_threshold", SETTING_INTEGER, false, 1, 100, NULL, "3", "", "Failures in a row that make it unhealthy"},
	{"services", "success_threshold", SETTING_INTEGER, false, 1, 100, NULL, "2", "", "Successes in a row that make it healthy again"},
	{"services", "degraded_ms", SETTING_INTEGER, true, 1, 60000, NULL, "1000", "ms", "An answer slower than this makes it degraded; null: never"},
	{"services", "insecure", SETTING_BOOLEAN, false, 0, 0, NULL, "false", "", "Do not verify its TLS certificate"},
	{"services", "expect_status", SETTING_INTEGER, false, 100, 599, NULL, "200", "", "HTTP status that is good"},
	{"services", "json_path", SETTING_TEXT, true, 0, 200, NULL, "null", "", "Dotted path into the JSON answer, such as status or checks.0.state"},
	{"services", "json_value", SETTING_SCALAR, true, 0, 200, NULL, "null", "", "What the member at json_path must be"},
	{"services", "metrics", SETTING_SERIES, true, 0, 1000, NULL, "null", "",
	 "Of a Prometheus exporter: names of at most 28 series to keep, separated by spaces; null: the first 32 that have no labels"},
	{"services", "pid_file", SETTING_PATH, true, 0, 1024, NULL, "null", "", "File with the process number of a local service, to measure its use"},
	{"services", "port", SETTING_INTEGER, true, 1, 65535, NULL, "null", "", "Or the port that the local process listens on"},
	{"services", "memory_limit_mb", SETTING_INTEGER, true, 1, 16777216, NULL, "null", "MB", "What memory_percent is a percentage of"},
	{"services", "username", SETTING_TEXT, true, 0, 256, NULL, "null", "", "Login at the service"},
	{"services", "password", SETTING_SECRET, true, 0, 256, NULL, "null", "", "Password at the service"},
	{"services", "token", SETTING_SECRET, true, 0, 256, NULL, "null", "", "Sent as Authorization: Bearer (InfluxDB: Token)"},
};
const size_t service_table_n = ARRAY_LEN(service_table);

const struct known_service known_services[] = {
	{"collector", "Collector", false, PROBE_COLLECTOR, "collector_url"},
	{"policy_engine", "Policy Engine", false, PROBE_POLICY_ENGINE, "policy_engine_url"},
	{"fl_server", "FL Server", false, PROBE_FL_SERVER, "fl_server_url"},
	{"sdn", "SDN Controller", false, PROBE_SDN, "sdn_url"},
	{"influxdb", "InfluxDB", true, PROBE_INFLUXDB, "influxdb_url"},
	{"redis", "Redis", true, PROBE_REDIS, "redis_url"},
	{"mongodb", "MongoDB", true, PROBE_MONGODB, "mongodb_url"},
};
const size_t known_services_n = ARRAY_LEN(known_services);

const struct known_service *known_service_find(const char *name)
{
	size_t i;

	for (i = 0; i < known_services_n; i++)
		if (strcmp(known_services[i].name, name) == 0)
			return &known_services[i];
	return NULL;
}

const struct setting *setting_find(const char *section, const char *name)
{
	size_t i;

	for (i = 0; i < settings_table_n; i++)
		if (strcmp(settings_table[i].section, section) == 0 && strcmp(settings_table[i].name, name) == 0)
			return &settings_table[i];
	return NULL;
}

const struct setting *service_setting_find(const char *name)
{
	size_t i;

	for (i = 0; i < service_table_n; i++)
		if (strcmp(service_table[i].name, name) == 0)
			return &service_table[i];
	return NULL;
}

enum probe_kind probe_kind_find(const char *name)
{
	int i;

	for (i = 0; i < PROBE_MAX; i++)
		if (strcmp(probe_kind_names[i], name) == 0)
			break;
	return (enum probe_kind)i;
}

const char *probe_kind_schemes(enum probe_kind kind)
{
	switch (kind) {
	case PROBE_TCP:
		return "tcp";
	case PROBE_REDIS:
		return "redis";
	case PROBE_MONGODB:
		return MONGODB;
	default:
		return HTTP;
	}
}
