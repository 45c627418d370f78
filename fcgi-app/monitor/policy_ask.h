/* One question to the policy engine for its policies, in a thread (job.h): names are looked up and answers awaited there. */
#ifndef MONITOR_POLICY_ASK_H
#define MONITOR_POLICY_ASK_H

#include "lib/buf.h"
#include "monitor/job.h"
#include "platform/settings.h"

#include <stdbool.h>

#define POLICY_ASK_MS 900          /* a worker waits for it: POLICIES_WAIT_MS in api/policy_check.c */
#define POLICY_BODY_MAX ((size_t)4 * 1024 * 1024) /* twenty policies take 25 KB */

struct policy_ask {
	char *url, *token, *username, *password; /* owned; NULL: none */
	bool insecure;
	struct buf body;
	char why[200]; /* "": the body is the answer */
};

/* NULL when no thread can be had. */
struct job *policy_ask_start(const struct service_config *config, int wake_fd);

#endif
