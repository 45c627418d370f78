/* Names of roles; see role.h. */
#include "config.h"

#include "auth/role.h"

#include <string.h>

static const char *const names[ROLE_MAX] = {[ROLE_NONE] = "none", [ROLE_VIEWER] = "viewer", [ROLE_OPERATOR] = "operator", [ROLE_ADMIN] = "admin"};

const char *role_name(enum role r)
{
	return r < ROLE_MAX ? names[r] : names[ROLE_NONE];
}

bool role_from_name(const char *name, enum role *r)
{
	int i;

	for (i = 0; i < ROLE_MAX; i++)
		if (strcmp(names[i], name) == 0) {
			*r = (enum role)i;
			return true;
		}
	return false;
}
