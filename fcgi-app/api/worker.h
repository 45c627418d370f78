/*
 * One worker process: opens the store, then serves one request after the other from the listening socket until SIGTERM.
 *
 * Signals are blocked except while it waits for a connection, because libfcgi takes an interrupted read or write for the end of a request.  It waits with
 * epoll (EPOLLEXCLUSIVE: one worker wakes per connection) and accepts without blocking, so that a connection which another worker took is no trouble.
 */
#ifndef API_WORKER_H
#define API_WORKER_H

#include "api/scoreboard.h"
#include "api/setup.h"

#include <stdint.h>

#define WORKER_LISTEN_FD 0 /* the FastCGI convention */

/* Never returns: the process ends here.  Called in the child right after fork, with all signals blocked that the supervisor handles. */
_Noreturn void worker_run(struct setup *setup, struct scoreboard_slot *slot, int64_t started_at_ms);

#endif
