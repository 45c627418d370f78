/* Kind tcp: a connection can be made.  Nothing is sent. */
#include "config.h"

#include "monitor/check.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

static void drop(struct check *c)
{
	if (c->fd == -1)
		return;
	net_watch(c->net, c->fd, 0, NULL);
	close(c->fd);
	c->fd = -1;
}

/* The next address, until one is under way. */
static void try_next(struct check *c, int error)
{
	for (; c->address < c->addresses.n; error = errno) {
		const struct lookup_address *a = &c->addresses.list[c->address++];

		c->fd = socket(a->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		if (c->fd == -1)
			continue;
		if (connect(c->fd, (const struct sockaddr *)&a->address, a->len) == 0 || errno == EINPROGRESS) {
			net_watch(c->net, c->fd, EPOLLOUT, c);
			return;
		}
		error = errno;
		drop(c);
		errno = error;
	}
	probe_fail(&c->result, "%s", strerror(error));
	check_end(c);
}

static void begin(struct check *c)
{
	try_next(c, 0);
}

static void ready(struct check *c, unsigned events)
{
	socklen_t len = sizeof(int);
	int error = 0;

	(void)events;
	if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &len) == -1)
		error = errno;
	drop(c);
	if (error) {
		try_next(c, error);
		return;
	}
	check_answered(c);
	check_end(c);
}

const struct probe_driver probe_tcp = {.schemes = "tcp", .begin = begin, .ready = ready, .stop = drop};
