/* The configuration file; see conf.h. */
#include "config.h"

#include "lib/conf.h"

#include "lib/buf.h"
#include "lib/file.h"
#include "lib/mem.h"
#include "lib/text.h"

#include <ini.h>
#include <inttypes.h>
#include <libgen.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum kind { TEXT, PATH, NUMBER, BOOLEAN };

struct key {
	const char *section, *name;
	enum kind kind;
	size_t at; /* offset in struct conf */
	const char *fallback;
	int64_t min, max; /* NUMBER */
};

#define AT(member) offsetof(struct conf, member)

static const struct key keys[] = {
	{"paths", "state", TEXT, AT(state), "/var/lib/flopynet", 0, 0},
	{"paths", "store", PATH, AT(store), "flopynet.db", 0, 0},
	{"paths", "runs", PATH, AT(runs), "runs", 0, 0},
	{"paths", "engines", PATH, AT(engines), PKGDATADIR "/engines", 0, 0},
	{"paths", "scenarios", PATH, AT(scenarios), PKGDATADIR "/scenarios", 0, 0},
	{"paths", "data", PATH, AT(data), "", 0, 0},
	{"api", "workers", NUMBER, AT(api_workers), "4", 1, 64},
	{"api", "request_timeout_s", NUMBER, AT(api_request_timeout_s), "30", 5, 3600},
	{"api", "control_wait_ms", NUMBER, AT(api_control_wait_ms), "5000", 0, 20000},
	{"api", "trusted_origins", TEXT, AT(api_trusted_origins), "", 0, 0},
	{"api", "log_all", BOOLEAN, AT(api_log_all), "false", 0, 0},
	{"auth", "enabled", BOOLEAN, AT(auth_enabled), "true", 0, 0},
	{"auth", "secret_file", PATH, AT(auth_secret_file), "secret", 0, 0},
	{"auth", "previous_secret_file", PATH, AT(auth_previous_secret_file), "secret.previous", 0, 0},
	{"auth", "public_key_file", PATH, AT(auth_public_key_file), "", 0, 0},
	{"auth", "session_hours", NUMBER, AT(auth_session_hours), "12", 1, 720},
	{"rate", "standard_per_hour", NUMBER, AT(rate_standard_per_hour), "1000", 0, 1000000000},
	{"rate", "live_per_hour", NUMBER, AT(rate_live_per_hour), "5000", 0, 1000000000},
	{"rate", "connections", NUMBER, AT(rate_connections), "10", 0, 100000},
	{"stream", "port", NUMBER, AT(stream_port), "3002", 1, 65535},
	{"monitor", "tick_ms", NUMBER, AT(monitor_tick_ms), "20", 5, 1000},
	{"monitor", "heartbeat_timeout_s", NUMBER, AT(monitor_heartbeat_timeout_s), "60", 1, 86400},
};

struct reading {
	struct conf *c;
	struct err *e;
	const char *why; /* of the line that failed */
	struct buf text;
};

static void *member(struct conf *c, const struct key *k)
{
	return (char *)c + k->at;
}

static void put_text(struct conf *c, const struct key *k, const char *value)
{
	char **p = member(c, k);

	free(*p);
	*p = mem_strdup(value);
}

static int put(struct conf *c, const struct key *k, const char *value)
{
	int64_t n;

	switch (k->kind) {
	case TEXT:
	case PATH:
		put_text(c, k, value);
		return 0;
	case NUMBER:
		if (!text_to_i64(value, &n) || n < k->min || n > k->max)
			return -1;
		*(int64_t *)member(c, k) = n;
		return 0;
	case BOOLEAN:
		if (strcmp(value, "true") != 0 && strcmp(value, "false") != 0)
			return -1;
		*(bool *)member(c, k) = strcmp(value, "true") == 0;
		return 0;
	}
	return -1;
}

/* libinih's callback: 1 is success, 0 an error on this line. */
static int on_line(void *arg, const char *section, const char *name, const char *value)
{
	struct reading *r = arg;
	size_t i;

	if (r->text.len)
		return 0; /* the first wrong line is the one to report */
	for (i = 0; i < ARRAY_LEN(keys); i++) {
		if (strcmp(keys[i].section, section) != 0 || strcmp(keys[i].name, name) != 0)
			continue;
		if (put(r->c, &keys[i], value) == 0)
			return 1;
		if (keys[i].kind == NUMBER)
			buf_addf(&r->text, "[%s] %s must be a whole number between %" PRId64 " and %" PRId64, section, name, keys[i].min, keys[i].max);
		else
			buf_addf(&r->text, "[%s] %s must be true or false", section, name);
		return 0;
	}
	buf_addf(&r->text, "[%s] %s is not a setting", section, name);
	return 0;
}

static void make_absolute(struct conf *c, const char *file)
{
	char *copy = mem_strdup(file), *dir = realpath(dirname(copy), NULL), *joined;
	size_t i;

	joined = file_join(dir ? dir : ".", c->state);
	free(c->state);
	c->state = joined;
	for (i = 0; i < ARRAY_LEN(keys); i++) {
		char **p = member(c, &keys[i]);

		if (keys[i].kind != PATH || (*p)[0] == '\0')
			continue;
		joined = file_join(c->state, *p);
		free(*p);
		*p = joined;
	}
	free(dir);
	free(copy);
}

int conf_load(struct conf *c, const char *path, struct err *e)
{
	struct reading r = {.c = c, .e = e};
	int rc, line;
	size_t i;

	memset(c, 0, sizeof(*c));
	for (i = 0; i < ARRAY_LEN(keys); i++)
		put(c, &keys[i], keys[i].fallback);
	line = ini_parse(path, on_line, &r);
	if (line == 0) {
		make_absolute(c, path);
		rc = 0;
	} else if (line < 0) {
		rc = err_set(e, ERR_NOTFOUND, "cannot read the configuration file %s", path);
	} else {
		rc = err_set(e, ERR_INVALID, "%s:%d: %s", path, line, r.text.len ? r.text.data : "not a line of the form key = value");
	}
	buf_clear(&r.text);
	return rc;
}

void conf_clear(struct conf *c)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(keys); i++)
		if (keys[i].kind == TEXT || keys[i].kind == PATH)
			free(*(char **)member(c, &keys[i]));
	memset(c, 0, sizeof(*c));
}
