/* Addresses that people configure; see url.h. */
#include "config.h"

#include "platform/url.h"

#include "lib/mem.h"

#include "lib/text.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static bool refuse(char *why, size_t size, const char *text)
{
	snprintf(why, size, "%s", text);
	return false;
}

static bool in_list(const char *word, size_t len, const char *list)
{
	const char *p = list;

	while (*p) {
		size_t n = strcspn(p, " ");

		if (n == len && strncasecmp(p, word, n) == 0)
			return true;
		p += n;
		p += *p == ' ';
	}
	return false;
}

/* "http https" → "Must begin with http:// or https://". */
static bool refuse_scheme(const char *schemes, char *why, size_t size)
{
	int at = snprintf(why, size, "Must begin with");
	const char *p = schemes;

	while (*p && at > 0 && (size_t)at < size) {
		size_t n = strcspn(p, " ");

		at += snprintf(why + at, size - (size_t)at, "%s %.*s://", p == schemes ? "" : " or", (int)n, p);
		p += n;
		p += *p == ' ';
	}
	return false;
}

static bool ipv4_allowed(uint32_t a)
{
	/* 100.100.100.200 is where one cloud keeps what others keep at 169.254.169.254. */
	return (a >> 16) != 0xa9fe && (a >> 28) != 0xe && a != 0xffffffff && a != 0x646464c8;
}

static bool ipv6_allowed(const struct in6_addr *a)
{
	static const unsigned char aws[16] = {0xfd, 0x00, 0x0e, 0xc2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x02, 0x54};
	static const unsigned char nat64[12] = {0x00, 0x64, 0xff, 0x9b};
	const unsigned char *b = a->s6_addr;
	uint32_t tail = (uint32_t)b[12] << 24 | (uint32_t)b[13] << 16 | (uint32_t)b[14] << 8 | b[15];

	if (IN6_IS_ADDR_LINKLOCAL(a) || IN6_IS_ADDR_MULTICAST(a) || memcmp(b, aws, sizeof(aws)) == 0)
		return false;
	/* An IPv4 address in IPv6 clothes; ::1 and :: are themselves. */
	if (IN6_IS_ADDR_V4MAPPED(a) || memcmp(b, nat64, sizeof(nat64)) == 0 || (IN6_IS_ADDR_V4COMPAT(a) && tail > 1))
		return ipv4_allowed(tail);
	return true;
}

int url_port(const struct url *u, int fallback)
{
	static const struct {
		const char *scheme;
		int port;
	} known[] = {{"http", 80}, {"https", 443}, {"smtp", 25}, {"smtps", 465}};
	size_t i;

	for (i = 0; i < ARRAY_LEN(known); i++)
		if (!u->port && strcmp(u->scheme, known[i].scheme) == 0)
			return known[i].port;
	return u->port ? u->port : fallback;
}

bool url_address_allowed(const struct sockaddr *address)
{
	if (address->sa_family == AF_INET)
		return ipv4_allowed(ntohl(((const struct sockaddr_in *)(const void *)address)->sin_addr.s_addr));
	if (address->sa_family == AF_INET6)
		return ipv6_allowed(&((const struct sockaddr_in6 *)(const void *)address)->sin6_addr);
	return false;
}

/* The host of u against the rules; inet_aton takes the odd spellings (2852039166, 0xa9.254.1, 0251.…) that resolvers take. */
static bool host_allowed(const struct url *u)
{
	char host[sizeof(u->host)];
	struct in6_addr six;
	struct in_addr four;
	size_t n = strlen(u->host);

	if (u->ipv6)
		return inet_pton(AF_INET6, u->host, &six) == 1 && ipv6_allowed(&six);
	memcpy(host, u->host, n + 1);
	if (host[n - 1] == '.')
		host[n - 1] = '\0'; /* a name's end may be marked by a dot */
	return !inet_aton(host, &four) || ipv4_allowed(ntohl(four.s_addr));
}

static bool host_wellformed(const char *host)
{
	const char *p;

	for (p = host; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr("-._", *p))
			return false;
	return host[0] != '\0' && host[0] != '.' && host[0] != '-' && !strstr(host, "..");
}

/* authority: between "://" and the path. */
static bool parse_authority(const char *text, size_t len, struct url *u, char *why, size_t size)
{
	const char *end = text + len, *colon, *host_end;
	size_t n;
	int64_t port;
	char digits[8];

	if (memchr(text, '@', len))
		return refuse(why, size, "Must not hold a user name or password; there are settings of their own for them");
	u->ipv6 = len > 0 && *text == '[';
	host_end = u->ipv6 ? memchr(text, ']', len) : memchr(text, ':', len);
	if (u->ipv6 && !host_end)
		return refuse(why, size, "The host is not well-formed");
	if (!host_end)
		host_end = end;
	text += u->ipv6;
	n = (size_t)(host_end - text);
	if (n == 0 || n > URL_HOST_MAX)
		return refuse(why, size, "A host is needed, for example http://localhost:8083");
	memcpy(u->host, text, n);
	u->host[n] = '\0';
	colon = u->ipv6 ? host_end + 1 : host_end;
	if (!u->ipv6 && !host_wellformed(u->host))
		return refuse(why, size, "The host is not well-formed");
	u->port = 0;
	if (colon < end) {
		n = (size_t)(end - colon) - 1;
		if (*colon != ':' || n == 0 || n >= sizeof(digits))
			return refuse(why, size, "The port must be between 1 and 65535");
		memcpy(digits, colon + 1, n);
		digits[n] = '\0';
		if (!text_to_i64(digits, &port) || port < 1 || port > 65535)
			return refuse(why, size, "The port must be between 1 and 65535");
		u->port = (int)port;
	}
	if (!host_allowed(u))
		return refuse(why, size, u->ipv6 ? "This IPv6 address must not be called" : "Link-local, multicast and broadcast addresses must not be called");
	return true;
}

bool url_parse(const char *text, const char *schemes, struct url *u, char *why, size_t why_size)
{
	const char *p, *sep = strstr(text, "://");
	size_t len = strlen(text), n, i;

	memset(u, 0, sizeof(*u));
	if (len > URL_MAX)
		return refuse(why, why_size, "Must be at most 2048 characters long");
	for (p = text; *p; p++)
		if ((unsigned char)*p <= 0x20 || (unsigned char)*p >= 0x7f || strchr("\"<>\\^`{|}#", *p))
			return refuse(why, why_size, "Must not hold spaces, control characters, quotes, a fragment or letters outside ASCII");
	n = sep ? (size_t)(sep - text) : 0;
	if (n == 0 || n >= sizeof(u->scheme) || !in_list(text, n, schemes))
		return refuse_scheme(schemes, why, why_size);
	for (i = 0; i < n; i++)
		u->scheme[i] = (char)tolower((unsigned char)text[i]);
	p = sep + 3;
	u->path_at = (size_t)(p - text) + strcspn(p, "/?#");
	return parse_authority(p, u->path_at - (size_t)(p - text), u, why, why_size);
}
