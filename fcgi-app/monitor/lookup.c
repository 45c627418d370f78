/* Names of hosts; see lookup.h. */
#include "config.h"

#include "monitor/lookup.h"

#include "lib/mem.h"
#include "platform/url.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct search {
	char *host;
	struct lookup_result result;
	bool found;
};

/* Takes over from getaddrinfo(): only what may be called. */
static bool keep(const struct addrinfo *list, struct lookup_result *out)
{
	const struct addrinfo *a;
	bool forbidden = false;

	out->n = 0;
	for (a = list; a && out->n < LOOKUP_ADDRESSES_MAX; a = a->ai_next) {
		if (!url_address_allowed(a->ai_addr)) {
			forbidden = true;
			continue;
		}
		memcpy(&out->list[out->n].address, a->ai_addr, a->ai_addrlen);
		out->list[out->n++].len = a->ai_addrlen;
	}
	if (out->n == 0)
		snprintf(out->why, sizeof(out->why), forbidden ? "Its name leads to an address that is never called (link-local, multicast or broadcast)" : "Its name has no address");
	return out->n > 0;
}

static bool resolve(const char *host, int flags, struct lookup_result *out)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = flags}, *list = NULL;
	int rc = getaddrinfo(host, NULL, &hints, &list);
	bool found = false;

	if (rc == 0)
		found = keep(list, out);
	else
		snprintf(out->why, sizeof(out->why), "Name lookup failed: %s", gai_strerror(rc));
	if (list)
		freeaddrinfo(list);
	return found;
}

static void run(void *data)
{
	struct search *s = data;

	s->found = resolve(s->host, 0, &s->result);
}

static void release(void *data)
{
	struct search *s = data;

	free(s->host);
	free(s);
}

static void set_port(struct lookup_result *r, int port)
{
	size_t i;

	for (i = 0; i < r->n; i++) {
		if (r->list[i].address.ss_family == AF_INET)
			((struct sockaddr_in *)&r->list[i].address)->sin_port = htons((uint16_t)port);
		else
			((struct sockaddr_in6 *)&r->list[i].address)->sin6_port = htons((uint16_t)port);
	}
}

/* RFC 6761: localhost is this machine, whatever a name server says. */
static bool local(const char *host, struct lookup_result *out)
{
	struct lookup_result six;

	if (strcasecmp(host, "localhost") != 0)
		return resolve(host, AI_NUMERICHOST, out);
	if (!resolve("127.0.0.1", AI_NUMERICHOST, out))
		return false;
	if (resolve("::1", AI_NUMERICHOST, &six))
		out->list[out->n++] = six.list[0];
	return true;
}

enum lookup_state lookup_get(struct lookup *l, const char *host, int port, int wake_fd, struct lookup_result *out)
{
	struct search *s;
	bool found;

	if (!l->job) {
		memset(out, 0, sizeof(*out));
		if (local(host, out)) {
			set_port(out, port);
			return LOOKUP_FOUND;
		}
		s = mem_alloc(sizeof(*s));
		s->host = mem_strdup(host);
		l->job = job_start(run, release, s, wake_fd);
		if (!l->job)
			release(s); /* at the next turn, when another has ended */
		return LOOKUP_WAIT;
	}
	if (!job_done(l->job))
		return LOOKUP_WAIT;
	s = job_data(l->job);
	*out = s->result;
	found = s->found;
	set_port(out, port);
	job_free(l->job);
	l->job = NULL;
	return found ? LOOKUP_FOUND : LOOKUP_FAILED;
}

void lookup_write(const struct lookup_result *r, const char *host, int port, struct buf *line)
{
	char text[INET6_ADDRSTRLEN];
	size_t i;

	buf_addf(line, "%s:%d:", host, port);
	for (i = 0; i < r->n; i++) {
		const struct sockaddr_storage *a = &r->list[i].address;

		if (a->ss_family == AF_INET)
			buf_addf(line, "%s%s", i ? "," : "", inet_ntop(AF_INET, &((const struct sockaddr_in *)a)->sin_addr, text, sizeof(text)));
		else
			buf_addf(line, "%s[%s]", i ? "," : "", inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)a)->sin6_addr, text, sizeof(text)));
	}
}

void lookup_renew(struct lookup *l)
{
	if (!l->job || !job_done(l->job) || ((const struct search *)job_data(l->job))->found)
		return;
	job_free(l->job);
	l->job = NULL;
}

void lookup_drop(struct lookup *l)
{
	job_free(l->work);
	l->work = NULL;
}

void lookup_clear(struct lookup *l)
{
	lookup_drop(l);
	job_free(l->job);
	l->job = NULL;
}
