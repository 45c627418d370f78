/* The configuration's typed views, and what is shown of it; see settings.h. */
#include "config.h"

#include "platform/settings.h"

#include "lib/json_in.h"
#include "lib/mem.h"
#include "platform/setting_value.h"
#include "platform/settings_merge.h"
#include "platform/settings_table.h"
#include "platform/url.h"

#include <json-c/linkhash.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const channel_names[CHANNEL_MAX] = {"webhook", "smtp"};

static int64_t number(const struct json_object *o, const char *name)
{
	int64_t n = 0;

	json_get_i64(o, name, &n);
	return n;
}

static bool truth(const struct json_object *o, const char *name)
{
	bool b = false;

	json_get_bool(o, name, &b);
	return b;
}

/* Owned, NULL when not set. */
static char *text(const struct json_object *o, const char *name)
{
	const char *s;

	return json_get_string(o, name, &s) ? mem_strdup(s) : NULL;
}

void settings_read(const char *document, struct settings *s)
{
	struct json_object *tree = settings_tree(document), *dashboard = json_get(tree, "dashboard", NULL), *features = json_get(tree, "features", NULL);

	s->refresh_interval_ms = number(dashboard, "refresh_interval");
	s->max_experiments = number(dashboard, "max_experiments");
	s->retention_days = number(dashboard, "retention_days");
	s->retention_size_mb = number(dashboard, "retention_size_mb");
	s->real_time_metrics = truth(features, "real_time_metrics");
	s->experiment_scheduling = truth(features, "experiment_scheduling");
	s->alert_notifications = truth(features, "alert_notifications");
	json_object_put(tree);
}

/* The member that is set, else the default; owned, NULL is null. */
static struct json_object *resolved(const struct json_object *service, const char *name)
{
	bool present;
	struct json_object *v = json_get(service, name, &present);

	return present ? json_object_get(v) : setting_fallback(service_setting_find(name));
}

static int64_t resolved_number(const struct json_object *service, const char *name)
{
	struct json_object *v = resolved(service, name);
	int64_t n = 0;

	json_in_i64(v, &n);
	json_object_put(v);
	return n;
}

static bool resolved_truth(const struct json_object *service, const char *name)
{
	struct json_object *v = resolved(service, name);
	bool b = json_object_get_boolean(v);

	json_object_put(v);
	return b;
}

/* Text as it is, numbers and booleans in JSON's notation. */
static char *scalar(const struct json_object *service, const char *name)
{
	struct json_object *v = json_get(service, name, NULL);
	struct buf b = {0};
	struct json_out j;

	if (!v)
		return NULL;
	if (json_object_is_type(v, json_type_string))
		return mem_strdup(json_object_get_string(v));
	json_out_init(&j, &b);
	setting_write(&j, NULL, service_setting_find(name), v, false);
	return buf_take(&b);
}

static void read_service(struct service_config *c, const char *name, const struct json_object *o)
{
	snprintf(c->name, sizeof(c->name), "%s", name);
	c->title = text(o, "title");
	c->enabled = resolved_truth(o, "enabled");
	c->interval_ms = resolved_number(o, "interval_ms");
	c->timeout_ms = resolved_number(o, "timeout_ms");
	c->failure_threshold = resolved_number(o, "failure_threshold");
	c->success_threshold = resolved_number(o, "success_threshold");
	c->degraded_ms = resolved_number(o, "degraded_ms");
	c->insecure = resolved_truth(o, "insecure");
	c->expect_status = resolved_number(o, "expect_status");
	c->json_path = text(o, "json_path");
	c->json_value = scalar(o, "json_value");
	c->metrics = text(o, "metrics");
	c->username = text(o, "username");
	c->password = text(o, "password");
	c->token = text(o, "token");
	c->pid_file = text(o, "pid_file");
	c->port = number(o, "port");
	c->memory_limit_mb = number(o, "memory_limit_mb");
}

static void read_own(struct service_config *c, const char *name, const struct json_object *o)
{
	const char *word;

	c->kind = json_get_string(o, "kind", &word) ? probe_kind_find(word) : PROBE_HTTP;
	c->dependency = json_get_string(o, "role", &word) && strcmp(word, "dependency") == 0;
	c->url = text(o, "url");
	read_service(c, name, o);
}

static void read_known(struct service_config *c, const struct known_service *k, const struct json_object *tree)
{
	const struct setting *s = setting_find("integration", k->url_setting);
	struct json_object *address = json_get(json_get(tree, "integration", NULL), k->url_setting, NULL), *fallback = setting_fallback(s);

	c->kind = k->kind;
	c->dependency = k->dependency;
	c->url = address ? mem_strdup(json_object_get_string(address)) : NULL;
	c->url_by_default = json_object_equal(address, fallback);
	read_service(c, k->name, json_get(json_get(tree, "services", NULL), k->name, NULL));
	json_object_put(fallback);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct service_config *)a)->name, ((const struct service_config *)b)->name);
}

void settings_services(const char *document, struct service_config **services, size_t *n)
{
	struct json_object *tree = settings_tree(document), *further = json_get(tree, "services", NULL);
	struct service_config *list = mem_array(known_services_n + (size_t)json_object_object_length(further), sizeof(*list));
	size_t i, k = 0;

	for (i = 0; i < known_services_n; i++)
		read_known(&list[k++], &known_services[i], tree);
	json_object_object_foreach(further, name, o)
	{
		if (known_service_find(name))
			continue;
		read_own(&list[k++], name, o);
	}
	qsort(list + known_services_n, k - known_services_n, sizeof(*list), by_name);
	json_object_put(tree);
	*services = list;
	*n = k;
}

const char *service_title(const char *name)
{
	const struct known_service *k = known_service_find(name);

	return k ? k->title : name;
}

void settings_services_free(struct service_config *services, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		free(services[i].title);
		free(services[i].url);
		free(services[i].json_path);
		free(services[i].json_value);
		free(services[i].metrics);
		free(services[i].username);
		free(services[i].password);
		free(services[i].token);
		free(services[i].pid_file);
	}
	free(services);
}

void settings_notify(const char *document, struct notify_config *c)
{
	struct json_object *tree = settings_tree(document), *o = json_get(tree, "notifications", NULL), *to = json_get(o, "mail_to", NULL);
	const char *word = "";
	size_t i, n = json_object_array_length(to);

	memset(c, 0, sizeof(*c));
	c->webhook_url = text(o, "webhook_url");
	c->webhook_secret = text(o, "webhook_secret");
	c->smtp_url = text(o, "smtp_url");
	c->smtp_username = text(o, "smtp_username");
	c->smtp_password = text(o, "smtp_password");
	c->mail_from = text(o, "mail_from");
	c->mail_to = mem_array(n + 1, sizeof(*c->mail_to));
	for (i = 0; i < n; i++)
		c->mail_to[i] = mem_strdup(json_object_get_string(json_object_array_get_idx(to, i)));
	c->ca_file = text(o, "ca_file");
	c->insecure = truth(o, "insecure");
	c->link_url = text(o, "link_url");
	json_get_string(o, "min_severity", &word);
	c->min_severity = strcmp(word, "critical") == 0 ? 2 : strcmp(word, "warning") == 0;
	c->fold_seconds = number(o, "fold_seconds");
	c->send_resolved = truth(o, "send_resolved");
	json_object_put(tree);
}

bool settings_notify_has(const struct notify_config *c, enum channel channel)
{
	return channel == CHANNEL_WEBHOOK ? c->webhook_url != NULL : c->smtp_url && c->mail_from && c->mail_to && c->mail_to[0];
}

void settings_notify_target(const struct notify_config *c, enum channel channel, struct buf *out)
{
	char why[ERR_TEXT_MAX];
	struct url u;
	size_t i;

	if (channel == CHANNEL_WEBHOOK && c->webhook_url && url_parse(c->webhook_url, "http https", &u, why, sizeof(why)))
		buf_add(out, c->webhook_url, u.path_at);
	for (i = 0; channel == CHANNEL_SMTP && c->mail_to && c->mail_to[i]; i++)
		buf_addf(out, "%s%s", i ? ", " : "", c->mail_to[i]);
}

void settings_notify_clear(struct notify_config *c)
{
	size_t i;

	free(c->webhook_url);
	free(c->webhook_secret);
	free(c->smtp_url);
	free(c->smtp_username);
	free(c->smtp_password);
	free(c->mail_from);
	for (i = 0; c->mail_to && c->mail_to[i]; i++)
		free(c->mail_to[i]);
	free(c->mail_to);
	free(c->ca_file);
	free(c->link_url);
	memset(c, 0, sizeof(*c));
}

void settings_show(const char *document, struct json_out *j)
{
	struct json_object *tree = settings_tree(document);

	settings_write(j, tree, true);
	json_object_put(tree);
}

static void describe(struct json_out *j, const struct setting *s)
{
	static const char *const types[] = {
		[SETTING_INTEGER] = "integer", [SETTING_BOOLEAN] = "boolean", [SETTING_TEXT] = "text", [SETTING_PATH] = "text", [SETTING_SERIES] = "text", [SETTING_SCALAR] = "scalar", [SETTING_CHOICE] = "choice", [SETTING_URL] = "url",
		[SETTING_SECRET_URL] = "url", [SETTING_SECRET] = "secret", [SETTING_MAIL] = "mail", [SETTING_MAILS] = "mails",
	};
	struct buf path = {0};

	buf_addf(&path, "%s.%s%s", s->section, strcmp(s->section, "services") == 0 ? "NAME." : "", s->name);
	json_object_begin(j, NULL);
	json_put_string(j, "path", path.data);
	json_put_string(j, "type", types[s->kind]);
	json_put_bool(j, "nullable", s->nullable);
	json_put_raw(j, "default", s->fallback);
	if (s->kind == SETTING_INTEGER) {
		json_put_i64(j, "minimum", s->min);
		json_put_i64(j, "maximum", s->max);
	}
	if (s->words)
		json_put_string(j, s->kind == SETTING_CHOICE ? "choices" : "schemes", s->words);
	json_put_string(j, "unit", s->unit);
	json_put_string(j, "help", s->help);
	json_object_end(j);
	buf_clear(&path);
}

void settings_describe(struct json_out *j)
{
	size_t i;

	json_array_begin(j, NULL);
	for (i = 0; i < settings_table_n; i++)
		describe(j, &settings_table[i]);
	for (i = 0; i < service_table_n; i++)
		describe(j, &service_table[i]);
	json_array_end(j);
}
