/* Inside platform/ only: the value of one setting: checked, normalised, shown. */
#ifndef PLATFORM_SETTING_VALUE_H
#define PLATFORM_SETTING_VALUE_H

#include "lib/err.h"
#include "lib/json_out.h"
#include "platform/settings_table.h"

#include <json-c/json_object.h>
#include <stdbool.h>

/* The default; owned, NULL is null. */
struct json_object *setting_fallback(const struct setting *s);
/* True: *normal is the value to keep, owned (NULL is null).  False: why says what would be right. */
bool setting_check(const struct setting *s, struct json_object *v, struct json_object **normal, char why[ERR_TEXT_MAX]);
/* Is v what is shown in place of a secret that is set to current? */
bool setting_is_mask(const struct setting *s, const struct json_object *v, struct json_object *current);
/* name NULL: inside an array, or after json_put_name(). */
void setting_write(struct json_out *j, const char *name, const struct setting *s, struct json_object *v, bool masked);

#endif
