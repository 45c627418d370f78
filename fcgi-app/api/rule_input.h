/* A rule as people send it and as they see it. */
#ifndef API_RULE_INPUT_H
#define API_RULE_INPUT_H

#include "api/request.h"
#include "platform/rule.h"

/* A body of POST or PUT; every wrong member at once.  Texts are owned: rule_clear() of store/rule.h, also after a failure. */
int rule_input_read(const struct json_object *body, struct rule *r, struct err *e);
/* name NULL: inside an array. */
void rule_write(struct json_out *j, const char *name, const struct rule *r);

#endif
