/*
 * Documents of the configuration: completed from defaults, changed all or nothing, compared.
 * Inside, a document is a tree with every fixed member, and with those members of services.NAME that somebody has set.
 */
#include "config.h"

#include "platform/settings_merge.h"

#include "lib/json_in.h"
#include "lib/mem.h"
#include "lib/text.h"
#include "platform/setting_value.h"

#include <json-c/linkhash.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const sections[] = {"dashboard", "features", "integration", "notifications", "services"};

/* "dashboard" is what this system itself is called among the metrics. */
static bool is_service_name(const char *name)
{
	return text_is_word(name, SERVICE_NAME_MAX) && strcmp(name, "dashboard") != 0;
}

static void put(struct json_object *object, const char *name, struct json_object *v)
{
	if (json_object_object_add(object, name, v) != 0)
		abort();
}

/* The members of given (may be NULL) that are good, into service. */
static void take_service(struct json_object *service, const struct json_object *given)
{
	char why[ERR_TEXT_MAX];
	struct json_object *normal;
	bool present;
	size_t i;

	for (i = 0; i < service_table_n; i++) {
		struct json_object *v = json_get(given, service_table[i].name, &present);

		if (present && setting_check(&service_table[i], v, &normal, why))
			put(service, service_table[i].name, normal);
	}
}

static void complete_services(struct json_object *tree, const struct json_object *given)
{
	struct json_object *services = json_object_new_object();

	put(tree, "services", services);
	if (!json_object_is_type(given, json_type_object))
		return;
	json_object_object_foreach(given, name, v)
	{
		struct json_object *service;

		if (!json_object_is_type(v, json_type_object) || !is_service_name(name))
			continue;
		service = json_object_new_object();
		take_service(service, v);
		put(services, name, service);
	}
}

struct json_object *settings_tree(const char *document)
{
	struct json_object *doc = NULL, *tree = json_object_new_object(), *v, *normal;
	char why[ERR_TEXT_MAX];
	bool present;
	size_t i;

	if (document)
		json_in_parse_object(document, strlen(document), &doc, NULL);
	for (i = 0; i < ARRAY_LEN(sections); i++)
		put(tree, sections[i], json_object_new_object());
	for (i = 0; i < settings_table_n; i++) {
		const struct setting *s = &settings_table[i];

		v = json_get(json_get(doc, s->section, NULL), s->name, &present);
		if (!present || !setting_check(s, v, &normal, why))
			normal = setting_fallback(s);
		put(json_get(tree, s->section, NULL), s->name, normal);
	}
	complete_services(tree, json_get(doc, "services", NULL));
	json_object_put(doc);
	return tree;
}

/* One member of a change: checked, and put into object where it is good. */
static void change_member(struct json_object *object, const struct setting *s, const char *path, struct json_object *v, struct err *e)
{
	char why[ERR_TEXT_MAX];
	struct json_object *normal;

	if (!s)
		err_detail(e, path, "Unknown member");
	else if (setting_is_mask(s, v, json_get(object, s->name, NULL)))
		return;
	else if (s->kind == SETTING_SECRET && json_object_is_type(v, json_type_string) && strcmp(json_object_get_string(v), SETTINGS_MASK) == 0)
		err_detail(e, path, "Stands for a secret that is not set; give the secret itself");
	else if (!setting_check(s, v, &normal, why))
		err_detail(e, path, "%s", why);
	else
		put(object, s->name, normal);
}

static void change_section(struct json_object *tree, const char *section, const struct json_object *patch, struct err *e)
{
	char path[PATH_MAX_LEN];

	json_object_object_foreach(patch, name, v)
	{
		snprintf(path, sizeof(path), "%s.%s", section, name);
		change_member(json_get(tree, section, NULL), setting_find(section, name), path, v, e);
	}
}

static void change_service(struct json_object *service, const char *name, const struct json_object *patch, struct err *e)
{
	char path[PATH_MAX_LEN];

	json_object_object_foreach(patch, member, v)
	{
		snprintf(path, sizeof(path), "services.%s.%s", name, member);
		change_member(service, service_setting_find(member), path, v, e);
	}
}

static void change_services(struct json_object *services, const struct json_object *patch, struct err *e)
{
	char path[PATH_MAX_LEN];

	json_object_object_foreach(patch, name, v)
	{
		struct json_object *service = json_get(services, name, NULL);

		snprintf(path, sizeof(path), "services.%s", name);
		if (!is_service_name(name)) {
			err_detail(e, path, "Must be a name of up to %d small letters, digits and '_' that begins with a letter, and not dashboard", SERVICE_NAME_MAX);
		} else if (!v) {
			json_object_object_del(services, name);
		} else if (!json_object_is_type(v, json_type_object)) {
			err_detail(e, path, "Must be an object, or null to remove it");
		} else {
			if (!service)
				put(services, name, service = json_object_new_object());
			change_service(service, name, v, e);
		}
	}
}

static void change(struct json_object *tree, const struct json_object *patch, struct err *e)
{
	json_object_object_foreach(patch, section, v)
	{
		struct json_object *old = json_get(tree, section, NULL);

		if (!old)
			err_detail(e, section, "Unknown member");
		else if (!json_object_is_type(v, json_type_object))
			err_detail(e, section, "Must be an object");
		else if (strcmp(section, "services") == 0)
			change_services(old, v, e);
		else
			change_section(tree, section, v, e);
	}
}

/* Only what differs from the defaults is kept. */
static void drop_defaults(struct json_object *service)
{
	size_t i;

	for (i = 0; i < service_table_n; i++) {
		struct json_object *fallback = setting_fallback(&service_table[i]);
		bool present;

		if (json_object_equal(json_get(service, service_table[i].name, &present), fallback) && present)
			json_object_object_del(service, service_table[i].name);
		json_object_put(fallback);
	}
}

/* An override that overrides nothing is none; a service of one's own stays, so that what it lacks is told. */
static void normalise_services(struct json_object *services)
{
	struct lh_entry *entry, *next;

	for (entry = json_object_get_object(services)->head; entry; entry = next) {
		struct json_object *v = (struct json_object *)(uintptr_t)lh_entry_v(entry);

		next = entry->next;
		drop_defaults(v);
		if (json_object_object_length(v) == 0 && known_service_find((const char *)lh_entry_k(entry)))
			json_object_object_del(services, (const char *)lh_entry_k(entry));
	}
}

static void write_section(struct json_out *j, const struct json_object *tree, const char *section, bool masked)
{
	size_t i;

	json_object_begin(j, section);
	for (i = 0; i < settings_table_n; i++) {
		const struct setting *s = &settings_table[i];

		if (strcmp(s->section, section) == 0)
			setting_write(j, s->name, s, json_get(json_get(tree, section, NULL), s->name, NULL), masked);
	}
	json_object_end(j);
}

static void write_services(struct json_out *j, const struct json_object *services, bool masked)
{
	bool present;
	size_t i;

	json_object_begin(j, "services");
	json_object_object_foreach(services, name, service)
	{
		json_put_name(j, name);
		json_object_begin(j, NULL);
		for (i = 0; i < service_table_n; i++) {
			struct json_object *v = json_get(service, service_table[i].name, &present);

			if (present)
				setting_write(j, service_table[i].name, &service_table[i], v, masked);
		}
		json_object_end(j);
	}
	json_object_end(j);
}

void settings_write(struct json_out *j, const struct json_object *tree, bool masked)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(sections); i++) {
		if (strcmp(sections[i], "services") == 0)
			write_services(j, json_get(tree, "services", NULL), masked);
		else
			write_section(j, tree, sections[i], masked);
	}
}

static void write_change(struct json_out *j, const struct setting *s, const char *path, struct json_object *from, struct json_object *to)
{
	json_object_begin(j, NULL);
	json_put_string(j, "path", path);
	setting_write(j, "from", s, from, true);
	setting_write(j, "to", s, to, true);
	json_object_end(j);
}

/* from, to: one of them may be NULL.  A member that is not set is told as null, as GET /config leaves it out. */
static void differ_service(struct json_out *j, const char *name, const struct json_object *from, const struct json_object *to)
{
	char path[PATH_MAX_LEN];
	bool was, is;
	size_t i;

	for (i = 0; i < service_table_n; i++) {
		const struct setting *s = &service_table[i];
		struct json_object *a = json_get(from, s->name, &was), *b = json_get(to, s->name, &is);

		if (was == is && json_object_equal(a, b))
			continue;
		snprintf(path, sizeof(path), "services.%s.%s", name, s->name);
		write_change(j, s, path, a, b);
	}
}

static void write_difference(struct buf *out, const struct json_object *from, const struct json_object *to)
{
	struct json_object *old = json_get(from, "services", NULL), *new = json_get(to, "services", NULL);
	char path[PATH_MAX_LEN];
	struct json_out j;
	size_t i;

	json_out_init(&j, out);
	json_array_begin(&j, NULL);
	for (i = 0; i < settings_table_n; i++) {
		const struct setting *s = &settings_table[i];
		struct json_object *a = json_get(json_get(from, s->section, NULL), s->name, NULL), *b = json_get(json_get(to, s->section, NULL), s->name, NULL);

		snprintf(path, sizeof(path), "%s.%s", s->section, s->name);
		if (!json_object_equal(a, b))
			write_change(&j, s, path, a, b);
	}
	json_object_object_foreach(new, added, service) differ_service(&j, added, json_get(old, added, NULL), service);
	json_object_object_foreach(old, gone, was) if (!json_get(new, gone, NULL)) differ_service(&j, gone, was, NULL);
	json_array_end(&j);
}

static int finish(const char *document, struct json_object *tree, struct buf *merged, struct buf *difference, struct err *e)
{
	struct json_object *old;
	struct json_out j;

	normalise_services(json_get(tree, "services", NULL));
	settings_check_together(tree, e);
	if (err_collected(e, "Invalid configuration") == -1)
		return -1;
	json_out_init(&j, merged);
	json_object_begin(&j, NULL);
	settings_write(&j, tree, false);
	json_object_end(&j);
	old = settings_tree(document);
	write_difference(difference, old, tree);
	json_object_put(old);
	return 0;
}

int settings_merge(const char *document, const struct json_object *patch, struct buf *merged, struct buf *difference, struct err *e)
{
	struct json_object *tree = settings_tree(document);
	int rc;

	err_clear(e);
	if (json_object_object_length(patch) == 0)
		err_detail(e, "body", "Must have at least one of: dashboard, features, integration, notifications, services");
	change(tree, patch, e);
	rc = finish(document, tree, merged, difference, e);
	json_object_put(tree);
	return rc;
}

/* Secrets of the document in force, into an older one: the history does not give them back. */
static void keep_secrets(struct json_object *to, const struct json_object *from, const struct setting *table, size_t n, const char *section)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (table[i].kind != SETTING_SECRET || (section && strcmp(table[i].section, section) != 0))
			continue;
		json_object_object_del(to, table[i].name);
		if (section || json_get(from, table[i].name, NULL))
			put(to, table[i].name, json_object_get(json_get(from, table[i].name, NULL)));
	}
}

int settings_replace(const char *document, const char *by, struct buf *merged, struct buf *difference, struct err *e)
{
	struct json_object *old = settings_tree(document), *tree = settings_tree(by), *services = json_get(tree, "services", NULL);
	int rc;

	err_clear(e);
	keep_secrets(json_get(tree, "notifications", NULL), json_get(old, "notifications", NULL), settings_table, settings_table_n, "notifications");
	json_object_object_foreach(services, name, service)
		keep_secrets(service, json_get(json_get(old, "services", NULL), name, NULL), service_table, service_table_n, NULL);
	rc = finish(document, tree, merged, difference, e);
	json_object_put(tree);
	json_object_put(old);
	return rc;
}
