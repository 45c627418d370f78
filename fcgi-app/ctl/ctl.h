/*
 * flopynetctl: what its commands share.  A command prints what was asked for to standard output, one sentence on failure to standard error (main.c does, from the err it
 * returns), and asks nothing when standard input is not a terminal.
 */
#ifndef CTL_CTL_H
#define CTL_CTL_H

#include "auth/keys.h"
#include "lib/conf.h"
#include "lib/err.h"
#include "store/store.h"

#include <stdint.h>

#define CTL_ACTOR "flopynetctl"

struct ctl {
	struct conf conf;
	const char *conf_path;
	/* the command line */
	const char *argument; /* NAME, JTI, FILE; NULL where the command takes none */
	const char *name, *role, *experiment; /* options; NULL: not given */
	int64_t days;         /* 0: not given */
	int64_t now_ms;
};

/* Opened as needed, with a message that says what to do when it cannot be. */
int ctl_store(const struct ctl *c, struct store **st, struct err *e);
int ctl_keys(const struct ctl *c, struct keys **k, struct err *e);
/* A password: from the terminal, twice and unseen, else the first line of standard input. */
#define CTL_PASSWORD_SIZE 1024
int ctl_password(char out[CTL_PASSWORD_SIZE], struct err *e);

#define COMMAND(name) int name(const struct ctl *c, struct err *e)
/* state.c */
COMMAND(ctl_init);
COMMAND(ctl_check);
COMMAND(ctl_backup);
COMMAND(ctl_secret_rotate);
/* user.c */
COMMAND(ctl_user_add);
COMMAND(ctl_user_list);
COMMAND(ctl_user_password);
COMMAND(ctl_user_role);
COMMAND(ctl_user_disable);
COMMAND(ctl_user_enable);
COMMAND(ctl_user_delete);
/* token.c */
COMMAND(ctl_token_create);
COMMAND(ctl_token_list);
COMMAND(ctl_token_revoke);

#endif
