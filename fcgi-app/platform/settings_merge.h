/* Inside platform/ only: documents of the configuration as trees. */
#ifndef PLATFORM_SETTINGS_MERGE_H
#define PLATFORM_SETTINGS_MERGE_H

#include "platform/settings.h"

#define PATH_MAX_LEN (SERVICE_NAME_MAX + 64)

/* A document (NULL: the defaults) with every fixed member; what is not good in it has its default.  Owned. */
struct json_object *settings_tree(const char *document);
/* The sections as members of an open object. */
void settings_write(struct json_out *j, const struct json_object *tree, bool masked);

/* What is wrong between members that are good each for themselves is added to e. */
void settings_check_together(struct json_object *tree, struct err *e);

#endif
