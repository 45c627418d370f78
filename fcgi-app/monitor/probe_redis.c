/*
 * Kind redis: AUTH where a password is set, PING, INFO, sent at once and answered in order.  hiredis does the protocol on a socket that never blocks; the loop says when to read and
 * write.
 */
#include "config.h"

#include "monitor/check.h"
#include "monitor/redis_answer.h"

#include "lib/mem.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

struct session {
	redisContext *redis;
	bool writing;      /* commands are left to be sent */
	bool said;         /* something has come on this connection */
	int answers;       /* that are waited for */
};

/* None of our commands is answered with an array, and a hostile one could claim room for a billion elements. */
#if HIREDIS_MAJOR >= 1
static void *no_array(const redisReadTask *task, size_t elements)
#else
static void *no_array(const redisReadTask *task, int elements)
#endif
{
	(void)task;
	(void)elements;
	return NULL;
}

/* True when the check has come to its end. */
static bool refused(struct check *c, const redisReply *reply, enum redis_command command)
{
	if (reply->type != REDIS_REPLY_ERROR)
		return false;
	redis_read_refusal(&c->result, command, reply->str, (size_t)reply->len);
	check_end(c);
	return true;
}

static void take(struct check *c, const redisReply *reply)
{
	struct session *s = c->own;
	int left = --s->answers;

	check_answered(c);
	if (refused(c, reply, left == 2 ? REDIS_AUTH : left == 1 ? REDIS_PING : REDIS_INFO) || left > 0)
		return;
	redis_read_info(&c->result, reply->type == REDIS_REPLY_STRING ? reply->str : NULL, (size_t)reply->len);
	check_end(c);
}

static void numeric(const struct lookup_address *a, char host[INET6_ADDRSTRLEN], int *port)
{
	if (a->address.ss_family == AF_INET) {
		const struct sockaddr_in *four = (const struct sockaddr_in *)&a->address;

		inet_ntop(AF_INET, &four->sin_addr, host, INET6_ADDRSTRLEN);
		*port = ntohs(four->sin_port);
	} else {
		const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)&a->address;

		inet_ntop(AF_INET6, &six->sin6_addr, host, INET6_ADDRSTRLEN);
		*port = ntohs(six->sin6_port);
	}
}

static void send_commands(struct session *s, const struct service_config *config)
{
	if (config->password && config->username)
		redisAppendCommand(s->redis, "AUTH %s %s", config->username, config->password);
	else if (config->password)
		redisAppendCommand(s->redis, "AUTH %s", config->password);
	redisAppendCommand(s->redis, "PING");
	redisAppendCommand(s->redis, "INFO");
	s->answers = config->password ? 3 : 2;
	s->writing = true;
}

static int connect_to(struct check *c, const struct lookup_address *a)
{
	static redisReplyObjectFunctions functions;
	struct session *s = c->own;
	char host[INET6_ADDRSTRLEN];
	int port;

	numeric(a, host, &port);
	s->redis = redisConnectNonBlock(host, port);
	if (!s->redis)
		abort();
	if (s->redis->err)
		return -1;
	fcntl(s->redis->fd, F_SETFD, FD_CLOEXEC);
	functions = *s->redis->reader->fn;
	functions.createArray = no_array;
	s->redis->reader->fn = &functions;
	send_commands(s, c->config);
	net_watch(c->net, s->redis->fd, EPOLLIN | EPOLLOUT, c);
	return 0;
}

static void disconnect(struct check *c)
{
	struct session *s = c->own;

	if (!s->redis)
		return;
	net_watch(c->net, s->redis->fd, 0, NULL);
	redisFree(s->redis);
	s->redis = NULL;
}

static void try_next(struct check *c, const char *why)
{
	while (c->address < c->addresses.n) {
		if (connect_to(c, &c->addresses.list[c->address++]) == 0)
			return;
		disconnect(c);
	}
	probe_fail(&c->result, "%s", why);
	check_end(c);
}

static void begin(struct check *c)
{
	c->own = mem_alloc(sizeof(struct session));
	try_next(c, "It cannot be connected to");
}

static void write_some(struct check *c)
{
	struct session *s = c->own;
	int done = 0;

	if (redisBufferWrite(s->redis, &done) == REDIS_OK && done) {
		s->writing = false;
		net_watch(c->net, s->redis->fd, EPOLLIN, c);
	}
}

static void read_some(struct check *c)
{
	struct session *s = c->own;
	void *reply;

	if (redisBufferRead(s->redis) != REDIS_OK)
		return;
	s->said = true;
	while (!c->over && s->answers > 0 && redisReaderGetReply(s->redis->reader, &reply) == REDIS_OK && reply) {
		take(c, reply);
		freeReplyObject(reply);
	}
	if (c->over)
		return;
	if (s->redis->reader->err)
		probe_fail(&c->result, "It does not speak Redis' protocol");
	else if (s->redis->reader->len > PROBE_BODY_MAX)
		probe_degrade(&c->result, "It answers with more than %d KiB", PROBE_BODY_MAX / 1024);
	else
		return;
	check_end(c);
}

static void ready(struct check *c, unsigned events)
{
	struct session *s = c->own;
	socklen_t len = sizeof(int);
	int error = 0;

	if (c->over || !s->redis)
		return;
	if (getsockopt(s->redis->fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0 && error && !s->said) {
		disconnect(c);
		try_next(c, strerror(error));
		return;
	}
	if (events & EPOLLOUT && s->writing)
		write_some(c);
	if (!s->redis->err && events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		read_some(c);
	if (!c->over && s->redis->err) {
		probe_fail(&c->result, "It closed the connection without an answer");
		check_end(c);
	}
}

static void stop(struct check *c)
{
	if (!c->own)
		return;
	disconnect(c);
	free(c->own);
	c->own = NULL;
}

const struct probe_driver probe_redis = {.schemes = "redis", .default_port = 6379, .begin = begin, .ready = ready, .stop = stop};
