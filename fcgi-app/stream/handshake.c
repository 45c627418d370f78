/* The rules of the door; see handshake.h. */
#include "config.h"

#include "stream/handshake.h"

#include "lib/mem.h"
#include "platform/origin.h"

#include <string.h>
#include <strings.h>

#define COOKIE_NAME "flopynet_session="

static bool ends_with(const char *s, const char *end)
{
	size_t len = strlen(s), n = strlen(end);

	return len >= n && strcmp(s + len - n, end) == 0;
}

enum handshake_target handshake_target(const char *path)
{
	if (ends_with(path, "/ws/dashboard"))
		return HANDSHAKE_SOCKET;
	if (ends_with(path, "/api/v1/events/stream"))
		return HANDSHAKE_EVENTS;
	return HANDSHAKE_ELSEWHERE;
}

/* "Bearer TOKEN", the scheme case-blind. */
static char *bearer(const char *authorization)
{
	const char *p = authorization + 6;
	size_t len;

	if (strncasecmp(authorization, "Bearer", 6) != 0 || *p != ' ')
		return NULL;
	p += strspn(p, " ");
	len = strcspn(p, " ");
	if (len == 0 || p[len + strspn(p + len, " ")] != '\0')
		return NULL;
	return mem_strndup(p, len);
}

static char *session_cookie(const char *cookie)
{
	const char *p = cookie;

	while (*p) {
		size_t len;

		p += strspn(p, "; ");
		len = strcspn(p, ";");
		if (strncmp(p, COOKIE_NAME, sizeof(COOKIE_NAME) - 1) == 0 && len > sizeof(COOKIE_NAME) - 1)
			return mem_strndup(p + sizeof(COOKIE_NAME) - 1, len - (sizeof(COOKIE_NAME) - 1));
		p += len;
	}
	return NULL;
}

/*
 * May the cookie of this request count?  A browser sends no Origin with a plain GET to its own host, which is what an EventSource makes; then
 * Sec-Fetch-Site says it, and where that is absent too (an old browser), SameSite=Strict has kept the cookie away from foreign pages.  A WebSocket always
 * has an Origin when a browser opens it.
 */
static bool cookie_counts(const struct handshake *h)
{
	if (h->origin)
		return true; /* it was checked */
	if (handshake_target(h->path) != HANDSHAKE_EVENTS)
		return false;
	return !h->fetch_site || strcmp(h->fetch_site, "same-origin") == 0 || strcmp(h->fetch_site, "none") == 0;
}

int handshake_check(const struct handshake *h, const char *trusted, enum handshake_credential *kind, char **token, struct err *e)
{
	*kind = HANDSHAKE_NOTHING;
	*token = NULL;
	/* Behind a proxy that ends TLS we do not know our own scheme. */
	if (h->origin && !origin_same(h->origin, h->host, false) && !origin_trusted(h->origin, trusted))
		return err_set(e, ERR_FORBIDDEN, "Pages of this origin may not connect; trusted_origins in the configuration file names those that may");
	if (h->authorization) {
		*token = bearer(h->authorization);
		if (!*token)
			return err_set(e, ERR_UNAUTHORIZED, "The Authorization header must be: Bearer TOKEN");
		*kind = HANDSHAKE_BEARER;
	} else if (h->cookie && cookie_counts(h)) {
		*token = session_cookie(h->cookie);
		*kind = *token ? HANDSHAKE_COOKIE : HANDSHAKE_NOTHING;
	}
	return 0;
}
