/*
 * Work that blocks (a name lookup, a database driver) in a thread of its own, so that the loop never does.  Who started a job may lose interest at any time: the thread then goes on
 * to its end alone and releases what it worked on.  At most JOBS_MAX run at once, so that a name server which answers nobody costs a bounded number of threads.
 */
#ifndef MONITOR_JOB_H
#define MONITOR_JOB_H

#include <stdbool.h>
#include <stdint.h>

#define JOBS_MAX 64

struct job;

/*
 * Run run(data) in a thread; when it has ended a byte is written to wake_fd (an eventfd, which must live as long as the process).  release(data) is called exactly once, when both
 * sides have let go.  NULL when too many run already or no thread can be had: data is then still the caller's.
 */
struct job *job_start(void (*run)(void *data), void (*release)(void *data), void *data, int wake_fd);
bool job_done(const struct job *j);
/* Only after job_done(); borrowed. */
void *job_data(const struct job *j);
/* At the process's end: wait for all of them.  False when some still run after wait_ms; then exit() would take from under them what the libraries they use clean up there. */
bool jobs_settle(int64_t wait_ms);
/* Done or not; NULL is fine. */
void job_free(struct job *j);

#endif
