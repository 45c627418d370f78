/* user add, list, passwd, role, disable, enable, delete. */
#include "config.h"

#include "auth/password.h"
#include "ctl/ctl.h"
#include "lib/clock.h"
#include "store/user.h"

#include <stdio.h>
#include <string.h>

static int role_given(const struct ctl *c, enum role *role, struct err *e)
{
	if (!role_from_name(c->role, role) || *role == ROLE_NONE)
		return err_set(e, ERR_INVALID, "--role must be viewer, operator or admin, not %.40s", c->role);
	return 0;
}

COMMAND(ctl_user_add)
{
	char password[CTL_PASSWORD_SIZE], hash[PASSWORD_HASH_MAX];
	struct user u = {.name = c->argument, .password = hash, .created_at_ms = c->now_ms};
	struct store *st = NULL;
	int rc = -1;

	if (!user_name_valid(c->argument))
		return err_set(e, ERR_INVALID, "a user's name is a small letter, then up to 31 of a-z, 0-9, dot, dash and underscore");
	if (role_given(c, &u.role, e) == -1 || ctl_store(c, &st, e) == -1)
		return -1;
	if (ctl_password(password, e) == 0 && password_hash(password, hash, e) == 0 && store_begin(st, e) == 0) {
		if (user_add(st, &u, e) == 0 && store_commit(st, e) == 0)
			rc = 0;
		store_rollback(st);
	}
	explicit_bzero(password, sizeof(password));
	store_close(st);
	return rc;
}

static void print_user(void *arg, const struct user *u)
{
	char when[CLOCK_TEXT_MAX];

	(void)arg;
	printf("%-32s %-8s %-8s %s\n", u->name, role_name(u->role), u->disabled ? "disabled" : "enabled", u->last_login_ms ? clock_format(u->last_login_ms, when) : "never");
}

COMMAND(ctl_user_list)
{
	struct user_query q = {.sort = "name:asc", .limit = -1};
	struct store *st;
	int64_t total;
	int rc;

	if (ctl_store(c, &st, e) == -1)
		return -1;
	printf("%-32s %-8s %-8s %s\n", "NAME", "ROLE", "STATE", "LAST LOGIN");
	rc = user_each(st, &q, print_user, NULL, &total, e);
	store_close(st);
	return rc;
}

static int edit(const struct ctl *c, const char *hash, enum role role, int disabled, struct err *e)
{
	struct store *st;
	int rc = -1;

	if (ctl_store(c, &st, e) == -1)
		return -1;
	if (store_begin(st, e) == 0) {
		if (user_edit(st, c->argument, hash, role, disabled, c->now_ms, e) == 0 && store_commit(st, e) == 0)
			rc = 0;
		store_rollback(st);
	}
	store_close(st);
	return rc;
}

COMMAND(ctl_user_password)
{
	char password[CTL_PASSWORD_SIZE], hash[PASSWORD_HASH_MAX];
	int rc = ctl_password(password, e);

	if (rc == 0)
		rc = password_hash(password, hash, e);
	if (rc == 0)
		rc = edit(c, hash, ROLE_NONE, -1, e);
	explicit_bzero(password, sizeof(password));
	return rc;
}

COMMAND(ctl_user_role)
{
	enum role role;

	return role_given(c, &role, e) == -1 ? -1 : edit(c, NULL, role, -1, e);
}

COMMAND(ctl_user_disable)
{
	return edit(c, NULL, ROLE_NONE, 1, e);
}

COMMAND(ctl_user_enable)
{
	return edit(c, NULL, ROLE_NONE, 0, e);
}

COMMAND(ctl_user_delete)
{
	struct store *st;
	int rc = -1;

	if (ctl_store(c, &st, e) == -1)
		return -1;
	if (store_begin(st, e) == 0) {
		if (user_delete(st, c->argument, c->now_ms, e) == 0 && store_commit(st, e) == 0)
			rc = 0;
		store_rollback(st);
	}
	store_close(st);
	return rc;
}
