/*
 * The sockets of all checks behind one file descriptor: an epoll that holds what libcurl, hiredis and the drivers wait for, and an eventfd by which threads wake the loop.  The only
 * user of libcurl for probes, and so the place where its rules are set: http and https only, no redirects, no proxy, a new connection each time, bodies capped, certificates
 * verified unless the service says otherwise, addresses checked when the socket is opened.
 */
#ifndef MONITOR_NET_H
#define MONITOR_NET_H

#include "lib/err.h"

#include <stdint.h>

struct check;
struct net;

int net_open(struct net **out, struct err *e);
/* Every check must be gone. */
void net_close(struct net *n);
/* Readable when net_turn() has something to do. */
int net_fd(const struct net *n);
/* For job_start(). */
int net_wake_fd(const struct net *n);
/* Whatever is ready; never waits. */
void net_turn(struct net *n, int64_t mono_ms);
/* Call the check's driver when fd has events (EPOLL…); 0: no more. */
void net_watch(struct net *n, int fd, uint32_t events, struct check *c);
/* Microseconds, monotonic: for response times, which would be wrong by a turn otherwise. */
int64_t net_now_us(void);

/* Send c->request; ends in check_http_answer() or check_http_silent(). */
void net_http_begin(struct net *n, struct check *c, int64_t timeout_ms);
/* Drop it. */
void net_http_stop(struct net *n, struct check *c);

#endif
