/*
 * From a host's name to addresses that may be called.  Numbers and localhost are answered at once; a name is looked up in a thread (job.h), and a lookup that outlives its check is
 * taken up again by the next one, so that a slow name server has one thread a host to keep busy, not one a check.
 */
#ifndef MONITOR_LOOKUP_H
#define MONITOR_LOOKUP_H

#include "lib/buf.h"
#include "monitor/job.h"

#include <stddef.h>
#include <sys/socket.h>

#define LOOKUP_ADDRESSES_MAX 8

struct lookup_address {
	struct sockaddr_storage address; /* with the port */
	socklen_t len;
};

struct lookup_result {
	struct lookup_address list[LOOKUP_ADDRESSES_MAX];
	size_t n;
	char why[160]; /* when it failed */
};

/* A zeroed struct is ready for use. */
struct lookup {
	struct job *job;  /* under way */
	struct job *work; /* of a driver that blocks: it outlived its check, and the next one waits for it instead of beginning another */
};

enum lookup_state { LOOKUP_WAIT, LOOKUP_FOUND, LOOKUP_FAILED };

/* Begin, or look how it stands.  host has no brackets. */
enum lookup_state lookup_get(struct lookup *l, const char *host, int port, int wake_fd, struct lookup_result *out);
/* "host:port:address,address", by which libcurl (CURLOPT_RESOLVE) need not look the name up again. */
void lookup_write(const struct lookup_result *r, const char *host, int port, struct buf *line);
/* A check begins: a failure that came after the last one had given up was found then, not now, and is looked for again; an address is still good. */
void lookup_renew(struct lookup *l);
/* Of another host from now on. */
void lookup_clear(struct lookup *l);
/* With another login from now on: what a driver has begun is of no use. */
void lookup_drop(struct lookup *l);

#endif
