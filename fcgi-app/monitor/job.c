/* Threads for what blocks; see job.h. */
#include "config.h"

#include "monitor/job.h"

#include "lib/clock.h"
#include "lib/mem.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

/* Name service modules are modest; the default of 8 MB for each of 64 threads would look like a leak. */
#define STACK_BYTES (512 * 1024)

struct job {
	void (*run)(void *data);
	void (*release)(void *data);
	void *data;
	int wake_fd;
	atomic_bool done;
	atomic_int holders; /* the thread and who started it */
};

static atomic_int running;

static void let_go(struct job *j)
{
	if (atomic_fetch_sub(&j->holders, 1) != 1)
		return;
	j->release(j->data);
	free(j);
}

static void *work(void *arg)
{
	struct job *j = arg;
	uint64_t one = 1;
	ssize_t written;

	j->run(j->data);
	atomic_store(&j->done, true);
	written = write(j->wake_fd, &one, sizeof(one));
	(void)written; /* a full counter is awake enough */
	let_go(j);
	atomic_fetch_sub(&running, 1);
	return NULL;
}

/* Signals are for the loop. */
static int start_thread(struct job *j)
{
	pthread_attr_t attr;
	sigset_t all, before;
	pthread_t id;
	int rc;

	sigfillset(&all);
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	rc = pthread_create(&id, &attr, work, j);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attr);
	return rc;
}

struct job *job_start(void (*run)(void *data), void (*release)(void *data), void *data, int wake_fd)
{
	struct job *j;

	if (atomic_fetch_add(&running, 1) >= JOBS_MAX) {
		atomic_fetch_sub(&running, 1);
		return NULL;
	}
	j = mem_alloc(sizeof(*j));
	j->run = run;
	j->release = release;
	j->data = data;
	j->wake_fd = wake_fd;
	atomic_init(&j->holders, 2);
	if (start_thread(j) != 0) {
		atomic_fetch_sub(&running, 1);
		free(j);
		return NULL;
	}
	return j;
}

bool job_done(const struct job *j)
{
	return atomic_load(&((struct job *)(uintptr_t)j)->done);
}

void *job_data(const struct job *j)
{
	return j->data;
}

bool jobs_settle(int64_t wait_ms)
{
	int64_t until = clock_mono_ms() + wait_ms;

	while (atomic_load(&running) > 0 && clock_mono_ms() < until)
		usleep(1000);
	return atomic_load(&running) == 0;
}

void job_free(struct job *j)
{
	if (j)
		let_go(j);
}
