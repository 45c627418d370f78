/* flopynet-monitor: options, signals, the loop.  What it does is in the parts (monitor.c has the list). */
#include "config.h"

#include "lib/clock.h"
#include "lib/conf.h"
#include "lib/log.h"
#include "monitor/job.h"
#include "monitor/monitor.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define JOBS_WAIT_MS 500 /* most lookups and pings are long over; the end of the process is not to be felt */

static volatile sig_atomic_t got_term, got_int, got_hup;

static void on_signal(int sig)
{
	if (sig == SIGTERM)
		got_term = 1;
	else if (sig == SIGINT)
		got_int = 1;
	else if (sig == SIGHUP)
		got_hup = 1;
	/* SIGCHLD only ends the sleep. */
}

/* Signals are blocked but while the loop sleeps, so that nothing is ever interrupted half-way.  *waiting is the mask for the sleep. */
static void catch_signals(sigset_t *waiting)
{
	static const int caught[] = {SIGTERM, SIGINT, SIGHUP, SIGCHLD};
	struct sigaction sa = {.sa_handler = on_signal};
	sigset_t blocked;
	size_t i;

	sigemptyset(&sa.sa_mask);
	sigemptyset(&blocked);
	for (i = 0; i < sizeof(caught) / sizeof(caught[0]); i++) {
		sigaction(caught[i], &sa, NULL);
		sigaddset(&blocked, caught[i]);
	}
	sigprocmask(SIG_BLOCK, &blocked, waiting);
	for (i = 0; i < sizeof(caught) / sizeof(caught[0]); i++)
		sigdelset(waiting, caught[i]);
	signal(SIGPIPE, SIG_IGN);
}

static void obey_signals(struct monitor *m)
{
	if (got_hup) {
		got_hup = 0;
		monitor_reload(m);
	}
	if (got_int && m->phase == MONITOR_RUNNING) {
		log_info("ending every run");
		m->phase = MONITOR_ENDING;
	}
	if (got_term)
		m->phase = MONITOR_LEAVING;
}

static void loop(struct monitor *m, const sigset_t *waiting)
{
	struct timespec tick = {.tv_sec = m->conf->monitor_tick_ms / 1000, .tv_nsec = m->conf->monitor_tick_ms % 1000 * 1000000};
	struct pollfd wake = {.events = POLLIN};

	for (;;) {
		obey_signals(m);
		m->now_ms = clock_wall_ms();
		m->mono_ms = clock_mono_ms();
		if (m->phase != MONITOR_LEAVING)
			monitor_turn(m);
		if (monitor_ended(m))
			return;
		wake.fd = m->wake_fd;
		ppoll(&wake, m->wake_fd == -1 ? 0 : 1, &tick, waiting);
	}
}

int main(int argc, char **argv)
{
	struct conf conf;
	struct monitor m;
	struct err e;
	sigset_t waiting;

	log_init("flopynet-monitor");
	if (argc != 3 || strcmp(argv[1], "-c") != 0) {
		fprintf(stderr, "usage: flopynet-monitor -c CONF\n");
		return 2;
	}
	if (conf_load(&conf, argv[2], &e) == -1) {
		log_error("%s", e.msg);
		conf_clear(&conf);
		return 1;
	}
	catch_signals(&waiting);
	if (monitor_open(&m, &conf, &e) == -1) {
		log_error("%s", e.msg);
		conf_clear(&conf);
		return 1;
	}
	log_info("the monitor is running state=%s", conf.state);
	loop(&m, &waiting);
	log_info("the monitor ends runs=%s", m.phase == MONITOR_ENDING ? "ended" : "left alone");
	monitor_close(&m);
	conf_clear(&conf);
	/* A name server or database that does not answer may hold a thread for longer than anybody wants to wait. */
	if (!jobs_settle(JOBS_WAIT_MS))
		_exit(0);
	return 0;
}
