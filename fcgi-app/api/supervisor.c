/* Keeping workers; see supervisor.h. */
#include "config.h"

#include "api/supervisor.h"

#include "api/scoreboard.h"
#include "api/worker.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define TURN_MS 200           /* how often the workers are looked at; their end and signals are noticed at once */
#define BACK_OFF_FIRST_MS 100 /* doubled each time a worker ends before it is ready, up to … */
#define BACK_OFF_MAX_MS 5000

struct child {
	pid_t pid;         /* 0: this place is free */
	int generation;    /* of the setup it runs with */
	bool retiring;     /* was told to end */
	int64_t born_ms;   /* monotonic */
	int64_t killed_ms; /* 0: was not */
};

struct supervisor {
	const char *conf_path;
	struct setup *setup;
	struct scoreboard *board;
	struct child children[SCOREBOARD_SLOTS];
	int generation;
	int64_t started_at_ms; /* wall clock */
	int64_t back_off_ms;
	int64_t not_before_ms; /* monotonic: when the next worker may be started */
	bool stopping;
};

static sigset_t handled(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCHLD);
	return set;
}

static struct child *free_place(struct supervisor *s)
{
	size_t i;

	for (i = 0; i < SCOREBOARD_SLOTS; i++)
		if (s->children[i].pid == 0)
			return &s->children[i];
	return NULL;
}

static int start_worker(struct supervisor *s, int64_t now_ms)
{
	struct child *c = free_place(s);
	struct scoreboard_slot *slot;
	pid_t parent = getpid(), pid;

	if (!c)
		return -1;
	slot = &s->board->slots[c - s->children];
	slot->busy_since_ms = 0;
	slot->ready = 0;
	pid = fork();
	if (pid == -1) {
		log_error("cannot start a worker: %s", strerror(errno));
		s->not_before_ms = now_ms + BACK_OFF_MAX_MS;
		return -1;
	}
	if (pid == 0) {
		/* A supervisor that was killed must not leave workers behind that nobody looks after. */
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		if (getppid() != parent)
			_exit(1);
		worker_run(s->setup, slot, s->started_at_ms);
	}
	*c = (struct child){.pid = pid, .generation = s->generation, .born_ms = now_ms};
	return 0;
}

static int serving(const struct supervisor *s, int generation)
{
	int n = 0;
	size_t i;

	for (i = 0; i < SCOREBOARD_SLOTS; i++)
		n += s->children[i].pid != 0 && !s->children[i].retiring && s->children[i].generation == generation;
	return n;
}

static void note_end(struct supervisor *s, struct child *c, int status, int64_t now_ms)
{
	bool was_ready = s->board->slots[c - s->children].ready;

	if (WIFSIGNALED(status) && !c->retiring)
		log_error("worker %d ended by signal %d (%s)%s", (int)c->pid, WTERMSIG(status), strsignal(WTERMSIG(status)),
			  c->killed_ms ? ", as it was stuck in a request" : "");
	else if (WIFEXITED(status) && (WEXITSTATUS(status) != 0 || !c->retiring) && !s->stopping)
		log_warning("worker %d ended with status %d", (int)c->pid, WEXITSTATUS(status));
	if (was_ready) {
		s->back_off_ms = 0;
	} else if (!c->retiring) {
		s->back_off_ms = s->back_off_ms ? s->back_off_ms * 2 : BACK_OFF_FIRST_MS;
		if (s->back_off_ms > BACK_OFF_MAX_MS)
			s->back_off_ms = BACK_OFF_MAX_MS;
		s->not_before_ms = now_ms + s->back_off_ms;
	}
	c->pid = 0;
}

static void reap(struct supervisor *s, int64_t now_ms)
{
	int status;
	pid_t pid;
	size_t i;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (i = 0; i < SCOREBOARD_SLOTS; i++)
			if (s->children[i].pid == pid)
				note_end(s, &s->children[i], status, now_ms);
}

static void kill_stuck(struct supervisor *s, int64_t now_ms)
{
	int64_t limit_ms = s->setup->conf.api_request_timeout_s * MS_PER_S;
	size_t i;

	for (i = 0; i < SCOREBOARD_SLOTS; i++) {
		struct child *c = &s->children[i];
		int64_t since = s->board->slots[i].busy_since_ms;

		if (c->pid == 0 || c->killed_ms || since == 0 || now_ms - since < limit_ms)
			continue;
		log_error("worker %d has been at one request for %lld s; replacing it", (int)c->pid, (long long)((now_ms - since) / MS_PER_S));
		c->killed_ms = now_ms;
		kill(c->pid, SIGKILL);
	}
}

static void retire(struct child *c)
{
	c->retiring = true;
	kill(c->pid, SIGTERM);
}

/* During a reload: for each new worker that is ready an old one may go. */
static void retire_old(struct supervisor *s)
{
	int ready = 0, old = 0, wanted = (int)s->setup->conf.api_workers;
	size_t i;

	for (i = 0; i < SCOREBOARD_SLOTS; i++) {
		const struct child *c = &s->children[i];

		if (c->pid == 0 || c->retiring)
			continue;
		if (c->generation == s->generation)
			ready += s->board->slots[i].ready;
		else
			old++;
	}
	for (i = 0; i < SCOREBOARD_SLOTS && old > 0 && old > wanted - ready; i++) {
		struct child *c = &s->children[i];

		if (c->pid == 0 || c->retiring || c->generation == s->generation)
			continue;
		retire(c);
		old--;
	}
}

static void keep_up(struct supervisor *s, int64_t now_ms)
{
	int wanted = (int)s->setup->conf.api_workers;

	while (now_ms >= s->not_before_ms && serving(s, s->generation) < wanted)
		if (start_worker(s, now_ms) == -1)
			break;
	retire_old(s);
}

static void reload(struct supervisor *s)
{
	struct setup *fresh;
	struct err e;

	if (setup_load(&fresh, s->conf_path, &e) == -1) {
		log_error("reload refused, nothing has changed: %s", e.msg);
		return;
	}
	setup_free(s->setup);
	s->setup = fresh;
	s->generation++;
	s->back_off_ms = s->not_before_ms = 0;
	log_info("reloading: %lld workers with the new configuration", (long long)fresh->conf.api_workers);
}

/* Requests in flight are finished; one that does not finish is ended when its time is over. */
static void stop_all(struct supervisor *s)
{
	int64_t deadline = clock_mono_ms() + s->setup->conf.api_request_timeout_s * MS_PER_S;
	const struct timespec turn = {.tv_nsec = TURN_MS * 1000000L / 10};
	sigset_t chld;
	size_t i, left;

	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	s->stopping = true;
	for (i = 0; i < SCOREBOARD_SLOTS; i++)
		if (s->children[i].pid != 0)
			retire(&s->children[i]);
	for (;;) {
		reap(s, clock_mono_ms());
		for (i = 0, left = 0; i < SCOREBOARD_SLOTS; i++) {
			left += s->children[i].pid != 0;
			if (s->children[i].pid != 0 && clock_mono_ms() > deadline)
				kill(s->children[i].pid, SIGKILL);
		}
		if (left == 0)
			break;
		sigtimedwait(&chld, NULL, &turn);
	}
}

int supervisor_run(struct setup *setup, const char *conf_path)
{
	struct supervisor s = {.conf_path = conf_path, .setup = setup, .board = scoreboard_new(), .started_at_ms = clock_wall_ms()};
	const struct timespec turn = {.tv_nsec = TURN_MS * 1000000L};
	sigset_t set = handled();
	int sig;

	sigprocmask(SIG_BLOCK, &set, NULL);
	/* Shared with nobody but our workers; they wait with epoll and must not hang in accept(2) when another took the connection. */
	fcntl(WORKER_LISTEN_FD, F_SETFL, fcntl(WORKER_LISTEN_FD, F_GETFL) | O_NONBLOCK);
	log_info("started workers=%lld", (long long)setup->conf.api_workers);
	for (;;) {
		int64_t now_ms = clock_mono_ms();

		reap(&s, now_ms);
		kill_stuck(&s, now_ms);
		keep_up(&s, now_ms);
		sig = sigtimedwait(&set, NULL, &turn);
		if (sig == SIGTERM || sig == SIGINT || sig == SIGUSR1)
			break;
		if (sig == SIGHUP)
			reload(&s);
	}
	stop_all(&s);
	log_info("stopped");
	setup_free(s.setup);
	return 0;
}
