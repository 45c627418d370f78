/* From an environment to a struct wire, in one pass; see wire.h. */
#include "config.h"

#include "api/wire.h"

#include "lib/mem.h"

#include <stdint.h>
#include <string.h>

#define AT(member) offsetof(struct wire, member)

static const struct {
	const char *name;
	unsigned char len;
	size_t at;
} names[] = {
#define NAME(text, member) {text, sizeof(text) - 1, AT(member)}
	NAME("REQUEST_METHOD", method),
	NAME("REQUEST_URI", uri),
	NAME("SCRIPT_NAME", script_name),
	NAME("REMOTE_ADDR", remote_addr),
	NAME("SERVER_ADDR", server_addr),
	NAME("REQUEST_SCHEME", https),
	NAME("HTTPS", https),
	NAME("CONTENT_TYPE", content_type),
	NAME("CONTENT_LENGTH", content_length),
	NAME("HTTP_HOST", host),
	NAME("HTTP_CONTENT_ENCODING", content_encoding),
	NAME("HTTP_AUTHORIZATION", authorization),
	NAME("HTTP_COOKIE", cookie),
	NAME("HTTP_ORIGIN", origin),
	NAME("HTTP_SEC_FETCH_SITE", sec_fetch_site),
	NAME("HTTP_IF_NONE_MATCH", if_none_match),
	NAME("HTTP_IF_MATCH", if_match),
	NAME("HTTP_IDEMPOTENCY_KEY", idempotency_key),
	NAME("HTTP_X_FORWARDED_FOR", forwarded),
	NAME("HTTP_X_FORWARDED_PROTO", forwarded_proto),
	NAME("HTTP_X_FORWARDED_HOST", forwarded),
	NAME("HTTP_X_REAL_IP", forwarded),
	NAME("HTTP_FORWARDED", forwarded),
#undef NAME
};

static void take(struct wire *w, const char *entry, size_t name_len)
{
	size_t i;

	if (entry[name_len + 1] == '\0')
		return;
	for (i = 0; i < ARRAY_LEN(names); i++)
		if (names[i].len == name_len && memcmp(names[i].name, entry, name_len) == 0) {
			*(const char **)((char *)w + names[i].at) = entry + name_len + 1;
			return;
		}
}

/* Is there an entry of this name among those before it? */
static bool seen_before(char *const *env, char *const *entry, size_t name_len)
{
	for (; env < entry; env++)
		if (strncmp(*env, *entry, name_len + 1) == 0)
			return true;
	return false;
}

void wire_from_env(struct wire *w, char *const *env)
{
	uint64_t seen = 0; /* one bit a hash of a header's name: the search for a twin is made only where one is possible */
	char *const *p;

	memset(w, 0, sizeof(*w));
	w->body = "";
	for (p = env; *p; p++) {
		const char *eq = strchr(*p, '=');
		size_t len;
		uint64_t bit;

		if (!eq)
			continue;
		len = (size_t)(eq - *p);
		take(w, *p, len);
		if (len < 6 || memcmp(*p, "HTTP_", 5) != 0)
			continue;
		bit = UINT64_C(1) << ((len * 7 + (unsigned char)(*p)[len - 1] + (unsigned char)(*p)[5] * 3u) % 64);
		if ((seen & bit) && seen_before(env, p, len))
			w->duplicated = *p;
		seen |= bit;
	}
}
