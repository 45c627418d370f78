/*
 * One try to send one message: the lookup of the name in a thread, then libcurl in the monitor's loop, so that nothing waits.  The rules are those of probes: http, https,
 * smtp and smtps only, no redirects, no proxy, addresses checked when the socket is opened, answers capped and thrown away.
 */
#ifndef MONITOR_DELIVERY_H
#define MONITOR_DELIVERY_H

#include "lib/buf.h"
#include "lib/err.h"
#include "platform/settings.h"

#include <stdbool.h>
#include <stdint.h>

#define DELIVERY_TIMEOUT_MS 20000 /* of one try; a mail server that checks its sender takes its time */

struct delivery;
struct outgoing;

struct outgoing *outgoing_open(struct err *e);
/* Every delivery must be gone. */
void outgoing_close(struct outgoing *o);
/* Let what is under way go on; never waits. */
void outgoing_turn(struct outgoing *o);

enum delivery_state { DELIVERY_UNDER_WAY, DELIVERY_DONE, DELIVERY_FAILED };

/* Takes body.  signature: of a webhook; NULL: none. */
struct delivery *delivery_new(struct outgoing *o, enum channel channel, const struct notify_config *c, int64_t id, struct buf *body, const char *signature, int64_t mono_ms);
enum delivery_state delivery_look(struct delivery *d, int64_t mono_ms);
/* After DELIVERY_FAILED: why, in words without secrets; seconds that the receiver asks to wait (at most a day), 0: it does not say. */
const char *delivery_why(const struct delivery *d);
int64_t delivery_retry_after_s(const struct delivery *d);
void delivery_free(struct delivery *d);

#endif
