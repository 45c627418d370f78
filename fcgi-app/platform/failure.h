/*
 * The one form of a failure, whichever program answers: from a struct err to status, code word and JSON.  The only place that knows failure statuses.
 */
#ifndef PLATFORM_FAILURE_H
#define PLATFORM_FAILURE_H

#include "lib/err.h"
#include "lib/json_out.h"

/* HTTP status and code word ("VALIDATION_ERROR") of a kind of failure. */
int failure_status(enum err_code code);
const char *failure_word(enum err_code code);
/* Seconds after which to try again; 0: says nothing. */
int failure_retry_s(const struct err *e);
/* What the user may read: our own faults are said in general words, and texts are cut between characters. */
void failure_put_message(struct json_out *j, const struct err *e);
/* The member "details"; nothing when there are none. */
void failure_put_details(struct json_out *j, const struct err *e);
/* {"error":{"code","message","details"?,"retry_after"?,"request_id"}} */
void failure_put(struct json_out *j, const struct err *e, const char *request_id);

#endif
