/* Processes of engines; see process.h. */
#include "config.h"

#include "monitor/process.h"

#include "lib/buf.h"
#include "lib/file.h"
#include "lib/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <limits.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define LAUNCH_WAIT_MS 5000 /* from fork to exec; a disk that takes longer than this is not one to run from */

/* Start time and state letter of /proc/PID/stat.  The name in it may hold spaces and parentheses, so fields are counted from the last ')'. */
static bool read_stat(const char *path, int64_t *ticks, char *state)
{
	char text[1024], *p;
	int fd = open(path, O_RDONLY | O_CLOEXEC), field;
	ssize_t n;

	if (fd == -1)
		return false;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0)
		return false;
	text[n] = '\0';
	p = strrchr(text, ')');
	if (!p || p[1] != ' ')
		return false;
	*state = p[2];
	for (field = 2; p && field < 22; field++)
		p = strchr(p + 1, ' ');
	if (!p)
		return false;
	*ticks = strtoll(p + 1, NULL, 10);
	return *ticks > 0;
}

static bool stat_of(int64_t pid, int64_t *ticks, char *state)
{
	char path[40];

	snprintf(path, sizeof(path), "/proc/%" PRId64 "/stat", pid);
	return read_stat(path, ticks, state);
}

bool process_start_ticks(int64_t pid, int64_t *ticks)
{
	char state;

	return stat_of(pid, ticks, &state) && state != 'Z' && state != 'X';
}

bool process_alive(const struct process *p, struct process_end *end)
{
	int64_t ticks;
	char state;

	end->known = false;
	if (!stat_of(p->pid, &ticks, &state) || ticks != p->start_ticks)
		return false;
	if (state != 'Z' && state != 'X')
		return true;
	/* As long as the corpse lies there, no other group can have its number. */
	kill(-(pid_t)p->pid, SIGKILL);
	end->known = waitpid((pid_t)p->pid, &end->status, WNOHANG) == (pid_t)p->pid;
	return false;
}

void process_signal(const struct process *p, int sig)
{
	int64_t ticks;
	char state;

	if (stat_of(p->pid, &ticks, &state) && ticks == p->start_ticks)
		kill(-(pid_t)p->pid, sig);
}

/* Which step failed, and why: what the child sends back when it cannot become the program. */
struct failure {
	int step;
	int errnum;
};

static const char *const steps[] = {"make a session for it", "enter the run directory", "open its files", "write its number", "run it"};

static int write_pid(int fd, const char *note)
{
	char text[160], state;
	int64_t ticks;
	int n;

	if (!read_stat("/proc/self/stat", &ticks, &state)) {
		errno = ENOENT;
		return -1;
	}
	n = snprintf(text, sizeof(text), "%d %" PRId64 " %s\n", (int)getpid(), ticks, note);
	return write(fd, text, (size_t)n) == n ? 0 : -1;
}

static int open_files(void)
{
	int in = open("/dev/null", O_RDONLY), out = open("stderr.log", O_WRONLY | O_CREAT | O_APPEND, 0600);

	return in != -1 && out != -1 && dup2(in, 0) != -1 && dup2(out, 1) != -1 && dup2(out, 2) != -1 ? 0 : -1;
}

static void reset_signals(void)
{
	sigset_t none;
	int sig;

	for (sig = 1; sig < NSIG; sig++)
		signal(sig, SIG_DFL); /* fails for a few, which cannot be changed anyway */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Never returns.  report is close-on-exec: its end is the sign that all went well. */
static void become(const struct launch *l, int report)
{
	struct failure f = {0};
	ssize_t n;

	reset_signals();
	if (setsid() != -1 && ++f.step && chdir(l->dir) == 0 && ++f.step && open_files() == 0 && ++f.step && write_pid(l->pid_fd, l->note) == 0 && ++f.step) {
		close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
		execve(l->path, l->argv, l->envp);
	}
	f.errnum = errno;
	n = write(report, &f, sizeof(f));
	_exit(n == (ssize_t)sizeof(f) ? 127 : 126);
}

/* 0: the child is the program now; else errno of why not. */
static int await_exec(int report, pid_t pid, const char *path, struct err *e)
{
	struct pollfd pfd = {.fd = report, .events = POLLIN};
	struct failure f = {0};
	ssize_t n = -1;
	int r;

	do
		r = poll(&pfd, 1, LAUNCH_WAIT_MS);
	while (r == -1 && errno == EINTR);
	if (r == 1)
		n = read(report, &f, sizeof(f));
	if (r == 1 && n == 0)
		return 0;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	if (n == (ssize_t)sizeof(f) && f.step >= 0 && f.step < (int)ARRAY_LEN(steps))
		return err_set(e, f.errnum == ENOSPC ? ERR_FULL : ERR_INVALID, "The engine %s could not be started: cannot %s: %s", path, steps[f.step], strerror(f.errnum));
	return err_set(e, ERR_INVALID, "The engine %s could not be started within %d s", path, LAUNCH_WAIT_MS / 1000);
}

int process_launch(const struct launch *l, struct process *out, struct err *e)
{
	int report[2], rc;
	pid_t pid;

	if (pipe2(report, O_CLOEXEC) == -1)
		return err_set(e, ERR_UNAVAILABLE, "cannot start an engine: %s", strerror(errno));
	pid = fork();
	if (pid == 0)
		become(l, report[1]);
	close(report[1]);
	if (pid == -1) {
		close(report[0]);
		return err_set(e, ERR_UNAVAILABLE, "cannot start an engine: %s", strerror(errno));
	}
	rc = await_exec(report[0], pid, l->path, e);
	close(report[0]);
	if (rc == -1)
		return -1;
	out->pid = pid;
	/* Ours until it is reaped, so the number cannot have changed hands. */
	if (!process_start_ticks(pid, &out->start_ticks)) {
		char state;

		if (!stat_of(pid, &out->start_ticks, &state))
			return err_set(e, ERR_UNAVAILABLE, "cannot read /proc/%d/stat", (int)pid);
	}
	return 0;
}

static bool is_program(const char *path)
{
	struct stat sb;

	return stat(path, &sb) == 0 && S_ISREG(sb.st_mode) && access(path, X_OK) == 0;
}

static char *find_in(const char *dir, size_t n, const char *word)
{
	struct buf b = {0};

	buf_add(&b, dir, n);
	buf_addf(&b, "/%s", word);
	if (is_program(buf_str(&b)))
		return buf_take(&b);
	buf_clear(&b);
	return NULL;
}

/* Beside this program; an installed one is in sbin, where the engines' bin is a neighbour. */
static char *find_beside(const char *word)
{
	char self[PATH_MAX], other[PATH_MAX + 8], *dir, *found;
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (n <= 0)
		return NULL;
	self[n] = '\0';
	dir = dirname(self);
	found = find_in(dir, strlen(dir), word);
	if (found)
		return found;
	n = snprintf(other, sizeof(other), "%s/../bin", dir);
	return find_in(other, (size_t)n, word);
}

char *process_find(const char *word, const char *dir, struct err *e)
{
	const char *path = getenv("PATH"), *end;
	char *found;

	if (strchr(word, '/')) {
		found = file_join(dir, word);
		if (is_program(found))
			return found;
		err_set(e, ERR_INVALID, "The engine's command %s is not there, or not a program that may be run", found);
		free(found);
		return NULL;
	}
	found = find_beside(word);
	for (path = path ? path : "/usr/local/bin:/usr/bin:/bin"; !found && *path; path = *end ? end + 1 : end) {
		end = strchrnul(path, ':');
		if (end > path)
			found = find_in(path, (size_t)(end - path), word);
	}
	if (!found)
		err_set(e, ERR_INVALID, "The engine's command %s was not found, neither beside the monitor nor in PATH", word);
	return found;
}
