/* Inside platform/ only: the tables of all settings. */
#ifndef PLATFORM_SETTINGS_TABLE_H
#define PLATFORM_SETTINGS_TABLE_H

#include "platform/settings.h"

enum setting_kind {
	SETTING_INTEGER,    /* min to max */
	SETTING_BOOLEAN,
	SETTING_TEXT,       /* 1 to max code points, no control characters */
	SETTING_PATH,       /* the same, an absolute path */
	SETTING_SERIES,     /* the same, names of series of a Prometheus exporter, separated by blanks */
	SETTING_SCALAR,     /* text of at most max code points, number or boolean */
	SETTING_CHOICE,     /* one of words */
	SETTING_URL,        /* words: schemes */
	SETTING_SECRET_URL, /* shown without what follows the host */
	SETTING_SECRET,     /* text that is never shown */
	SETTING_MAIL,       /* one address */
	SETTING_MAILS       /* array of at most max addresses */
};

#define SETTING_SERIES_MAX 28 /* with what is measured of every service, they are as many metrics as a check may have */
#define SETTING_SERIES_BYTES 63

struct setting {
	const char *section, *name;
	enum setting_kind kind;
	bool nullable;
	int64_t min, max;
	const char *words;    /* CHOICE: the values; URL: the schemes; else NULL */
	const char *fallback; /* JSON text */
	const char *unit;     /* "" for none */
	const char *help;
};

extern const struct setting settings_table[];
extern const size_t settings_table_n;
/* Members of services.NAME; section is "services". */
extern const struct setting service_table[];
extern const size_t service_table_n;

/* The services that the platform knows by name. */
struct known_service {
	const char *name, *title;
	bool dependency;
	enum probe_kind kind;
	const char *url_setting; /* member of integration */
};

extern const struct known_service known_services[];
extern const size_t known_services_n;

const struct known_service *known_service_find(const char *name);
/* NULL when there is none. */
const struct setting *setting_find(const char *section, const char *name);
const struct setting *service_setting_find(const char *name);
/* The schemes that an address of this kind may have; not for PROBE_PROCESS, which has none. */
const char *probe_kind_schemes(enum probe_kind kind);
/* By name; PROBE_MAX when there is none. */
enum probe_kind probe_kind_find(const char *name);

#endif
