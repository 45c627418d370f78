/* What members of the configuration must be true of together; see settings_merge.h. */
#include "config.h"

#include "platform/settings_merge.h"

#include "lib/json_in.h"
#include "lib/mem.h"
#include "platform/setting_value.h"
#include "platform/url.h"

#include <inttypes.h>
#include <json-c/linkhash.h>
#include <stdio.h>
#include <string.h>

/* A member of a service as it counts: set, or the default. */
static int64_t service_i64(const struct json_object *service, const char *name)
{
	struct json_object *fallback;
	int64_t n = 0;

	if (!json_get_i64(service, name, &n)) {
		fallback = setting_fallback(service_setting_find(name));
		json_in_i64(fallback, &n);
		json_object_put(fallback);
	}
	return n;
}

/* What the members of a service of one's own must be true of together. */
static void check_own_service(const struct json_object *service, const char *name, struct err *e)
{
	char path[PATH_MAX_LEN], why[ERR_TEXT_MAX];
	const char *kind, *address;
	enum probe_kind k;
	struct url u;

	if (!json_get_string(service, "kind", &kind)) {
		snprintf(path, sizeof(path), "services.%s.kind", name);
		err_detail(e, path, "A service of one's own needs one of: %s", service_setting_find("kind")->words);
		return;
	}
	k = probe_kind_find(kind);
	snprintf(path, sizeof(path), "services.%s.url", name);
	if (k == PROBE_PROCESS) {
		if (!json_get(service, "pid_file", NULL) && !json_get(service, "port", NULL))
			err_detail(e, path, "A process needs a pid_file or a port");
	} else if (!json_get_string(service, "url", &address)) {
		err_detail(e, path, "A service of one's own needs an address");
	} else if (!url_parse(address, probe_kind_schemes(k), &u, why, sizeof(why))) {
		err_detail(e, path, "%s", why);
	} else if (k == PROBE_TCP && u.port == 0) {
		err_detail(e, path, "A port is needed, for example tcp://localhost:9000");
	}
}

/* The platform's own services have these from elsewhere. */
static void check_known_service(const struct json_object *service, const struct known_service *known, struct err *e)
{
	static const char *const names[] = {"kind", "role", "url"};
	char path[PATH_MAX_LEN];
	size_t i;

	for (i = 0; i < ARRAY_LEN(names); i++) {
		if (!json_get(service, names[i], NULL))
			continue;
		snprintf(path, sizeof(path), "services.%s.%s", known->name, names[i]);
		if (strcmp(names[i], "url") == 0)
			err_detail(e, path, "Set integration.%s instead", known->url_setting);
		else
			err_detail(e, path, "Cannot be changed for a service of the platform");
	}
}

static void check_service(const struct json_object *service, const char *name, struct err *e)
{
	const struct known_service *known = known_service_find(name);
	char path[PATH_MAX_LEN];

	if (known)
		check_known_service(service, known, e);
	else
		check_own_service(service, name, e);
	if (service_i64(service, "timeout_ms") > service_i64(service, "interval_ms")) {
		snprintf(path, sizeof(path), "services.%s.timeout_ms", name);
		err_detail(e, path, "Must not be longer than interval_ms, which is %" PRId64, service_i64(service, "interval_ms"));
	}
	if (!json_get(service, "json_path", NULL) != !json_get(service, "json_value", NULL)) {
		snprintf(path, sizeof(path), "services.%s.json_value", name);
		err_detail(e, path, "json_path and json_value go together");
	}
}

void settings_check_together(struct json_object *tree, struct err *e)
{
	struct json_object *services = json_get(tree, "services", NULL), *n = json_get(tree, "notifications", NULL);

	if (json_object_object_length(services) > SERVICES_MAX)
		err_detail(e, "services", "Must hold at most %d services", SERVICES_MAX);
	json_object_object_foreach(services, name, v) check_service(v, name, e);
	if (json_get(n, "smtp_url", NULL) && !json_get(n, "mail_from", NULL))
		err_detail(e, "notifications.mail_from", "Needed while smtp_url is set");
	if (json_get(n, "smtp_url", NULL) && json_object_array_length(json_get(n, "mail_to", NULL)) == 0)
		err_detail(e, "notifications.mail_to", "Needed while smtp_url is set");
}
