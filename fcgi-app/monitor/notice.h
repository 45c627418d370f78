/* What a notification says, as JSON for a webhook and as a mail.  No network, no store, no clock. */
#ifndef MONITOR_NOTICE_H
#define MONITOR_NOTICE_H

#include "lib/buf.h"
#include "platform/settings.h"
#include "store/alert.h"

#include <stdbool.h>
#include <stdint.h>

struct notice {
	int64_t id;       /* of the notification */
	bool test;
	const char *link; /* of the dashboard, NULL: none */
	int64_t made_at_ms, at_ms; /* when it went into the outbox; now */
	/* Filled by notice_add() */
	size_t n, opened, critical;
	struct buf first; /* the headline of the first */
	struct buf text;  /* a paragraph an alert */
	struct buf json;  /* the members of the array alerts */
};

/* One alert and what is told of it: opened, escalated, resolved. */
void notice_add(struct notice *n, const struct alert *a, const char *change);
void notice_clear(struct notice *n);
/* One line. */
void notice_subject(const struct notice *n, struct buf *out);
/* The webhook's body. */
void notice_json(const struct notice *n, struct buf *out);
/* Headers and body, lines ended with CR LF. */
void notice_mail(const struct notice *n, const struct notify_config *c, struct buf *out);
/* "sha256=…" of the body with the key, in hexadecimal. */
void notice_sign(const struct buf *body, const char *key, struct buf *out);

#endif
