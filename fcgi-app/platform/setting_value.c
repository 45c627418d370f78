/* The value of one setting; see setting_value.h. */
#include "config.h"

#include "platform/setting_value.h"

#include "lib/json_in.h"
#include "lib/text.h"
#include "platform/url.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAIL_MAX 254 /* RFC 5321, 4.5.3.1.3 */

struct json_object *setting_fallback(const struct setting *s)
{
	struct json_object *v;

	if (json_in_parse(s->fallback, strlen(s->fallback), &v, NULL) == -1)
		abort(); /* the table is wrong */
	return v;
}

static bool refuse(char why[ERR_TEXT_MAX], const char *text)
{
	snprintf(why, ERR_TEXT_MAX, "%s", text);
	return false;
}

static bool check_integer(const struct setting *s, struct json_object *v, struct json_object **normal, char why[ERR_TEXT_MAX])
{
	int64_t n;

	if (!json_in_i64(v, &n)) {
		snprintf(why, ERR_TEXT_MAX, "Must be a whole number between %" PRId64 " and %" PRId64, s->min, s->max);
		return false;
	}
	if (n < s->min || n > s->max) {
		snprintf(why, ERR_TEXT_MAX, "Must be between %" PRId64 " and %" PRId64, s->min, s->max);
		return false;
	}
	*normal = json_object_new_int64(n);
	return true;
}

static bool check_text(const struct setting *s, const char *text, char why[ERR_TEXT_MAX])
{
	size_t len = strlen(text), i, n = text_utf8_count(text, len);

	for (i = 0; i < len; i++)
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			return refuse(why, "Must not hold control characters");
	if (s->kind == SETTING_PATH && text[0] != '/')
		return refuse(why, "Must be an absolute path");
	if ((n >= 1 || s->kind == SETTING_SCALAR) && n <= (size_t)s->max)
		return true;
	snprintf(why, ERR_TEXT_MAX, "Must be 1 to %" PRId64 " characters long, or null", s->max);
	return false;
}

/* Names that no metric here can have would be watched for in vain, and so would those for which there is no room. */
static bool check_series(const char *text, char why[ERR_TEXT_MAX])
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", more[] = "_:0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
	size_t len, n = 0;

	for (text += strspn(text, " "); *text; text += len, text += strspn(text, " ")) {
		len = strcspn(text, " ");
		if (!strchr(letters, *text) || strspn(text, more) < len || len > SETTING_SERIES_BYTES) {
			snprintf(why, ERR_TEXT_MAX, "Must be names of series, separated by spaces, each of at most %d letters, digits, _ and :, with a letter first", SETTING_SERIES_BYTES);
			return false;
		}
		n++;
	}
	if (n >= 1 && n <= SETTING_SERIES_MAX)
		return true;
	snprintf(why, ERR_TEXT_MAX, "Must be 1 to %d names of series, separated by spaces, or null", SETTING_SERIES_MAX);
	return false;
}

static bool check_choice(const struct setting *s, const char *text, char why[ERR_TEXT_MAX])
{
	const char *p = s->words;
	size_t len = strlen(text);

	while (*p) {
		size_t n = strcspn(p, " ");

		if (n == len && memcmp(p, text, n) == 0)
			return true;
		p += n;
		p += *p == ' ';
	}
	snprintf(why, ERR_TEXT_MAX, "Must be one of: %s", s->words);
	return false;
}

static bool check_mail(const char *text, char why[ERR_TEXT_MAX])
{
	const char *at = strchr(text, '@'), *p;

	for (p = text; *p; p++)
		if ((unsigned char)*p <= 0x20 || (unsigned char)*p >= 0x7f || strchr("<>()[]\\,;:\"", *p))
			break;
	if (*p || !at || at == text || at[1] == '\0' || strchr(at + 1, '@') || p - text > MAIL_MAX)
		return refuse(why, "Must be a mail address such as lab@example.org");
	return true;
}

static bool check_string(const struct setting *s, struct json_object *v, struct json_object **normal, char why[ERR_TEXT_MAX])
{
	const char *text = json_object_get_string(v);
	struct url u;
	bool good = false;

	if (!json_object_is_type(v, json_type_string))
		return refuse(why, s->nullable ? "Must be a text or null" : "Must be a text");
	switch (s->kind) {
	case SETTING_CHOICE:
		good = check_choice(s, text, why);
		break;
	case SETTING_URL:
	case SETTING_SECRET_URL:
		good = url_parse(text, s->words, &u, why, ERR_TEXT_MAX);
		break;
	case SETTING_MAIL:
		good = check_mail(text, why);
		break;
	case SETTING_SERIES:
		good = check_text(s, text, why) && check_series(text, why);
		break;
	default:
		good = check_text(s, text, why);
	}
	if (good)
		*normal = json_object_get(v);
	return good;
}

static bool check_mails(const struct setting *s, struct json_object *v, struct json_object **normal, char why[ERR_TEXT_MAX])
{
	size_t i, n;

	if (!json_object_is_type(v, json_type_array))
		return refuse(why, "Must be an array of mail addresses");
	n = json_object_array_length(v);
	if (n > (size_t)s->max) {
		snprintf(why, ERR_TEXT_MAX, "Must hold at most %" PRId64 " addresses", s->max);
		return false;
	}
	for (i = 0; i < n; i++) {
		struct json_object *one = json_object_array_get_idx(v, i);

		if (!json_object_is_type(one, json_type_string))
			return refuse(why, "Must be an array of mail addresses");
		if (!check_mail(json_object_get_string(one), why))
			return false;
	}
	*normal = json_object_get(v);
	return true;
}

bool setting_check(const struct setting *s, struct json_object *v, struct json_object **normal, char why[ERR_TEXT_MAX])
{
	*normal = NULL;
	if (!v && s->nullable)
		return true;
	switch (s->kind) {
	case SETTING_INTEGER:
		return check_integer(s, v, normal, why);
	case SETTING_BOOLEAN:
		if (!json_object_is_type(v, json_type_boolean))
			return refuse(why, "Must be true or false");
		*normal = json_object_get(v);
		return true;
	case SETTING_MAILS:
		return check_mails(s, v, normal, why);
	case SETTING_SCALAR:
		if (json_object_is_type(v, json_type_boolean) || json_object_is_type(v, json_type_int) || json_object_is_type(v, json_type_double)) {
			*normal = json_object_get(v);
			return true;
		}
		/* fall through */
	default:
		return check_string(s, v, normal, why);
	}
}

/* What is shown for a text that is set. */
static void put_masked(struct buf *b, const struct setting *s, const char *text)
{
	char why[ERR_TEXT_MAX];
	struct url u;

	if (s->kind != SETTING_SECRET_URL || !url_parse(text, s->words, &u, why, sizeof(why))) {
		buf_adds(b, s->kind == SETTING_SECRET || s->kind == SETTING_SECRET_URL ? SETTINGS_MASK : text);
		return;
	}
	buf_add(b, text, u.path_at);
	if (text[u.path_at] != '\0')
		buf_adds(b, "/");
	if (text[u.path_at] != '\0' && strcmp(text + u.path_at, "/") != 0)
		buf_adds(b, SETTINGS_MASK);
}

bool setting_is_mask(const struct setting *s, const struct json_object *v, struct json_object *current)
{
	struct buf b = {0};
	bool same;

	if ((s->kind != SETTING_SECRET && s->kind != SETTING_SECRET_URL) || !current || !json_object_is_type(v, json_type_string))
		return false;
	put_masked(&b, s, json_object_get_string(current));
	same = strcmp(buf_str(&b), json_object_get_string((struct json_object *)(uintptr_t)v)) == 0;
	buf_clear(&b);
	return same;
}

void setting_write(struct json_out *j, const char *name, const struct setting *s, struct json_object *v, bool masked)
{
	struct buf b = {0};
	size_t i;

	switch (json_object_get_type(v)) {
	case json_type_boolean:
		json_put_bool(j, name, json_object_get_boolean(v));
		break;
	case json_type_int:
		json_put_i64(j, name, json_object_get_int64(v));
		break;
	case json_type_double:
		json_put_double(j, name, json_object_get_double(v));
		break;
	case json_type_string:
		if (masked)
			put_masked(&b, s, json_object_get_string(v));
		else
			buf_adds(&b, json_object_get_string(v));
		json_put_string(j, name, buf_str(&b));
		break;
	case json_type_array:
		json_array_begin(j, name);
		for (i = 0; i < json_object_array_length(v); i++)
			json_put_string(j, NULL, json_object_get_string(json_object_array_get_idx(v, i)));
		json_array_end(j);
		break;
	default:
		json_put_null(j, name);
	}
	buf_clear(&b);
}
