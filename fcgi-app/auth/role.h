/* Roles, in order: each may do what the one before it may.  ROLE_NONE is nobody, or an engine's token, which is good for one experiment only. */
#ifndef AUTH_ROLE_H
#define AUTH_ROLE_H

#include <stdbool.h>

enum role { ROLE_NONE, ROLE_VIEWER, ROLE_OPERATOR, ROLE_ADMIN, ROLE_MAX };

/* Names as in the API; from_name returns false for anything else (case matters). */
const char *role_name(enum role r);
bool role_from_name(const char *name, enum role *r);

#endif
