/* Names of policies; see policy.h. */
#include "config.h"

#include "experiment/policy.h"

#include "lib/json_in.h"
#include "lib/json_out.h"
#include "lib/mem.h"

#include <ctype.h>
#include <json-c/linkhash.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define NEAR_MAX 3

static const char *text_of(const struct json_object *o, const char *member)
{
	const char *text;

	return json_get_string(o, member, &text) && text[0] && strlen(text) < POLICY_LISTED_BYTES ? text : NULL;
}

int policy_list_compact(const char *text, size_t len, struct buf *out, struct err *e)
{
	struct json_object *o = NULL, *list;
	struct json_out j;
	size_t i, n, read = 0;

	if (json_in_parse_lenient(text, len, &o, e) == -1)
		return -1;
	/* A bare array; its documentation wraps it. */
	list = json_object_is_type(o, json_type_array) ? o : json_get(o, "policies", NULL);
	if (!json_object_is_type(list, json_type_array)) {
		json_object_put(o);
		return err_set(e, ERR_INVALID, "its answer is no list of policies");
	}
	n = json_object_array_length(list);
	json_out_init(&j, out);
	json_array_begin(&j, NULL);
	for (i = 0; i < n && i < POLICIES_LISTED_MAX; i++) {
		struct json_object *item = json_object_array_get_idx(list, i);
		const char *id = text_of(item, "id"), *name = text_of(item, "name");

		if (!id && !name)
			continue;
		read++;
		json_object_begin(&j, NULL);
		json_put_string(&j, "id", id);
		json_put_string(&j, "name", name);
		json_object_end(&j);
	}
	json_array_end(&j);
	json_object_put(o);
	/* A list of something else would make every name unknown. */
	return read || n == 0 ? 0 : err_set(e, ERR_INVALID, "its answer is a list, but not of policies");
}

bool policy_is_listed(const struct json_object *list, const char *name)
{
	size_t i, n = json_object_array_length(list);
	const char *text;

	for (i = 0; i < n; i++) {
		const struct json_object *item = json_object_array_get_idx(list, i);

		if ((json_get_string(item, "id", &text) && strcmp(text, name) == 0) || (json_get_string(item, "name", &text) && strcmp(text, name) == 0))
			return true;
	}
	return false;
}

static int lower(char c)
{
	return tolower((unsigned char)c);
}

/* Letters to change, add or leave out, case not counted.  Both are shorter than POLICY_LISTED_BYTES. */
static size_t distance(const char *a, const char *b)
{
	size_t row[POLICY_LISTED_BYTES + 1], na = strlen(a), nb = strlen(b), i, j;

	for (j = 0; j <= nb; j++)
		row[j] = j;
	for (i = 1; i <= na; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (j = 1; j <= nb; j++) {
			size_t best = diagonal + (lower(a[i - 1]) != lower(b[j - 1]));

			diagonal = row[j];
			best = best < row[j] + 1 ? best : row[j] + 1;
			row[j] = best < row[j - 1] + 1 ? best : row[j - 1] + 1;
		}
	}
	return row[nb];
}

/* Lower is nearer; SIZE_MAX: not near at all. */
static size_t unlikeness(const char *name, const char *listed)
{
	size_t n = strlen(name), d = distance(name, listed), most = n / 3 > 2 ? n / 3 : 2;

	if (d <= most && d < n)
		return d;
	/* "qos" means adaptive_qos. */
	return n >= 3 && strcasestr(listed, name) ? most + 1 : SIZE_MAX;
}

/* Could stand in a request?  Other names are for people only. */
static bool is_usable(const char *text)
{
	size_t n;

	for (n = 0; text[n]; n++)
		if (!isalnum((unsigned char)text[n]) && !strchr("_.-", text[n]))
			return false;
	return n > 0 && n < POLICY_LISTED_BYTES;
}

struct near {
	const char *text;
	size_t unlikeness;
};

static void keep(struct near best[NEAR_MAX], const char *text, size_t unlike)
{
	size_t i, k;

	for (i = 0; i < NEAR_MAX && best[i].text && best[i].unlikeness <= unlike; i++)
		if (strcmp(best[i].text, text) == 0)
			return;
	if (i == NEAR_MAX)
		return;
	for (k = NEAR_MAX - 1; k > i; k--)
		best[k] = best[k - 1];
	best[i] = (struct near){.text = text, .unlikeness = unlike};
}

void policy_near(const struct json_object *list, const char *name, struct buf *out)
{
	static const char *const members[] = {"id", "name"};
	struct near best[NEAR_MAX] = {{NULL, 0}};
	size_t i, k, unlike, n = json_object_array_length(list);
	const char *text;

	if (strlen(name) >= POLICY_LISTED_BYTES)
		return;
	for (i = 0; i < n; i++)
		for (k = 0; k < ARRAY_LEN(members); k++)
			if (json_get_string(json_object_array_get_idx(list, i), members[k], &text) && is_usable(text) &&
			    (unlike = unlikeness(name, text)) != SIZE_MAX)
				keep(best, text, unlike);
	for (i = 0; i < NEAR_MAX && best[i].text; i++)
		buf_addf(out, "%s%s", i ? ", " : "", best[i].text);
}

void policy_judge(const struct json_object *list, const struct json_object *status, struct buf *out, struct buf *unknown)
{
	struct json_out j;

	json_out_init(&j, out);
	json_object_begin(&j, NULL);
	json_object_object_foreach(status, name, v)
	{
		const char *is = json_object_is_type(v, json_type_string) ? json_object_get_string(v) : "unverified";

		if (strcmp(is, "unverified") == 0 || strcmp(is, "unknown") == 0)
			is = policy_is_listed(list, name) ? "verified" : "unknown";
		if (strcmp(is, "unknown") == 0)
			buf_addf(unknown, "%s%s", unknown->len ? ", " : "", name);
		json_put_name(&j, name);
		json_put_string(&j, NULL, is);
	}
	json_object_end(&j);
}
