/* Sockets of all checks; see net.h. */
#include "config.h"

#include "monitor/net.h"

#include "lib/buf.h"
#include "lib/mem.h"
#include "lib/text.h"
#include "monitor/check.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define EVENTS_A_TURN 256
#define IDLE_HANDLES_MAX 32 /* easy handles that are kept: making one costs more than a request */

struct net {
	int epoll, wake;
	CURLM *multi;
	int64_t curl_due_ms; /* monotonic; -1: libcurl wants no timer */
	bool curl_timer;     /* it asked anew: its milliseconds count from the turn that follows */
	long curl_after_ms;
	struct check **by_fd; /* NULL: libcurl's */
	size_t by_fd_n;
	CURL *idle[IDLE_HANDLES_MAX];
	size_t idle_n;
};

struct transfer {
	CURL *easy;
	struct curl_slist *headers, *resolve;
	struct buf body;
	bool cut;
	bool forbidden; /* the address may not be called */
	char header[PROBE_NAME_MAX];
	char error[CURL_ERROR_SIZE];
};

int64_t net_now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

int net_fd(const struct net *n)
{
	return n->epoll;
}

int net_wake_fd(const struct net *n)
{
	return n->wake;
}

void net_watch(struct net *n, int fd, uint32_t events, struct check *c)
{
	struct epoll_event ev = {.events = events, .data.fd = fd};

	if (fd < 0)
		return;
	if ((size_t)fd >= n->by_fd_n) {
		size_t more = (size_t)fd + 64;

		n->by_fd = mem_resize(n->by_fd, more * sizeof(*n->by_fd));
		memset(n->by_fd + n->by_fd_n, 0, (more - n->by_fd_n) * sizeof(*n->by_fd));
		n->by_fd_n = more;
	}
	n->by_fd[fd] = events ? c : NULL;
	if (!events)
		epoll_ctl(n->epoll, EPOLL_CTL_DEL, fd, NULL); /* it may be closed, and so gone, already */
	else if (epoll_ctl(n->epoll, EPOLL_CTL_MOD, fd, &ev) == -1 && errno == ENOENT)
		epoll_ctl(n->epoll, EPOLL_CTL_ADD, fd, &ev);
}

static int on_curl_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *socket_arg)
{
	(void)easy;
	(void)socket_arg;
	net_watch(arg, fd, what == CURL_POLL_REMOVE ? 0 : (what & CURL_POLL_IN ? EPOLLIN : 0u) | (what & CURL_POLL_OUT ? EPOLLOUT : 0u), NULL);
	return 0;
}

static int on_curl_timer(CURLM *multi, long after_ms, void *arg)
{
	struct net *n = arg;

	(void)multi;
	n->curl_timer = after_ms >= 0;
	n->curl_after_ms = after_ms;
	if (after_ms < 0)
		n->curl_due_ms = -1;
	return 0;
}

int net_open(struct net **out, struct err *e)
{
	struct net *n = mem_alloc(sizeof(*n));

	*out = NULL;
	n->curl_due_ms = -1;
	n->epoll = epoll_create1(EPOLL_CLOEXEC);
	n->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (n->epoll == -1 || n->wake == -1 || curl_global_init(CURL_GLOBAL_DEFAULT) != 0 || !(n->multi = curl_multi_init())) {
		net_close(n);
		return err_set(e, ERR_INTERNAL, "probes cannot be set up: %s", strerror(errno));
	}
	curl_multi_setopt(n->multi, CURLMOPT_SOCKETFUNCTION, on_curl_socket);
	curl_multi_setopt(n->multi, CURLMOPT_SOCKETDATA, n);
	curl_multi_setopt(n->multi, CURLMOPT_TIMERFUNCTION, on_curl_timer);
	curl_multi_setopt(n->multi, CURLMOPT_TIMERDATA, n);
	net_watch(n, n->wake, EPOLLIN, NULL);
	*out = n;
	return 0;
}

void net_close(struct net *n)
{
	if (!n)
		return;
	while (n->idle_n)
		curl_easy_cleanup(n->idle[--n->idle_n]);
	if (n->multi)
		curl_multi_cleanup(n->multi);
	if (n->epoll != -1)
		close(n->epoll);
	/* n->wake stays open: a thread of a lookup may still write to it. */
	free(n->by_fd);
	free(n);
}

/* The rules of one request. */

static size_t on_body(char *data, size_t size, size_t count, void *arg)
{
	struct transfer *t = arg;
	size_t len = size * count, room = PROBE_BODY_MAX - t->body.len;

	if (len > room) {
		buf_add(&t->body, data, room);
		t->cut = true;
		return 0; /* enough: ends the transfer */
	}
	buf_add(&t->body, data, len);
	return len;
}

static size_t on_header(char *line, size_t size, size_t count, void *arg)
{
	struct check *c = arg;
	const char *name = c->request.header;
	size_t len = size * count, name_len = name ? strlen(name) : 0;

	if (!name || len <= name_len || strncasecmp(line, name, name_len) != 0 || line[name_len] != ':')
		return len;
	line += name_len + 1;
	len -= name_len + 1;
	while (len && (*line == ' ' || *line == '\t')) {
		line++;
		len--;
	}
	while (len && (line[len - 1] == '\r' || line[len - 1] == '\n' || line[len - 1] == ' '))
		len--;
	probe_clean(line, len, c->transfer->header, sizeof(c->transfer->header));
	return size * count;
}

static curl_socket_t on_open(void *arg, curlsocktype purpose, struct curl_sockaddr *a)
{
	struct transfer *t = arg;

	(void)purpose;
	if (!url_address_allowed(&a->addr)) {
		t->forbidden = true;
		return CURL_SOCKET_BAD;
	}
	return socket(a->family, a->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, a->protocol);
}

static void set_url(struct transfer *t, const struct check *c)
{
	struct buf url = {0};
	size_t len = strlen(c->config->url);

	if (c->request.path[0])
		while (len && c->config->url[len - 1] == '/')
			len--;
	buf_add(&url, c->config->url, len);
	buf_adds(&url, c->request.path);
	curl_easy_setopt(t->easy, CURLOPT_URL, buf_str(&url));
	buf_clear(&url);
}

/* What the lookup found, so that libcurl looks nothing up. */
static void set_addresses(struct transfer *t, const struct check *c)
{
	struct buf line = {0};

	if (c->url.ipv6)
		return;
	lookup_write(&c->addresses, c->url.host, url_port(&c->url, 0), &line);
	t->resolve = curl_slist_append(NULL, line.data);
	buf_clear(&line);
	curl_easy_setopt(t->easy, CURLOPT_RESOLVE, t->resolve);
}

static void set_identity(struct transfer *t, const struct service_config *config)
{
	struct buf line = {0};

	t->headers = curl_slist_append(NULL, "Accept: application/json, text/plain;q=0.9, */*;q=0.5");
	if (config->token) {
		buf_addf(&line, "Authorization: %s %s", config->kind == PROBE_INFLUXDB ? "Token" : "Bearer", config->token);
		t->headers = curl_slist_append(t->headers, line.data);
		buf_clear(&line);
	} else if (config->username) {
		curl_easy_setopt(t->easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
		curl_easy_setopt(t->easy, CURLOPT_USERNAME, config->username);
		curl_easy_setopt(t->easy, CURLOPT_PASSWORD, config->password ? config->password : "");
	}
	curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->headers);
}

static void set_rules(struct transfer *t, struct check *c, int64_t timeout_ms)
{
	CURL *h = t->easy;

	curl_easy_setopt(h, CURLOPT_PRIVATE, c);
	curl_easy_setopt(h, CURLOPT_ERRORBUFFER, t->error);
	curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(h, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(h, CURLOPT_PROXY, ""); /* the daemon's environment is not the platform's configuration */
	curl_easy_setopt(h, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(h, CURLOPT_CONNECTTIMEOUT_MS, (long)timeout_ms);
	curl_easy_setopt(h, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
	/* A check shows that a new connection can be made, and never meets one that the peer has closed meanwhile. */
	curl_easy_setopt(h, CURLOPT_FRESH_CONNECT, 1L);
	curl_easy_setopt(h, CURLOPT_FORBID_REUSE, 1L);
	curl_easy_setopt(h, CURLOPT_BUFFERSIZE, 16384L);
	curl_easy_setopt(h, CURLOPT_USERAGENT, "flopynet-monitor/" PACKAGE_VERSION);
	curl_easy_setopt(h, CURLOPT_SSL_VERIFYPEER, c->config->insecure ? 0L : 1L);
	curl_easy_setopt(h, CURLOPT_SSL_VERIFYHOST, c->config->insecure ? 0L : 2L);
	curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(h, CURLOPT_WRITEDATA, t);
	curl_easy_setopt(h, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(h, CURLOPT_HEADERDATA, c);
	curl_easy_setopt(h, CURLOPT_OPENSOCKETFUNCTION, on_open);
	curl_easy_setopt(h, CURLOPT_OPENSOCKETDATA, t);
}

void net_http_begin(struct net *n, struct check *c, int64_t timeout_ms)
{
	struct transfer *t = mem_alloc(sizeof(*t));

	c->transfer = t;
	t->easy = n->idle_n ? n->idle[--n->idle_n] : curl_easy_init();
	if (!t->easy)
		abort();
	set_rules(t, c, timeout_ms);
	set_url(t, c);
	set_addresses(t, c);
	set_identity(t, c->config);
	curl_multi_add_handle(n->multi, t->easy);
}

void net_http_stop(struct net *n, struct check *c)
{
	struct transfer *t = c->transfer;

	c->transfer = NULL;
	curl_multi_remove_handle(n->multi, t->easy);
	if (n->idle_n < IDLE_HANDLES_MAX) {
		curl_easy_reset(t->easy);
		n->idle[n->idle_n++] = t->easy;
	} else {
		curl_easy_cleanup(t->easy);
	}
	curl_slist_free_all(t->headers);
	curl_slist_free_all(t->resolve);
	buf_clear(&t->body);
	free(t);
}

/*
 * In words that a user may read.  Anybody may read GET /health, so nothing here may name an address, as libcurl's own texts do.  These are the beginnings of what OpenSSL and libcurl say of a certificate.
 */
static const char *why_not_verified(const char *error)
{
	static const char *const known[][2] = {
		{"self-signed", "it is self-signed"}, {"self signed", "it is self-signed"}, {"expired", "it has expired"}, {"not yet valid", "it is not valid yet"},
		{"issuer", "its issuer is not known"}, {"host name", "it is for another host name"}, {"hostname", "it is for another host name"},
	};
	size_t i;

	for (i = 0; i < ARRAY_LEN(known); i++)
		if (strstr(error, known[i][0]))
			return known[i][1];
	return "it cannot be verified";
}

static const char *why_silent(const struct check *c, CURLcode code, char *out, size_t size)
{
	long os_errno = 0;

	curl_easy_getinfo(c->transfer->easy, CURLINFO_OS_ERRNO, &os_errno);
	switch (code) {
	case CURLE_COULDNT_CONNECT:
		if (c->transfer->forbidden)
			snprintf(out, size, "Its address is one that is never called (link-local, multicast or broadcast)");
		else
			snprintf(out, size, "%s", os_errno ? strerror((int)os_errno) : "It cannot be connected to");
		break;
	case CURLE_OPERATION_TIMEDOUT:
		snprintf(out, size, "No answer within %d ms", (int)c->config->timeout_ms);
		break;
	case CURLE_PEER_FAILED_VERIFICATION:
		snprintf(out, size, "Its TLS certificate is not good: %s", why_not_verified(c->transfer->error));
		break;
	case CURLE_SSL_CONNECT_ERROR:
		snprintf(out, size, "TLS cannot be set up with it");
		break;
	case CURLE_GOT_NOTHING:
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
		snprintf(out, size, "It closed the connection without an answer");
		break;
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_WEIRD_SERVER_REPLY:
		snprintf(out, size, "It does not speak HTTP/1 (is this a gRPC port?)");
		break;
	default:
		snprintf(out, size, "%s", curl_easy_strerror(code));
	}
	return out;
}

static void finish(struct net *n, struct check *c, CURLcode code)
{
	struct transfer *t = c->transfer;
	curl_off_t total_us = 0;
	const char *type = NULL;
	char clean_type[PROBE_NAME_MAX], why[PROBE_TEXT_MAX];
	long status = 0;

	curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(t->easy, CURLINFO_CONTENT_TYPE, &type);
	curl_easy_getinfo(t->easy, CURLINFO_TOTAL_TIME_T, &total_us);
	if (status == 0 || (code != CURLE_OK && !t->cut && code != CURLE_OPERATION_TIMEDOUT && code != CURLE_PARTIAL_FILE)) {
		check_http_silent(c, why_silent(c, code, why, sizeof(why)));
	} else {
		struct probe_answer a = {
			.path = c->request.path[0] ? c->request.path : "It",
			.later = c->step > 0,
			.status = (int)status,
			.content_type = probe_clean(type ? type : "", type ? strlen(type) : 0, clean_type, sizeof(clean_type)),
			.header = t->header,
			.body = buf_str(&t->body),
			.body_len = t->body.len,
			.cut = t->cut,
			.incomplete = code != CURLE_OK && !t->cut,
		};

		check_http_answer(c, &a, (double)total_us / 1000);
	}
	net_http_stop(n, c);
}

static void finish_all(struct net *n)
{
	CURLMsg *m;
	int left;

	while ((m = curl_multi_info_read(n->multi, &left))) {
		struct check *c = NULL;

		if (m->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&c);
		finish(n, c, m->data.result);
	}
}

static void drain(int fd)
{
	uint64_t count;
	ssize_t got = read(fd, &count, sizeof(count));

	(void)got;
}

static void deliver(struct net *n, const struct epoll_event *ev)
{
	int fd = ev->data.fd, running;
	struct check *c = (size_t)fd < n->by_fd_n ? n->by_fd[fd] : NULL;

	if (fd == n->wake)
		drain(fd);
	else if (c)
		c->driver->ready(c, ev->events);
	else
		curl_multi_socket_action(n->multi, fd,
					 (ev->events & (EPOLLIN | EPOLLHUP) ? CURL_CSELECT_IN : 0) | (ev->events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
						 (ev->events & EPOLLERR ? CURL_CSELECT_ERR : 0),
					 &running);
}

void net_turn(struct net *n, int64_t mono_ms)
{
	struct epoll_event events[EVENTS_A_TURN];
	int got = epoll_wait(n->epoll, events, EVENTS_A_TURN, 0), i, running;

	for (i = 0; i < got; i++)
		deliver(n, &events[i]);
	if (n->curl_timer) {
		n->curl_timer = false;
		n->curl_due_ms = mono_ms + n->curl_after_ms;
	}
	if (n->curl_due_ms != -1 && mono_ms >= n->curl_due_ms) {
		n->curl_due_ms = -1;
		curl_multi_socket_action(n->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	}
	finish_all(n);
}
