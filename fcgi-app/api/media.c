/* Header values; see media.h. */
#include "config.h"

#include "api/media.h"

#include "lib/mem.h"

#include <string.h>
#include <strings.h>

static const char *skip_space(const char *p)
{
	return p + strspn(p, " \t");
}

/* One parameter at p (behind the ';'); only charset has a say.  *end is where it ends. */
static bool parameter_good(const char *p, const char **end)
{
	size_t name = strcspn(p, "=;"), len;
	bool charset = name == 7 && strncasecmp(p, "charset", 7) == 0 && p[name] == '=';
	const char *value = p[name] == '=' ? p + name + 1 : p + name;

	if (*value == '"') {
		value++;
		len = strcspn(value, "\"");
		*end = value + len + (value[len] == '"');
	} else {
		len = strcspn(value, "; \t");
		*end = value + len;
	}
	*end += strcspn(*end, ";");
	return !charset || (len == 5 && strncasecmp(value, "utf-8", 5) == 0);
}

bool media_is_json(const char *content_type)
{
	const char *p = skip_space(content_type);

	if (strncasecmp(p, "application/json", 16) != 0)
		return false;
	p = skip_space(p + 16);
	while (*p == ';')
		if (!parameter_good(skip_space(p + 1), &p))
			return false;
	return *p == '\0';
}

bool media_is_key(const char *key)
{
	size_t i;

	for (i = 0; key[i]; i++)
		if (key[i] < '!' || key[i] > '~')
			return false;
	return i >= 1 && i <= 255;
}

/* The tag's length without what a web server that has compressed the answer puts before the closing quote: "7-gzip" is "7". */
static size_t plain_len(const char *tag, size_t len)
{
	static const char *const marks[] = {"-gzip\"", "-br\"", "-deflate\"", "-zstd\""};
	size_t i, n;

	for (i = 0; i < ARRAY_LEN(marks); i++) {
		n = strlen(marks[i]);
		if (len > n && memcmp(tag + len - n, marks[i], n) == 0)
			return len - n;
	}
	return len > 0 && tag[len - 1] == '"' ? len - 1 : 0;
}

bool media_names_tag(const char *list, const char *etag, bool weak)
{
	size_t n = strlen(etag);

	while (*list) {
		size_t len;

		list += strspn(list, " \t,");
		if (weak && strncmp(list, "W/", 2) == 0)
			list += 2;
		len = strcspn(list, " \t,");
		if ((len == 1 && *list == '*') || (len >= n && plain_len(list, len) == n - 1 && memcmp(list, etag, n - 1) == 0))
			return true;
		list += len;
	}
	return false;
}
