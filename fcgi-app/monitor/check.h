/*
 * One check under way: from the lookup of a name over the requests of its driver to a result, within the time that its configuration allows.  Inside monitor/ only: drivers that
 * speak HTTP see nothing of it; the others get it in begin(), ready(), look() and stop(), and end it with check_end().
 */
#ifndef MONITOR_CHECK_H
#define MONITOR_CHECK_H

#include "monitor/lookup.h"
#include "monitor/net.h"
#include "monitor/probe.h"
#include "platform/url.h"

#include <stdbool.h>
#include <stdint.h>

struct transfer; /* net.c: the HTTP request of this moment */

struct check {
	struct net *net;
	const struct service_config *config; /* borrowed: the check ends before it does */
	const struct probe_driver *driver;
	struct probe_context context;
	struct probe_result result;
	struct lookup *lookup;               /* of the service: outlives the check */
	struct url url;
	struct lookup_result addresses;
	size_t address;                      /* the one being tried */
	int64_t deadline_mono_ms;
	int64_t begun_us;                    /* monotonic; when the address was known and asking began */
	bool asking;
	bool over;
	int step;                            /* HTTP */
	struct probe_request request;
	struct transfer *transfer;
	int fd;                              /* for drivers of their own; -1 */
	void *own;
};

/* Begins at once; config, lookup and net must outlive it. */
struct check *check_new(struct net *net, const struct service_config *config, struct lookup *lookup, const struct probe_context *context, int64_t mono_ms);
/* Under way or not; NULL is fine. */
void check_free(struct check *c);
/* Every turn; true when the result is there. */
bool check_turn(struct check *c, int64_t mono_ms);

/* For drivers: the result is complete. */
void check_end(struct check *c);
/* For drivers: what was waited for first has come; sets response_ms. */
void check_answered(struct check *c);
/* For net.c: the HTTP request has come to its end with an answer, or with none and the reason. */
void check_http_answer(struct check *c, const struct probe_answer *a, double response_ms);
void check_http_silent(struct check *c, const char *why);

#endif
