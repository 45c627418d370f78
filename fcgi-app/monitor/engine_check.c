/* Checks of engines; see engine_check.h. */
#include "config.h"

#include "monitor/engine_check.h"

#include "lib/mem.h"
#include "monitor/probe.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define PIECES_A_TURN 64
#define REAP_WAIT_MS 50 /* for one that was killed; where it takes longer, it hangs in the kernel, as with a file server that is away */

static int spawn(struct engine_check *c, const char *path, const struct words *args, const char *dir, int out, int err)
{
	struct words env = {0};
	posix_spawn_file_actions_t files;
	posix_spawnattr_t how;
	sigset_t all, none;
	int rc;

	words_add_environment(&env);
	sigfillset(&all);
	sigemptyset(&none);
	posix_spawnattr_init(&how);
	posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
	posix_spawnattr_setsigdefault(&how, &all);
	posix_spawnattr_setsigmask(&how, &none);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&files, out, 1);
	posix_spawn_file_actions_adddup2(&files, err, 2);
	posix_spawn_file_actions_addchdir_np(&files, dir);
	posix_spawn_file_actions_addclosefrom_np(&files, 3);
	rc = posix_spawn(&c->pid, path, &files, &how, args->all, env.all);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&how);
	words_clear(&env);
	return rc;
}

static void close_pair(const int pair[2])
{
	close(pair[0]);
	close(pair[1]);
}

int engine_check_begin(struct engine_check *c, const char *path, const struct words *args, const char *dir, int64_t mono_ms, struct err *e)
{
	int out[2], err[2], rc;

	if (c->stuck && waitpid(c->stuck, NULL, WNOHANG) == 0)
		return err_set(e, ERR_UNAVAILABLE, "Its last check was killed and is still not gone: it waits for a disk or a file server");
	memset(c, 0, sizeof(*c));
	if (pipe2(out, O_CLOEXEC | O_NONBLOCK) == -1)
		return err_set(e, ERR_UNAVAILABLE, "Its check could not be run: %s", strerror(errno));
	if (pipe2(err, O_CLOEXEC | O_NONBLOCK) == -1) {
		close_pair(out);
		return err_set(e, ERR_UNAVAILABLE, "Its check could not be run: %s", strerror(errno));
	}
	/* Only our ends are not to wait. */
	fcntl(out[1], F_SETFL, 0);
	fcntl(err[1], F_SETFL, 0);
	rc = spawn(c, path, args, dir, out[1], err[1]);
	close(out[1]);
	close(err[1]);
	c->out = out[0];
	c->err = err[0];
	c->deadline_mono_ms = mono_ms + ENGINE_CHECK_WAIT_MS;
	if (rc == 0)
		return 0;
	c->pid = 0;
	close(c->out);
	close(c->err);
	return err_set(e, ERR_INVALID, "Its check could not be run: %s", strerror(rc));
}

/* What is there, within reason: one that talks without end must not hold up the loop.  What is too much is dropped, at the end or at the beginning. */
static void drain(int fd, char *text, size_t *len, bool keep_end)
{
	char piece[1024];
	ssize_t n;
	int pieces;

	for (pieces = 0; pieces < PIECES_A_TURN && (n = read(fd, piece, sizeof(piece))) > 0; pieces++) {
		size_t size = (size_t)n, room = ENGINE_CHECK_TEXT_MAX - *len;

		if (size > room && keep_end) {
			size_t drop = size - room;

			memmove(text, text + drop, *len - drop);
			*len -= drop;
			room = size;
		}
		if (size > room)
			size = room;
		memcpy(text + *len, piece, size);
		*len += size;
	}
	text[*len] = '\0';
}

/* The first or last line that is not blank, fit to be shown. */
static const char *line_of(const char *text, bool last, char *out, size_t size)
{
	const char *at = text, *found = NULL, *end;

	for (; *at; at = *end ? end + 1 : end) {
		end = strchrnul(at, '\n');
		if (strspn(at, " \t\r\f\v") < (size_t)(end - at) && (last || !found))
			found = at;
	}
	if (!found)
		return probe_clean("", 0, out, size);
	found += strspn(found, " \t\r\f\v");
	end = strchrnul(found, '\n');
	while (end > found && strchr(" \t\r", end[-1]))
		end--;
	return probe_clean(found, (size_t)(end - found), out, size);
}

static void conclude(struct engine_check *c, const siginfo_t *end, struct engine_state *s)
{
	char words[ENGINE_REASON_MAX - 60];

	s->available = end->si_code == CLD_EXITED && end->si_status == 0;
	s->reason[0] = s->version[0] = '\0';
	if (s->available) {
		line_of(c->out_text, false, s->version, sizeof(s->version));
		return;
	}
	if (!line_of(c->err_text, true, words, sizeof(words))[0])
		line_of(c->out_text, true, words, sizeof(words));
	if (words[0])
		snprintf(s->reason, sizeof(s->reason), "%s", words);
	else if (end->si_code != CLD_EXITED)
		snprintf(s->reason, sizeof(s->reason), "Its check was killed by signal %d", end->si_status);
	else
		snprintf(s->reason, sizeof(s->reason), "Its check ended with exit status %d and gave no reason", end->si_status);
}

bool engine_check_turn(struct engine_check *c, int64_t mono_ms, struct engine_state *s)
{
	siginfo_t end = {0};

	drain(c->out, c->out_text, &c->out_len, false);
	drain(c->err, c->err_text, &c->err_len, true);
	/* Not reaped yet: as long as the corpse lies there, no other group can have its number. */
	if (waitid(P_PID, (id_t)c->pid, &end, WEXITED | WNOHANG | WNOWAIT) == -1)
		end.si_pid = 0;
	if (end.si_pid == 0 && mono_ms < c->deadline_mono_ms)
		return false;
	if (end.si_pid == c->pid) {
		drain(c->out, c->out_text, &c->out_len, false);
		drain(c->err, c->err_text, &c->err_len, true);
		conclude(c, &end, s);
	} else {
		s->available = false;
		s->version[0] = '\0';
		snprintf(s->reason, sizeof(s->reason), "Its check did not end within %d s", ENGINE_CHECK_WAIT_MS / 1000);
	}
	engine_check_stop(c);
	return true;
}

void engine_check_stop(struct engine_check *c)
{
	int waited_ms;

	if (!c->pid)
		return;
	/* The group too: what it has started has nothing to do any more. */
	kill(-c->pid, SIGKILL);
	for (waited_ms = 0; waitpid(c->pid, NULL, WNOHANG) == 0; waited_ms++) {
		if (waited_ms == REAP_WAIT_MS) {
			c->stuck = c->pid;
			break;
		}
		usleep(1000);
	}
	close(c->out);
	close(c->err);
	c->pid = 0;
}
