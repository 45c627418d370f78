/* The one form of a failure; see failure.h. */
#include "config.h"

#include "platform/failure.h"

#include "lib/text.h"

#include <stdio.h>
#include <string.h>

static const struct {
	int status;
	const char *word;
	int retry_after_s; /* where the err names none; 0: says nothing */
} failures[ERR_CODE_MAX] = {
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
	return code > ERR_NONE && code < ERR_CODE_MAX && failures[code].status ? code : ERR_INTERNAL;
}

int failure_status(enum err_code code)
{
	return failures[known(code)].status;
}

const char *failure_word(enum err_code code)
{
	return failures[known(code)].word;
}

int failure_retry_s(const struct err *e)
{
	return e->retry_after_s > 0 ? e->retry_after_s : failures[known(e->code)].retry_after_s;
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

void failure_put_message(struct json_out *j, const struct err *e)
{
	const char *message = e->msg;

	if (known(e->code) == ERR_INTERNAL)
		message = "Something went wrong inside the dashboard; its log has the details under this request_id";
	json_put_string_len(j, "message", message, whole_characters(message));
}

void failure_put_details(struct json_out *j, const struct err *e)
{
	size_t i;

	if (e->details_n == 0 || known(e->code) == ERR_INTERNAL)
		return;
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

void failure_put(struct json_out *j, const struct err *e, const char *request_id)
{
	json_object_begin(j, NULL);
	json_object_begin(j, "error");
	json_put_string(j, "code", failure_word(e->code));
	failure_put_message(j, e);
	failure_put_details(j, e);
	if (failure_retry_s(e) > 0)
		json_put_i64(j, "retry_after", failure_retry_s(e));
	json_put_string(j, "request_id", request_id);
	json_object_end(j);
	json_object_end(j);
}
