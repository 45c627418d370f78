/* People who log in with a name and a password. */
#ifndef STORE_USER_H
#define STORE_USER_H

#include "auth/role.h"
#include "lib/err.h"
#include "store/store.h"

#include <stdbool.h>
#include <stdint.h>

#define USER_NAME_MAX 32

struct user {
	const char *name;
	const char *password; /* crypt(5) */
	enum role role;
	bool disabled;
	int64_t created_at_ms, last_login_ms; /* 0: never */
};

struct user_query {
	const char *sort; /* "name:asc" … "last_login_at:desc" */
	int64_t limit, offset;
};

/* [a-z][a-z0-9._-]{0,31} */
bool user_name_valid(const char *name);

/* In a transaction; ERR_CONFLICT where the name is taken. */
int user_add(struct store *st, const struct user *u, struct err *e);
/* Borrowed until the next user_get(); ERR_NOTFOUND. */
int user_get(struct store *st, const char *name, struct user *u, struct err *e);
int user_each(struct store *st, const struct user_query *q, void (*fn)(void *arg, const struct user *u), void *arg, int64_t *total, struct err *e);
/*
 * In a transaction: ends the user's sessions.  password NULL, role ROLE_NONE, disabled -1 leave each as it is; ERR_NOTFOUND.
 */
int user_edit(struct store *st, const char *name, const char *password, enum role role, int disabled, int64_t now_ms, struct err *e);
/* In a transaction: with the user's sessions; ERR_NOTFOUND. */
int user_delete(struct store *st, const char *name, int64_t now_ms, struct err *e);
/* In a transaction. */
int user_logged_in(struct store *st, const char *name, int64_t now_ms, struct err *e);

#endif
