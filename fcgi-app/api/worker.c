/* The loop of a worker; see worker.h. */
#include "config.h"

#include "api/worker.h"

#include "api/dispatch.h"
#include "api/gateway.h"
#include "lib/clock.h"
#include "lib/file.h"
#include "lib/log.h"
#include "lib/mem.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

static volatile sig_atomic_t stop;

static void on_stop(int sig)
{
	(void)sig;
	stop = 1;
}

/* After FCGX_Init(), which installs handlers of its own. */
static void install_signals(sigset_t *while_waiting)
{
	struct sigaction sa = {.sa_handler = on_stop};

	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGUSR1, &sa, NULL);
	sa.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &sa, NULL);
	sigaction(SIGHUP, &sa, NULL); /* the supervisor's business */
	signal(SIGCHLD, SIG_DFL);
	sigprocmask(SIG_SETMASK, NULL, while_waiting);
	sigdelset(while_waiting, SIGTERM);
	sigdelset(while_waiting, SIGINT);
	sigdelset(while_waiting, SIGUSR1);
}

static int listen_poll(void)
{
	struct epoll_event ev = {.events = EPOLLIN | EPOLLEXCLUSIVE, .data.fd = WORKER_LISTEN_FD};
	int fd = epoll_create1(EPOLL_CLOEXEC);

	if (fd == -1 || epoll_ctl(fd, EPOLL_CTL_ADD, WORKER_LISTEN_FD, &ev) == -1) {
		log_error("epoll: %s", strerror(errno));
		exit(1);
	}
	return fd;
}

/* Everything a worker owns.  A store that cannot be opened now is tried again by the dispatcher; without the shared counters and the secret there is no worker. */
static void open_app(struct app *app, struct setup *setup, int64_t started_at_ms)
{
	char *path = file_join(setup->conf.state, "shared.bin");
	struct err e;

	app->conf = &setup->conf;
	app->catalog = setup->catalog;
	app->started_at_ms = started_at_ms;
	if (shared_open(&app->shared, path, &e) == -1 || dispatch_open(app, &e) == -1) {
		log_error("%s", e.msg);
		exit(1);
	}
	free(path);
}

/* -1: this worker cannot go on. */
static int serve_one(struct app *app)
{
	static struct response r; /* its memory is used again and again */
	struct wire w;
	int rc = gateway_accept(&w);

	if (rc == 1) {
		bool head_only = dispatch(app, &w, &r);

		gateway_send(&r, head_only);
		gateway_finish();
		dispatch_done(&r);
	}
	return rc;
}

_Noreturn void worker_run(struct setup *setup, struct scoreboard_slot *slot, int64_t started_at_ms)
{
	struct app app = {0};
	struct epoll_event ev;
	sigset_t while_waiting;
	int poll_fd, rc = 0;

	open_app(&app, setup, started_at_ms);
	gateway_init(WORKER_LISTEN_FD);
	install_signals(&while_waiting);
	poll_fd = listen_poll();
	slot->ready = 1;
	while (!stop && rc != -1) {
		slot->busy_since_ms = 0;
		if (epoll_pwait(poll_fd, &ev, 1, -1, &while_waiting) != 1)
			continue;
		slot->busy_since_ms = clock_mono_ms();
		rc = serve_one(&app);
	}
	dispatch_close(&app);
	shared_close(app.shared);
	exit(rc == -1);
}
