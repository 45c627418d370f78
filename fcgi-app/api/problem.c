/* Failures as answers; see problem.h. */
#include "config.h"

#include "api/problem.h"

#include "lib/log.h"
#include "lib/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	int status;
	const char *code;
	int retry_after_s; /* where the err names none; 0: no such header */
} problems[ERR_CODE_MAX] = {
	[ERR_INVALID] = {400, "VALIDATION_ERROR", 0},
	[ERR_UNAUTHORIZED] = {401, "UNAUTHORIZED", 0},
	[ERR_FORBIDDEN] = {403, "FORBIDDEN", 0},
	[ERR_NOTFOUND] = {404, "NOT_FOUND", 0},
	[ERR_METHOD] = {405, "METHOD_NOT_ALLOWED", 0},
	[ERR_CONFLICT] = {409, "CONFLICT", 0},
	[ERR_PRECONDITION] = {412, "PRECONDITION_FAILED", 0},
	[ERR_TOOLARGE] = {413, "PAYLOAD_TOO_LARGE", 0},
	[ERR_MEDIATYPE] = {415, "UNSUPPORTED_MEDIA_TYPE", 0},
	[ERR_RATE] = {429, "RATE_LIMITED", 1},
	[ERR_INTERNAL] = {500, "INTERNAL_ERROR", 0},
	[ERR_BUSY] = {503, "SERVICE_UNAVAILABLE", 1},
	[ERR_UNAVAILABLE] = {503, "SERVICE_UNAVAILABLE", 5},
	[ERR_FULL] = {507, "INSUFFICIENT_STORAGE", 0},
};

static enum err_code known(enum err_code code)
{
	return code > ERR_NONE && code < ERR_CODE_MAX && problems[code].status ? code : ERR_INTERNAL;
}

int problem_status(enum err_code code)
{
	return problems[known(code)].status;
}

/* Texts were cut to a size, perhaps inside a character. */
static size_t whole_characters(const char *s)
{
	size_t len = strlen(s), cut;

	for (cut = 0; cut < 4 && cut <= len; cut++)
		if (text_utf8_valid(s, len - cut))
			return len - cut;
	return 0;
}

static void put_details(struct json_out *j, const struct err *e)
{
	size_t i;

	json_object_begin(j, "details");
	for (i = 0; i < e->details_n; i++) {
		const struct err_detail *d = &e->details[i];
		char name[ERR_FIELD_MAX];

		snprintf(name, sizeof(name), "%.*s", (int)whole_characters(d->field), d->field);
		json_put_name(j, name);
		json_put_string_len(j, NULL, d->text, whole_characters(d->text));
	}
	json_object_end(j);
}

void problem_write(struct response *r, const struct err *e, const char *request_id)
{
	enum err_code code = known(e->code);
	const char *message = e->msg;
	int retry = e->retry_after_s > 0 ? e->retry_after_s : problems[code].retry_after_s;

	if (code == ERR_INTERNAL) {
		log_error("%s", e->msg);
		message = "Something went wrong inside the dashboard; its log has the details under this request_id";
	}
	r->status = problems[code].status;
	r->content_type = "application/json";
	r->etag[0] = '\0';
	free(r->file);
	r->file = NULL;
	buf_reset(&r->body);
	json_out_init(&r->json, &r->body);
	json_object_begin(&r->json, NULL);
	json_object_begin(&r->json, "error");
	json_put_string(&r->json, "code", problems[code].code);
	json_put_string_len(&r->json, "message", message, whole_characters(message));
	if (e->details_n > 0 && code != ERR_INTERNAL)
		put_details(&r->json, e);
	if (retry > 0) {
		char text[16];

		json_put_i64(&r->json, "retry_after", retry);
		snprintf(text, sizeof(text), "%d", retry);
		response_header(r, "Retry-After", text);
	}
	json_put_string(&r->json, "request_id", request_id);
	json_object_end(&r->json);
	json_object_end(&r->json);
	if (code == ERR_UNAUTHORIZED)
		response_header(r, "WWW-Authenticate", "Bearer realm=\"flopynet\"");
}
