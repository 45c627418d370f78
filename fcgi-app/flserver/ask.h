/*
 * Asking fl_server and the policy engine.  One request at a time, each with a short time limit: fl_server serves one request at a time, and where its policy engine hangs, so does it.
 * No redirects, no proxy, a new connection each time, answers capped.
 */
#ifndef FLSERVER_ASK_H
#define FLSERVER_ASK_H

#include "lib/buf.h"

#include <stdbool.h>
#include <stdint.h>

#define ASK_BODY_MAX ((size_t)4 * 1024 * 1024) /* a thousand events take 750 KB */

struct ask;

struct answer {
	int status;        /* 0: there was no answer */
	struct buf body;   /* only of JSON */
	char why[200];     /* when there was none, or none that can be read; names no address */
};

struct ask *ask_new(const char *url);
void ask_free(struct ask *a);
/* True when an answer with JSON came, whatever its status.  a's body is used again and again. */
bool ask_get(struct ask *k, const char *path, int64_t timeout_ms, struct answer *a);
bool ask_post(struct ask *k, const char *path, int64_t timeout_ms, struct answer *a);

#endif
