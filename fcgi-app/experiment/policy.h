/*
 * Names of policies against the list that FLOPY-NET's policy engine gives.  A policy has an id and a name, and an experiment may call it by either.  Pure: texts in, texts out.
 */
#ifndef EXPERIMENT_POLICY_H
#define EXPERIMENT_POLICY_H

#include "lib/buf.h"
#include "lib/err.h"

#include <json-c/json_object.h>
#include <stdbool.h>
#include <stddef.h>

#define POLICIES_LISTED_MAX 2000
#define POLICY_LISTED_BYTES 128 /* of an id or a name; longer ones cannot be meant by an experiment */

/* The answer to GET /api/v1/policies as a JSON array of {"id","name"}.  ERR_INVALID: it is no such list. */
int policy_list_compact(const char *text, size_t len, struct buf *out, struct err *e);

/* list: what policy_list_compact() made. */
bool policy_is_listed(const struct json_object *list, const char *name);
/* The listed ids and names that are most like it, the best first, at most three: "a, b"; nothing where none is. */
void policy_near(const struct json_object *list, const char *name, struct buf *out);

/*
 * What becomes of each name of the object status (name → "unverified"): verified or unknown, the new object into out; those that are neither unverified nor unknown stay as they are.
 * The unknown ones are added to unknown, separated by ", ".
 */
void policy_judge(const struct json_object *list, const struct json_object *status, struct buf *out, struct buf *unknown);

#endif
