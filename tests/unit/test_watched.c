/* monitor/watched.c and usage.c: what a check and a measurement mean for a service, and what local processes use. */
#include "config.h"

#include "lib/clock.h"
#include "lib/mem.h"
#include "monitor/usage.h"
#include "monitor/watched.h"

#include <arpa/inet.h>
#include <check.h>
#include <math.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static struct watched w;

static void configure(enum probe_kind kind, const char *url, bool by_default)
{
	struct service_config c = {.name = "gpu", .kind = kind, .url = url ? mem_strdup(url) : NULL, .url_by_default = by_default, .enabled = true, .interval_ms = 5000,
				   .timeout_ms = 2000, .failure_threshold = 3, .success_threshold = 2};

	watched_configure(&w, &c, 0, 1000);
}

static void finish(void)
{
	watched_clear(&w);
	memset(&w, 0, sizeof(w));
}

/* One check at a time of its own; gives the issues. */
static const char *conclude(struct probe_result *r, const struct usage_reading *usage, bool metrics, int64_t now_ms)
{
	static const struct usage_reading none = {.cpu_percent = NAN, .memory_mb = NAN};
	enum health_state previous;

	watched_conclude(&w, r, usage ? usage : &none, metrics, now_ms, &previous);
	return buf_str(&w.issues);
}

static struct probe_result well(void)
{
	struct probe_result r;

	probe_result_init(&r);
	r.response_ms = 2;
	probe_version(&r, "1.2");
	probe_number(&r, "queue_size", 5);
	probe_number(&r, "loss", NAN);
	probe_bool(&r, "on", true);
	probe_text(&r, "mode", "fast");
	return r;
}

static struct probe_result failed(void)
{
	struct probe_result r;

	probe_result_init(&r);
	probe_fail(&r, "Connection refused");
	return r;
}

START_TEST(a_life)
{
	struct probe_result r;
	struct service s;
	int i;

	configure(PROBE_HTTP, "http://h:1", false);
	ck_assert_int_eq(w.health.state, HEALTH_UNKNOWN);
	r = well();
	ck_assert_str_eq(conclude(&r, NULL, true, 2000), "[]");
	ck_assert_int_eq(w.health.state, HEALTH_HEALTHY);
	ck_assert_str_eq(buf_str(&w.data), "{\"queue_size\":5,\"loss\":null,\"on\":true,\"mode\":\"fast\"}");
	ck_assert_str_eq(buf_str(&w.sample), "{\"up\":1,\"response_time_ms\":2,\"queue_size\":5,\"on\":1}");

	r = failed();
	ck_assert_str_eq(conclude(&r, NULL, true, 3000), "[\"Connection refused (check failed 1 of 3 times)\"]");
	ck_assert_int_eq(w.health.state, HEALTH_HEALTHY);
	for (i = 0; i < 2; i++) {
		r = failed();
		conclude(&r, NULL, true, 4000 + i);
	}
	ck_assert_int_eq(w.health.state, HEALTH_UNHEALTHY);
	ck_assert_str_eq(buf_str(&w.issues), "[\"Connection refused\"]");
	ck_assert_str_eq(buf_str(&w.sample), "{\"up\":0}");
	/* What was last known stays, with its time. */
	watched_row(&w, 9000, &s);
	ck_assert_str_eq(s.version, "1.2");
	ck_assert_int_eq(s.observed_at_ms, 2000);
	ck_assert_int_eq(s.data_at_ms, 2000);
	ck_assert_int_eq(s.last_check_ms, 4001);
	ck_assert_int_eq(s.failures, 3);
	ck_assert(isnan(s.response_time_ms));

	r = well();
	ck_assert_str_eq(conclude(&r, NULL, true, 5000), "[\"It answers again: 1 of 2 checks\"]");
	r = well();
	ck_assert_str_eq(conclude(&r, NULL, false, 6000), "[]");
	ck_assert_int_eq(w.health.state, HEALTH_HEALTHY);
	/* Metrics are switched off. */
	ck_assert_str_eq(buf_str(&w.data), "{}");
	ck_assert_uint_eq(w.sample.len, 0);

	/* Another address is another service; the same again is not. */
	configure(PROBE_HTTP, "http://h:1", false);
	ck_assert_int_eq(w.health.state, HEALTH_HEALTHY);
	configure(PROBE_HTTP, "http://h:2", false);
	ck_assert_int_eq(w.health.state, HEALTH_UNKNOWN);
	ck_assert_str_eq(w.version, "");
}
END_TEST

START_TEST(by_default)
{
	struct probe_result r = failed();

	configure(PROBE_REDIS, "redis://localhost", true);
	ck_assert_int_eq(w.health.state, HEALTH_NOT_CONFIGURED);
	ck_assert_str_eq(conclude(&r, NULL, true, 2000), "[]");
	r = well();
	r.seen = SEEN_DEGRADED;
	ck_assert_str_eq(conclude(&r, NULL, true, 2000), "[]");
	ck_assert_int_eq(w.health.state, HEALTH_NOT_CONFIGURED);
	ck_assert_str_eq(buf_str(&w.data), "{}");
	ck_assert_str_eq(w.version, "");
	r = well();
	conclude(&r, NULL, true, 2000);
	ck_assert_int_eq(w.health.state, HEALTH_HEALTHY);
	configure(PROBE_REDIS, NULL, false);
	ck_assert_int_eq(w.health.state, HEALTH_NOT_CONFIGURED);
	ck_assert(!watched_is_active(&w));
}
END_TEST

START_TEST(memory)
{
	struct usage_reading usage = {.processes = 2, .cpu_percent = NAN, .memory_mb = 100};
	struct probe_result r = well();

	configure(PROBE_REDIS, "redis://far", false);
	w.config.memory_limit_mb = 512;
	probe_number(&r, "memory_usage", 450);
	ck_assert_str_eq(conclude(&r, NULL, true, 2000), "[\"High memory usage: 88%\"]");
	ck_assert(strstr(buf_str(&w.data), "\"memory_percent\":87.9"));
	ck_assert_int_eq(w.health.state, HEALTH_DEGRADED);
	/* The process table's word goes over its own. */
	r = well();
	probe_number(&r, "memory_usage", 450);
	ck_assert_str_eq(conclude(&r, &usage, true, 3000), "[]");
	ck_assert(strstr(buf_str(&w.data), "\"memory_usage\":100") && strstr(buf_str(&w.data), "\"cpu_usage\":null") && strstr(buf_str(&w.data), "\"memory_percent\":19.5"));
}
END_TEST

START_TEST(processes)
{
	struct usage_reading usage = {.cpu_percent = NAN, .memory_mb = NAN};
	struct probe_result r;

	configure(PROBE_PROCESS, NULL, false);
	w.config.port = 9;
	ck_assert(watched_is_active(&w));
	ck_assert_int_eq(watched_port(&w), 9);
	probe_result_init(&r);
	ck_assert_str_eq(conclude(&r, &usage, true, 2000), "[\"No process listens on port 9 (check failed 1 of 3 times)\"]");
	/* Somebody else's, of whom nothing more may be seen. */
	usage.listens = true;
	probe_result_init(&r);
	ck_assert_str_eq(conclude(&r, &usage, true, 2000), "[]");
	w.config.pid_file = mem_strdup("/nowhere");
	usage.no_file = true;
	probe_result_init(&r);
	ck_assert_str_eq(conclude(&r, &usage, true, 2000), "[\"Its pid file cannot be read or holds no number (check failed 1 of 3 times)\"]");
	usage.no_file = false;
	probe_result_init(&r);
	ck_assert_str_eq(conclude(&r, &usage, true, 2000), "[\"Its pid file names no running process (check failed 2 of 3 times)\"]");
}
END_TEST

START_TEST(stopped)
{
	struct service s = {.target = "fl_server http://h:1", .state = "healthy", .issues = "[]", .data = "{\"training_state\":\"stopped\"}", .data_at_ms = 500, .response_time_ms = 1};
	struct probe_result r;

	configure(PROBE_FL_SERVER, "http://h:1", false);
	watched_restore(&w, &s);
	ck_assert(w.stopped && w.health.state == HEALTH_HEALTHY);
	/* It was not asked: the values stay as they are. */
	probe_result_init(&r);
	r.keep_values = true;
	conclude(&r, NULL, true, 2000);
	ck_assert_str_eq(buf_str(&w.data), "{\"training_state\":\"stopped\"}");
	ck_assert_int_eq(w.data_at_ms, 500);
	ck_assert(w.stopped);
	probe_result_init(&r);
	probe_text(&r, "training_state", "running");
	conclude(&r, NULL, true, 3000);
	ck_assert(!w.stopped);
	probe_result_init(&r);
	r.hung = true;
	probe_degrade(&r, "mute");
	conclude(&r, NULL, true, 4000);
	ck_assert(w.stopped);
	/* Of another target nothing is taken over. */
	configure(PROBE_FL_SERVER, "http://h:2", false);
	watched_restore(&w, &s);
	ck_assert(!w.stopped && w.health.state == HEALTH_UNKNOWN);
}
END_TEST

/* The process table. */

static int listener(int64_t *port)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert(fd != -1 && bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0 && listen(fd, 16) == 0 && getsockname(fd, (struct sockaddr *)&a, &len) == 0);
	*port = ntohs(a.sin_port);
	return fd;
}

static int64_t cpu_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Until a search that begins now has ended. */
static void search(struct usage *u, int64_t now_ms)
{
	int turns = 0;

	while (!usage_is_fresh(u, now_ms) && turns++ < 10000)
		usage_turn(u, now_ms);
	ck_assert_int_lt(turns, 10000);
}

START_TEST(use)
{
	struct usage *u = usage_new();
	struct usage_meter meter = {0};
	struct usage_reading r;
	int64_t port, begun_ms = clock_mono_ms(), begun_cpu_ms, now_ms;
	double percent;
	volatile unsigned busy = 0;
	int fd = listener(&port);

	usage_ports(u, &port, 1);
	ck_assert(!usage_is_fresh(u, begun_ms));
	usage_measure(u, &meter, NULL, port, begun_ms, &r);
	ck_assert(r.processes == 0 && !r.listens);
	search(u, begun_ms);
	usage_measure(u, &meter, NULL, port, begun_ms, &r);
	ck_assert(r.processes == 1 && r.listens && isnan(r.cpu_percent) && r.memory_mb > 1);
	/* However much of a processor a busy machine gives us. */
	for (begun_cpu_ms = cpu_ms(); cpu_ms() < begun_cpu_ms + 300;)
		busy++;
	now_ms = clock_mono_ms();
	usage_measure(u, &meter, NULL, port, now_ms, &r);
	percent = (double)(cpu_ms() - begun_cpu_ms) / (double)(now_ms - begun_ms) * 100;
	ck_assert_msg(r.cpu_percent > percent * 0.7 && r.cpu_percent < percent * 1.4, "%.1f percent, where it is %.1f", r.cpu_percent, percent);
	/* It listens no more; that is seen by a search, not by the last one. */
	close(fd);
	search(u, now_ms + 1);
	usage_measure(u, &meter, NULL, port, now_ms, &r);
	ck_assert(r.processes == 0 && !r.listens && isnan(r.cpu_percent));
	usage_free(u);
}
END_TEST

/* Thousands of connections, as a load test leaves them, hide no listener. */
START_TEST(many_connections)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct usage *u = usage_new();
	struct usage_meter meter = {0};
	struct usage_reading r;
	int64_t port;
	int fd = listener(&port), i, out, in;

	to.sin_port = htons((uint16_t)port);
	for (i = 0; i < 2500; i++) {
		out = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		ck_assert(out != -1 && connect(out, (struct sockaddr *)&to, sizeof(to)) == 0);
		in = accept(fd, NULL, NULL);
		close(out);
		close(in);
	}
	usage_ports(u, &port, 1);
	search(u, clock_mono_ms());
	usage_measure(u, &meter, NULL, port, clock_mono_ms(), &r);
	ck_assert(r.processes == 1 && r.listens);
	close(fd);
	usage_free(u);
}
END_TEST

START_TEST(of_somebody_else)
{
	int64_t port;
	int fd = listener(&port), status;
	pid_t pid;

	if (geteuid() != 0) {
		close(fd);
		return; /* only root can become somebody else */
	}
	pid = fork();
	if (pid == 0) {
		struct usage *u = usage_new();
		struct usage_meter meter = {0};
		struct usage_reading r;

		close(fd);
		if (setgid(65534) != 0 || setuid(65534) != 0)
			_exit(2);
		usage_ports(u, &port, 1);
		while (!usage_is_fresh(u, 5))
			usage_turn(u, 5);
		usage_measure(u, &meter, NULL, port, 5, &r);
		_exit(r.processes == 0 && r.listens ? 0 : 1);
	}
	ck_assert(pid > 0 && waitpid(pid, &status, 0) == pid);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %d", status);
	close(fd);
}
END_TEST

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	ck_assert(f && fputs(text, f) >= 0 && fclose(f) == 0);
}

START_TEST(pid_files)
{
	static const struct {
		const char *text;
		int processes;
		bool no_file;
	} files[] = {{"%d", 1, false}, {"%d\n", 1, false}, {"%d 12345 note\r\n", 1, false}, {"2147483646", 0, false}, {"", 0, true}, {"abc", 0, true}, {"-1", 0, true}, {"0", 0, true},
		     {"99999999999999999999999999999999999999", 0, true}};
	char dir[] = "/tmp/flopynet-test.XXXXXX", path[64], text[64];
	struct usage *u = usage_new();
	struct usage_meter meter = {0};
	struct usage_reading r;
	size_t i;

	ck_assert(mkdtemp(dir) != NULL);
	snprintf(path, sizeof(path), "%s/pid", dir);
	for (i = 0; i < ARRAY_LEN(files); i++) {
		if (strncmp(files[i].text, "%d", 2) == 0)
			snprintf(text, sizeof(text), "%d%s", (int)getpid(), files[i].text + 2);
		else
			snprintf(text, sizeof(text), "%s", files[i].text);
		write_file(path, text);
		usage_measure(u, &meter, path, 0, 1, &r);
		ck_assert_msg(r.processes == files[i].processes && r.no_file == files[i].no_file, "%s: %d processes", text, r.processes);
	}
	ck_assert(unlink(path) == 0);
	usage_measure(u, &meter, path, 0, 1, &r);
	ck_assert(r.processes == 0 && r.no_file);
	/* A pipe that nobody writes to must not hold the loop. */
	ck_assert(mkfifo(path, 0600) == 0);
	usage_measure(u, &meter, path, 0, 1, &r);
	ck_assert(r.processes == 0 && r.no_file);
	ck_assert(unlink(path) == 0 && rmdir(dir) == 0);
	usage_free(u);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("watched");
	TCase *t = tcase_create("watched");
	SRunner *runner;
	int failed_n;

	tcase_add_checked_fixture(t, NULL, finish);
	tcase_add_test(t, a_life);
	tcase_add_test(t, by_default);
	tcase_add_test(t, memory);
	tcase_add_test(t, processes);
	tcase_add_test(t, stopped);
	tcase_add_test(t, use);
	tcase_add_test(t, many_connections);
	tcase_add_test(t, of_somebody_else);
	tcase_add_test(t, pid_files);
	suite_add_tcase(suite, t);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed_n = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed_n != 0;
}
