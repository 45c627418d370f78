/*
 * stream_bench STORE PORT PATH SUBSCRIBERS EVENTS_PER_S SECONDS STUCK: many WebSocket subscribers in one process and one writer of events beside them.  Prints one line
 * of JSON: how long it took from the commit of an event to its arrival at each subscriber, and whether any is missing.  STUCK of the subscribers never read.
 */
#include "config.h"

#include "lib/mem.h"
#include "store/event.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define IN_MAX 65536

struct subscriber {
	int fd;
	int stuck;
	size_t len;
	int64_t next; /* id that must come next; 0: not subscribed yet */
	unsigned char *in;
};

static struct {
	struct store *store;
	int64_t first_id, events;
	int64_t per_s;
	_Atomic int64_t *commit_us; /* by event, counted from 0 */
	atomic_bool done;
} writer;

static int64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

static void fail(const char *what)
{
	fprintf(stderr, "stream_bench: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* Evenly spaced commits of one event of about 400 bytes, as large as a round's. */
static void *write_events(void *arg)
{
	int64_t start_us = now_us(), i, spent;
	char data[400];
	struct err e;

	(void)arg;
	snprintf(data, sizeof(data), "{\"experiment_id\":\"exp_001\",\"change\":\"round_completed\",\"text\":\"%0300d\"}", 0);
	for (i = 0; i < writer.events; i++) {
		struct event ev = {.at_ms = 1, .topic = "experiments", .type = "experiment_update", .experiment_id = 1, .data = data};

		spent = now_us() - start_us;
		if (spent < i * 1000000 / writer.per_s)
			usleep((useconds_t)(i * 1000000 / writer.per_s - spent));
		if (store_begin(writer.store, &e) == -1 || event_add(writer.store, &ev, &e) == -1 || store_commit(writer.store, &e) == -1) {
			fprintf(stderr, "stream_bench: %s\n", e.msg);
			exit(1);
		}
		atomic_store(&writer.commit_us[i], now_us());
	}
	atomic_store(&writer.done, true);
	return NULL;
}

static void send_text(int fd, const char *text)
{
	unsigned char frame[256] = {0x81, (unsigned char)(0x80 | strlen(text))};

	memcpy(frame + 6, text, strlen(text)); /* mask of zeros */
	if (strlen(text) > 125 || write(fd, frame, strlen(text) + 6) < 0)
		fail("write");
}

/* Connect, shake hands and subscribe, one after the other. */
static void join(struct subscriber *s, int port, const char *path)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	char text[512];
	int n = 0;

	s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (s->fd == -1 || connect(s->fd, (struct sockaddr *)&a, sizeof(a)) == -1)
		fail("connect");
	snprintf(text, sizeof(text),
		 "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
		 "Sec-WebSocket-Version: 13\r\n\r\n",
		 path, port);
	if (write(s->fd, text, strlen(text)) < 0)
		fail("write");
	while (n < 4 || memcmp(text + n - 4, "\r\n\r\n", 4) != 0) {
		if (n == (int)sizeof(text) - 1 || read(s->fd, text + n, 1) != 1)
			fail("handshake");
		n++;
	}
	if (!strstr(text, " 101 "))
		fail("handshake refused");
	send_text(s->fd, "{\"action\":\"subscribe\",\"topics\":[\"experiments\"]}");
	if (!s->stuck)
		s->in = mem_alloc(IN_MAX);
}

static int64_t *latencies;
static size_t latencies_n;
static int64_t wrong;

static void on_message(struct subscriber *s, const char *text, size_t len, int64_t at_us)
{
	char copy[128];
	const char *p;
	int64_t id, i;

	snprintf(copy, sizeof(copy), "%.*s", (int)len, text);
	p = strstr(copy, "\"id\":");
	if (strncmp(copy, "{\"type\":\"experiment_update\"", 26) != 0 || !p)
		return;
	id = strtoll(p + 5, NULL, 10);
	i = id - writer.first_id;
	if (id != s->next || i < 0 || i >= writer.events)
		wrong++;
	s->next = id + 1;
	if (i < 0 || i >= writer.events)
		return;
	/* Where it arrives before the writer has looked at its clock, it took no time that could be told. */
	latencies[latencies_n++] = atomic_load(&writer.commit_us[i]) ? at_us - atomic_load(&writer.commit_us[i]) : 0;
}

static void on_readable(struct subscriber *s, int64_t at_us)
{
	ssize_t n = read(s->fd, s->in + s->len, IN_MAX - s->len);
	size_t at = 0;

	if (n <= 0)
		fail("a subscriber was cut off");
	s->len += (size_t)n;
	while (s->len - at >= 4) {
		size_t len = s->in[at + 1] & 127, head = 2;

		if (len == 126) {
			len = (size_t)s->in[at + 2] << 8 | s->in[at + 3];
			head = 4;
		}
		if (s->len - at < head + len)
			break;
		if ((s->in[at] & 15) == 1)
			on_message(s, (const char *)s->in + at + head, len, at_us);
		else if ((s->in[at] & 15) == 9) {
			unsigned char pong[160] = {0x8a, (unsigned char)(0x80 | len)};

			memcpy(pong + 6, s->in + at + head, len);
			if (write(s->fd, pong, len + 6) < 0)
				fail("write");
		}
		at += head + len;
	}
	memmove(s->in, s->in + at, s->len - at);
	s->len -= at;
}

static int by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	int64_t n, stuck, i, oldest, end_us;
	struct epoll_event events[256];
	struct subscriber *subs;
	pthread_t thread;
	struct err e;
	int ep, got, k;

	if (argc != 8) {
		fprintf(stderr, "usage: stream_bench STORE PORT PATH SUBSCRIBERS EVENTS_PER_S SECONDS STUCK\n");
		return 2;
	}
	n = strtoll(argv[4], NULL, 10);
	writer.per_s = strtoll(argv[5], NULL, 10);
	writer.events = writer.per_s * strtoll(argv[6], NULL, 10);
	stuck = strtoll(argv[7], NULL, 10);
	if (store_open(&writer.store, argv[1], STORE_USER, &e) == -1 || event_bounds(writer.store, &oldest, &writer.first_id, &e) == -1) {
		fprintf(stderr, "stream_bench: %s\n", e.msg);
		return 1;
	}
	writer.first_id++;
	writer.commit_us = mem_array((size_t)writer.events, sizeof(*writer.commit_us));
	latencies = mem_array((size_t)(n * writer.events), sizeof(*latencies));
	subs = mem_array((size_t)n, sizeof(*subs));
	ep = epoll_create1(EPOLL_CLOEXEC);
	for (i = 0; i < n; i++) {
		struct epoll_event ev = {.events = EPOLLIN, .data.ptr = &subs[i]};

		subs[i].stuck = i < stuck;
		subs[i].next = writer.first_id;
		join(&subs[i], (int)strtol(argv[2], NULL, 10), argv[3]);
		if (!subs[i].stuck && epoll_ctl(ep, EPOLL_CTL_ADD, subs[i].fd, &ev) == -1)
			fail("epoll_ctl");
	}
	usleep(300000);
	if (pthread_create(&thread, NULL, write_events, NULL) != 0)
		fail("pthread_create");
	end_us = INT64_MAX;
	while (latencies_n < (size_t)((n - stuck) * writer.events) && now_us() < end_us) {
		got = epoll_wait(ep, events, 256, 100);
		for (k = 0; k < got; k++)
			on_readable(events[k].data.ptr, now_us());
		if (end_us == INT64_MAX && atomic_load(&writer.done))
			end_us = now_us() + 5000000;
	}
	pthread_join(thread, NULL);
	qsort(latencies, latencies_n, sizeof(*latencies), by_size);
	printf("{\"subscribers\":%" PRId64 ",\"stuck\":%" PRId64 ",\"events\":%" PRId64 ",\"expected\":%" PRId64 ",\"received\":%zu,\"wrong\":%" PRId64
	       ",\"p50_ms\":%.2f,\"p99_ms\":%.2f,\"max_ms\":%.2f}\n",
	       n, stuck, writer.events, (n - stuck) * writer.events, latencies_n, wrong, latencies_n ? (double)latencies[latencies_n / 2] / 1000 : 0,
	       latencies_n ? (double)latencies[latencies_n * 99 / 100] / 1000 : 0, latencies_n ? (double)latencies[latencies_n - 1] / 1000 : 0);
	return wrong != 0 || latencies_n != (size_t)((n - stuck) * writer.events);
}
