/* Pages and what they may; see origin.h. */
#include "config.h"

#include "platform/origin.h"

#include <string.h>
#include <strings.h>

/* An origin's or a request's host[:port], without a port that is the scheme's own. */
struct place {
	const char *name;
	size_t len;
	bool tls;
};

static struct place place_of(const char *name, size_t len, bool tls)
{
	const char *port = tls ? ":443" : ":80";
	size_t n = strlen(port);
	struct place p = {name, len > n && memcmp(name + len - n, port, n) == 0 ? len - n : len, tls};

	return p;
}

/* False for what is no http or https origin: "null", extensions, files. */
static bool place_read(const char *origin, size_t len, struct place *p)
{
	if (len > 7 && strncasecmp(origin, "http://", 7) == 0)
		*p = place_of(origin + 7, len - 7, false);
	else if (len > 8 && strncasecmp(origin, "https://", 8) == 0)
		*p = place_of(origin + 8, len - 8, true);
	else
		return false;
	return p->len > 0;
}

static bool same_place(const struct place *a, const struct place *b)
{
	return a->tls == b->tls && a->len == b->len && strncasecmp(a->name, b->name, a->len) == 0;
}

bool origin_same(const char *origin, const char *host, bool https)
{
	struct place page, here;

	if (!host || !place_read(origin, strlen(origin), &page) || (https && !page.tls))
		return false;
	here = place_of(host, strlen(host), page.tls);
	return same_place(&page, &here);
}

bool origin_trusted(const char *origin, const char *trusted)
{
	struct place page, other;

	if (!place_read(origin, strlen(origin), &page))
		return false;
	for (trusted += strspn(trusted, " \t"); *trusted; trusted += strspn(trusted, " \t")) {
		size_t len = strcspn(trusted, " \t");

		if (place_read(trusted, len, &other) && same_place(&page, &other))
			return true;
		trusted += len;
	}
	return false;
}
