/*
 * The JSON writer: text goes straight into a buffer, without a tree of objects in between.  Commas are its business; balance is the caller's.
 * A NULL string is written as null, a number that is not finite as null (so that no answer ever holds NaN), doubles in the shortest form that reads back
 * to the same value.  Strings must be UTF-8 (all that enters is checked).
 *
 *	struct json_out j;
 *	json_out_init(&j, &buf);
 *	json_object_begin(&j, NULL);
 *	json_put_string(&j, "id", "exp_001");
 *	json_object_end(&j);
 *
 * `name` is the member's name inside an object, NULL inside an array or at the top.  Names are written as they are: plain literals only, except through
 * json_put_name(), which escapes.
 */
#ifndef LIB_JSON_OUT_H
#define LIB_JSON_OUT_H

#include "lib/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json_out {
	struct buf *buf;
	bool comma; /* a value stands before this place */
};

void json_out_init(struct json_out *j, struct buf *buf);
void json_object_begin(struct json_out *j, const char *name);
void json_object_end(struct json_out *j);
void json_array_begin(struct json_out *j, const char *name);
void json_array_end(struct json_out *j);
void json_put_string(struct json_out *j, const char *name, const char *value);
void json_put_string_len(struct json_out *j, const char *name, const char *value, size_t len);
void json_put_i64(struct json_out *j, const char *name, int64_t value);
/* A number that is negative while it is not known: null then. */
void json_put_count(struct json_out *j, const char *name, int64_t value);
void json_put_double(struct json_out *j, const char *name, double value);
void json_put_bool(struct json_out *j, const char *name, bool value);
void json_put_null(struct json_out *j, const char *name);
/* Unix milliseconds as RFC 3339; 0 or less (it has not happened) as null. */
void json_put_time(struct json_out *j, const char *name, int64_t ms);
/* A text that is JSON already (it was checked when it came in); NULL or "" as null. */
void json_put_raw(struct json_out *j, const char *name, const char *json);
/* The next member's name, escaped: for names that come from data.  Follow with a value whose name is NULL. */
void json_put_name(struct json_out *j, const char *name);

#endif
