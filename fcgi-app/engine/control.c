/* Pause, resume, stop, abort; see control.h. */
#include "config.h"

#include "engine/control.h"

#include "engine/command.h"
#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct control {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	_Atomic int want; /* enum control_want; written under the lock */
	bool begun, paused; /* paused: reported */
	int busy; /* threads between enter and leave */
	unsigned wakes, seen;
	double paused_ms, paused_since_ms;
	struct events *events;
	/* the thread */
	pthread_t thread;
	bool started;
	int fifo_fd, signal_fd, end_fd;
	struct command_reader reader;
};

static double mono_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static bool over(const struct control *c)
{
	return c->want >= CONTROL_STOP_NOW;
}

/* Under the lock, as all below down to the next ruler. */
static void report_if_held(struct control *c)
{
	if (c->want != CONTROL_PAUSE || c->busy || c->paused || !c->begun)
		return;
	c->paused = true;
	c->paused_since_ms = mono_ms();
	events_state(c->events, EVENTS_PAUSED, NULL);
}

static void end_pause(struct control *c)
{
	if (!c->paused)
		return;
	c->paused = false;
	c->paused_ms += mono_ms() - c->paused_since_ms;
}

static void set_want(struct control *c, enum control_want want)
{
	c->want = want;
	pthread_cond_broadcast(&c->changed);
}

static bool hold(struct control *c)
{
	while (c->want == CONTROL_PAUSE)
		pthread_cond_wait(&c->changed, &c->lock);
	return !over(c);
}

static void want_pause(struct control *c)
{
	if (c->want == CONTROL_RUN) {
		set_want(c, CONTROL_PAUSE);
		report_if_held(c);
	} else if (c->want == CONTROL_PAUSE) {
		if (c->paused)
			events_state(c->events, EVENTS_PAUSED, NULL);
	} else {
		events_refused(c->events, "pause", "The run is about to end.");
	}
}

static void want_resume(struct control *c)
{
	if (c->want == CONTROL_PAUSE) {
		end_pause(c);
		set_want(c, CONTROL_RUN);
	} else if (c->want != CONTROL_RUN) {
		events_refused(c->events, "resume", "The run is about to end.");
		return;
	}
	if (c->begun)
		events_state(c->events, EVENTS_RUNNING, NULL);
}

static void want_stop(struct control *c)
{
	bool now = c->paused || !c->begun;

	if (c->want >= CONTROL_STOP)
		return;
	end_pause(c);
	set_want(c, now ? CONTROL_STOP_NOW : CONTROL_STOP);
}

static void want_abort(struct control *c)
{
	end_pause(c);
	set_want(c, CONTROL_ABORT);
}

/* ---- the thread ---- */

static void obey(void *arg, enum command_action action, const char *text)
{
	struct control *c = arg;

	pthread_mutex_lock(&c->lock);
	switch (action) {
	case COMMAND_PAUSE:
		want_pause(c);
		break;
	case COMMAND_RESUME:
		want_resume(c);
		break;
	case COMMAND_STOP:
		want_stop(c);
		break;
	case COMMAND_ABORT:
		want_abort(c);
		break;
	case COMMAND_UNKNOWN:
		events_log(c->events, "warning", "The unknown action \"%s\" was ignored.", text);
		break;
	default:
		events_log(c->events, "warning", "A command was ignored: %s.", text);
	}
	pthread_mutex_unlock(&c->lock);
}

static void read_fifo(struct control *c)
{
	char bytes[CONTROL_LINE_MAX];
	ssize_t n;

	while ((n = read(c->fifo_fd, bytes, sizeof(bytes))) > 0)
		command_feed(&c->reader, bytes, (size_t)n, obey, c);
}

static void *attend(void *arg)
{
	struct control *c = arg;
	struct pollfd fds[] = {{.fd = c->fifo_fd, .events = POLLIN}, {.fd = c->signal_fd, .events = POLLIN}, {.fd = c->end_fd, .events = POLLIN}};
	struct signalfd_siginfo info;

	for (;;) {
		/* Half the interval, so that a heartbeat is never late by more than that. */
		if (poll(fds, ARRAY_LEN(fds), CONTROL_HEARTBEAT_MS / 4) == -1 && errno != EINTR)
			log_error("poll: %s", strerror(errno));
		if (fds[2].revents)
			return NULL;
		if (fds[0].revents)
			read_fifo(c);
		if (fds[1].revents && read(c->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
			obey(c, COMMAND_ABORT, "");
		events_heartbeat(c->events, CONTROL_HEARTBEAT_MS * 3 / 4);
	}
}

static int open_fds(struct control *c, const char *fifo, struct err *e)
{
	sigset_t set;
	struct stat st;

	/* Read and write: with a writer of our own the FIFO never reports its end when the monitor goes. */
	c->fifo_fd = open(fifo, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (c->fifo_fd == -1)
		return err_set(e, ERR_INTERNAL, "cannot open the FIFO %s: %s", fifo, strerror(errno));
	if (fstat(c->fifo_fd, &st) == -1 || !S_ISFIFO(st.st_mode))
		return err_set(e, ERR_INVALID, "%s is not a FIFO", fifo);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	c->signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	c->end_fd = eventfd(0, EFD_CLOEXEC);
	if (c->signal_fd == -1 || c->end_fd == -1)
		return err_set(e, ERR_INTERNAL, "signalfd, eventfd: %s", strerror(errno));
	return 0;
}

int control_open(struct control **out, const char *fifo, struct events *events, struct err *e)
{
	struct control *c = mem_alloc(sizeof(*c));
	pthread_condattr_t attr;

	*out = NULL;
	c->fifo_fd = c->signal_fd = c->end_fd = -1;
	c->events = events;
	pthread_mutex_init(&c->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&c->changed, &attr);
	pthread_condattr_destroy(&attr);
	if (open_fds(c, fifo, e) == 0) {
		if (pthread_create(&c->thread, NULL, attend, c) == 0) {
			c->started = true;
			*out = c;
			return 0;
		}
		err_set(e, ERR_INTERNAL, "cannot start a thread");
	}
	control_close(c);
	return -1;
}

void control_close(struct control *c)
{
	uint64_t one = 1;

	if (!c)
		return;
	if (c->started && write(c->end_fd, &one, sizeof(one)) == (ssize_t)sizeof(one))
		pthread_join(c->thread, NULL);
	if (c->fifo_fd != -1)
		close(c->fifo_fd);
	if (c->signal_fd != -1)
		close(c->signal_fd);
	if (c->end_fd != -1)
		close(c->end_fd);
	pthread_cond_destroy(&c->changed);
	pthread_mutex_destroy(&c->lock);
	free(c);
}

/* ---- those who work ---- */

void control_begin(struct control *c)
{
	pthread_mutex_lock(&c->lock);
	c->begun = true;
	if (!over(c))
		events_state(c->events, EVENTS_RUNNING, NULL);
	report_if_held(c);
	pthread_mutex_unlock(&c->lock);
}

bool control_enter(struct control *c)
{
	bool on;

	pthread_mutex_lock(&c->lock);
	on = hold(c);
	if (on)
		c->busy++;
	pthread_mutex_unlock(&c->lock);
	return on;
}

void control_leave(struct control *c)
{
	pthread_mutex_lock(&c->lock);
	c->busy--;
	report_if_held(c);
	pthread_mutex_unlock(&c->lock);
}

void control_resume_work(struct control *c)
{
	pthread_mutex_lock(&c->lock);
	hold(c);
	c->busy++;
	pthread_mutex_unlock(&c->lock);
}

bool control_pass(struct control *c)
{
	int want = atomic_load_explicit(&c->want, memory_order_relaxed);
	bool on;

	if (want == CONTROL_RUN || want == CONTROL_STOP)
		return true;
	pthread_mutex_lock(&c->lock);
	c->busy--;
	report_if_held(c);
	on = hold(c);
	c->busy++;
	pthread_mutex_unlock(&c->lock);
	return on;
}

static struct timespec deadline(double ms)
{
	double at = mono_ms() + fmin(ms, 3600e3);

	return (struct timespec){.tv_sec = (time_t)(at / 1e3), .tv_nsec = (long)(fmod(at, 1e3) * 1e6)};
}

bool control_wait(struct control *c, double ms)
{
	struct timespec until = deadline(ms);
	bool on;

	pthread_mutex_lock(&c->lock);
	c->busy--;
	report_if_held(c);
	while (c->want != CONTROL_PAUSE && !over(c) && c->wakes == c->seen && ms > 0)
		if (pthread_cond_timedwait(&c->changed, &c->lock, &until) == ETIMEDOUT)
			break;
	c->seen = c->wakes;
	on = hold(c);
	c->busy++;
	pthread_mutex_unlock(&c->lock);
	return on;
}

void control_wake(struct control *c)
{
	pthread_mutex_lock(&c->lock);
	c->wakes++;
	pthread_cond_broadcast(&c->changed);
	pthread_mutex_unlock(&c->lock);
}

enum control_want control_want(struct control *c)
{
	return (enum control_want)atomic_load(&c->want);
}

bool control_dropped(struct control *c)
{
	return atomic_load(&c->want) >= CONTROL_STOP_NOW;
}

double control_clock_ms(struct control *c)
{
	double now;

	pthread_mutex_lock(&c->lock);
	now = (c->paused ? c->paused_since_ms : mono_ms()) - c->paused_ms;
	pthread_mutex_unlock(&c->lock);
	return now;
}
