/*
 * Addresses that people configure.  They decide whom the monitor calls, so what they may be is narrow: the schemes that the setting takes, no name or password inside
 * (those have settings of their own, which are never shown), no control characters, and no host that only the machine itself should talk to: link-local addresses
 * (169.254.0.0/16, fe80::/10, where clouds keep their credentials), multicast and broadcast.  Loopback and private networks are what this is for.
 * Pure: nothing is looked up.  A name may still lead to a forbidden address, so whoever connects asks url_address_allowed() again.
 */
#ifndef PLATFORM_URL_H
#define PLATFORM_URL_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#define URL_MAX 2048
#define URL_HOST_MAX 253

struct url {
	char scheme[16];
	char host[URL_HOST_MAX + 1]; /* without brackets */
	bool ipv6;                   /* host is an IPv6 address */
	int port;                    /* 0: the scheme's own */
	size_t path_at;              /* where path, query and fragment begin in the text; the text's length when there are none */
};

/* schemes: space separated.  False: why is one sentence that a user may read. */
bool url_parse(const char *text, const char *schemes, struct url *u, char *why, size_t why_size);
/* The port that it names, or the one that HTTP and mail have, or else fallback. */
int url_port(const struct url *u, int fallback);
/* May the monitor connect to it?  False for link-local, multicast, broadcast and anything that is neither IPv4 nor IPv6. */
bool url_address_allowed(const struct sockaddr *address);

#endif
