/* A monitor in this process, with the engines of monitor_fixture.c: what the tests of it share. */
#ifndef TESTS_MONITOR_FIXTURE_H
#define TESTS_MONITOR_FIXTURE_H

#include "experiment/lifecycle.h"
#include "lib/conf.h"
#include "lib/err.h"
#include "monitor/monitor.h"
#include "store/command.h"
#include "store/store.h"

#include <check.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

extern char dir[32];       /* of this test */
extern struct conf conf;
extern struct monitor m;
extern struct store *st;   /* of the "API" */
extern struct err e;

#define OK(call) ck_assert_msg((call) == 0, "%s: %s", #call, e.msg)

void write_file(const char *name, const char *text, mode_t mode);
void monitor_up(void);
void setup(void);
/* One turn at the time that it is. */
void turn(void);
void teardown(void);
int64_t create(const char *engine);
int64_t request_at(int64_t id, enum action a, int64_t max, int64_t scheduled_at_ms);
int64_t request(int64_t id, enum action a);
int64_t create_and_start(const char *engine);
enum status status_of(int64_t id);
int64_t rounds_of(int64_t id);
char *failure_of(int64_t id);
void await(int64_t id, enum status want, int64_t ms);
void await_rounds(int64_t id, int64_t n);
/* Until the monitor knows of a run of it. */
void await_run(int64_t id);
int64_t pid_of(int64_t id);
void await_gone(int64_t pid, int64_t ms);
/* As if it was killed: nothing is said to anybody.  (The lock goes with the process; here by hand.) */
void monitor_killed(void);
/* Completed rounds are 1 to n, each once. */
void expect_rounds(int64_t id, int64_t n);
void expect_command(int64_t id, enum command_status want);

#endif
