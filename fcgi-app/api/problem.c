/* Failures as answers; see problem.h. */
#include "config.h"

#include "api/problem.h"

#include "lib/log.h"
#include "platform/failure.h"

#include <stdio.h>
#include <stdlib.h>

void problem_write(struct response *r, const struct err *e, const char *request_id)
{
	int retry = failure_retry_s(e);

	if (failure_status(e->code) == 500)
		log_error("%s", e->msg);
	r->status = failure_status(e->code);
	r->content_type = "application/json";
	r->etag[0] = '\0';
	free(r->file);
	r->file = NULL;
	buf_reset(&r->body);
	json_out_init(&r->json, &r->body);
	failure_put(&r->json, e, request_id);
	if (retry > 0) {
		char text[16];

		snprintf(text, sizeof(text), "%d", retry);
		response_header(r, "Retry-After", text);
	}
	if (e->code == ERR_UNAUTHORIZED)
		response_header(r, "WWW-Authenticate", "Bearer realm=\"flopynet\"");
}
