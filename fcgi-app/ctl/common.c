/* Opening things and asking for passwords; see ctl.h. */
#include "config.h"

#include "auth/password.h"
#include "ctl/ctl.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

int ctl_store(const struct ctl *c, struct store **st, struct err *e)
{
	struct stat sb;

	if (stat(c->conf.state, &sb) == -1)
		return err_set(e, ERR_NOTFOUND, "there is no state directory %s; flopynetctl init makes it", c->conf.state);
	return store_open(st, c->conf.store, STORE_USER, e);
}

int ctl_keys(const struct ctl *c, struct keys **k, struct err *e)
{
	return keys_open(k, &c->conf, e);
}

static int read_line(char *out, size_t size, struct err *e)
{
	if (!fgets(out, (int)size, stdin))
		return err_set(e, ERR_INVALID, "a password is needed on standard input");
	out[strcspn(out, "\r\n")] = '\0';
	return 0;
}

/* With the terminal's echo off. */
static int ask(const char *prompt, char *out, size_t size, struct err *e)
{
	struct termios old, silent;
	int rc;

	fputs(prompt, stderr);
	tcgetattr(STDIN_FILENO, &old);
	silent = old;
	silent.c_lflag &= ~(tcflag_t)ECHO;
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
	rc = read_line(out, size, e);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &old);
	fputc('\n', stderr);
	return rc;
}

int ctl_password(char out[CTL_PASSWORD_SIZE], struct err *e)
{
	char again[CTL_PASSWORD_SIZE];
	struct err why;

	if (!isatty(STDIN_FILENO)) {
		if (read_line(out, CTL_PASSWORD_SIZE, e) == -1)
			return -1;
	} else if (ask("Password: ", out, CTL_PASSWORD_SIZE, e) == -1 || ask("The same again: ", again, sizeof(again), e) == -1) {
		return -1;
	} else if (strcmp(out, again) != 0) {
		return err_set(e, ERR_INVALID, "the two passwords differ; nothing was changed");
	}
	if (password_check(out, &why) == -1)
		return err_set(e, ERR_INVALID, "a password must have between %d and %d characters", PASSWORD_MIN, PASSWORD_MAX);
	return 0;
}
