/*
 * JSON from outside, strictly: RFC 8259 and nothing more.  json-c does the parsing; on top of it this module refuses what
 * json-c 0.16 lets through even in strict mode: NaN and Infinity, integers beyond 64 bits, numbers beyond a double, raw control
 * characters and single quotes, NUL (also as \u0000), lone surrogates, bad UTF-8, duplicate members, and depth over 16.
 *
 * Trees are json-c's own; release with json_object_put().
 */
#ifndef LIB_JSON_IN_H
#define LIB_JSON_IN_H

#include "lib/err.h"

#include <json-c/json_object.h>
#include <json-c/json_object_iterator.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JSON_DEPTH_MAX 16

/*
 * Parse a whole text (any value).  On success *out is owned by the caller; NULL stands for the JSON value null.
 * ERR_INVALID with a message that says what and at which byte.
 */
int json_in_parse(const char *text, size_t len, struct json_object **out, struct err *e);
/* The same, and it must be an object. */
int json_in_parse_object(const char *text, size_t len, struct json_object **out, struct err *e);
/*
 * The lenient reader for what FLOPY-NET's services send: NaN and Infinity become null and integers beyond 64 bits become null
 * (both are recorded behaviour of those services); all else as above.  Same results.
 */
int json_in_parse_lenient(const char *text, size_t len, struct json_object **out, struct err *e);

/*
 * Typed access.  Each returns false when the member is absent or of another type; nothing is converted.  obj may be NULL.
 * Integers: a JSON integer, or a number such as 20.0 or 1e2 whose value is integral and fits (the one rule everywhere).
 */
bool json_in_i64(const struct json_object *v, int64_t *out);
bool json_in_double(const struct json_object *v, double *out);
bool json_get_i64(const struct json_object *obj, const char *name, int64_t *out);
bool json_get_double(const struct json_object *obj, const char *name, double *out);
bool json_get_bool(const struct json_object *obj, const char *name, bool *out);
/* Borrowed from the tree. */
bool json_get_string(const struct json_object *obj, const char *name, const char **out);
/* The member, or NULL when absent or null; *present (may be NULL) tells whether it is there at all.  Borrowed. */
struct json_object *json_get(const struct json_object *obj, const char *name, bool *present);

/* Add a detail "Unknown member" to e for each member of obj that is not in names (NULL-terminated); prefix is put before the name ("" or "dashboard."). */
void json_in_known(const struct json_object *obj, const char *const *names, const char *prefix, struct err *e);

#endif
