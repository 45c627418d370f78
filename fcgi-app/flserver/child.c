/* A launched fl_server; see child.h. */
#include "config.h"

#include "flserver/child.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

int child_start(struct child *c, char **words, struct err *e)
{
	posix_spawnattr_t how;
	sigset_t all;
	int rc;

	memset(c, 0, sizeof(*c));
	sigfillset(&all);
	posix_spawnattr_init(&how);
	posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setsigdefault(&how, &all);
	rc = posix_spawnp(&c->pid, words[0], NULL, &how, words, environ);
	posix_spawnattr_destroy(&how);
	if (rc == 0)
		return 0;
	c->pid = 0;
	return err_set(e, ERR_INVALID, "%.200s cannot be run: %s", words[0], strerror(rc));
}

bool child_runs(struct child *c)
{
	if (c->pid && !c->ended && waitpid(c->pid, &c->status, WNOHANG) == c->pid)
		c->ended = true;
	return c->pid && !c->ended;
}

void child_end(struct child *c, int patience_ms)
{
	int waited;

	if (!child_runs(c))
		return;
	kill(c->pid, SIGTERM);
	for (waited = 0; child_runs(c) && waited < patience_ms; waited += 20)
		usleep(20000);
	if (!child_runs(c))
		return;
	kill(c->pid, SIGKILL);
	waitpid(c->pid, &c->status, 0);
	c->ended = true;
}

const char *child_describe(const struct child *c, char *out, size_t size)
{
	if (WIFSIGNALED(c->status))
		snprintf(out, size, "signal %d (%s)", WTERMSIG(c->status), strsignal(WTERMSIG(c->status)));
	else
		snprintf(out, size, "exit status %d", WEXITSTATUS(c->status));
	return out;
}
