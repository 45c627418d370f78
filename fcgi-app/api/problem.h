/* From an err to an answer of the API; platform/failure.h has the statuses and the form. */
#ifndef API_PROBLEM_H
#define API_PROBLEM_H

#include "api/request.h"
#include "lib/err.h"

/*
 * r becomes {"error":{"code","message","details"?,"retry_after"?,"request_id"}} with the headers that belong to it; whatever a handler had put into r is dropped, except header
 * lines.  What is our own fault is logged in its words and shown in general ones.
 */
void problem_write(struct response *r, const struct err *e, const char *request_id);

#endif
