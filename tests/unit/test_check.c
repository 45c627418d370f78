/* monitor/check.c, lookup.c, job.c: names that are slow, unknown or lead where nobody may call.  This program has a getaddrinfo() of its own, so no name server is asked. */
#include "config.h"

#include "lib/clock.h"
#include "lib/mem.h"
#include "monitor/check.h"
#include "monitor/job.h"

#include <arpa/inet.h>
#include <check.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define SLOW_MS 4000
#define GONE_MS 400

static atomic_int asked, asked_by_driver;

/*
 * The names of this file's world; "slow.test" takes as long as a name server that does not answer, "driver.test" for MongoDB's driver only; "gone.test" is not there, which takes
 * GONE_MS to find out. */
static const struct {
	const char *name, *address;
} names[] = {
	{"here.test", "127.0.0.1"}, {"slow.test", "127.0.0.1"}, {"driver.test", "127.0.0.1"}, {"metadata.test", "169.254.169.254"}, {"group.test", "224.0.0.1"}, {"127.0.0.1", "127.0.0.1"}, {"::1", NULL},
};

struct answer {
	struct addrinfo info;
	struct sockaddr_in address;
};

int getaddrinfo(const char *restrict name, const char *restrict service, const struct addrinfo *restrict hints, struct addrinfo **restrict out)
{
	struct answer *a;
	size_t i;

	if (strcmp(name, "gone.test") == 0 && !(hints->ai_flags & AI_NUMERICHOST)) {
		atomic_fetch_add(&asked, 1);
		usleep(GONE_MS * 1000);
		return EAI_AGAIN;
	}
	for (i = 0; i < ARRAY_LEN(names) && strcasecmp(names[i].name, name) != 0; i++)
		;
	if (i == ARRAY_LEN(names) || !names[i].address || (hints->ai_flags & AI_NUMERICHOST && strcmp(names[i].name, names[i].address) != 0))
		return EAI_NONAME;
	if (!(hints->ai_flags & AI_NUMERICHOST))
		atomic_fetch_add(&asked, 1);
	if (strcmp(name, "driver.test") == 0 && service)
		atomic_fetch_add(&asked_by_driver, 1);
	if (strcmp(name, "slow.test") == 0 || (strcmp(name, "driver.test") == 0 && service))
		usleep(SLOW_MS * 1000);
	a = mem_alloc(sizeof(*a));
	a->address.sin_family = AF_INET;
	a->address.sin_port = htons((uint16_t)(service ? strtol(service, NULL, 10) : 0));
	inet_pton(AF_INET, names[i].address, &a->address.sin_addr);
	a->info = (struct addrinfo){.ai_family = AF_INET, .ai_socktype = SOCK_STREAM, .ai_addrlen = sizeof(a->address), .ai_addr = (struct sockaddr *)&a->address};
	*out = &a->info;
	return 0;
}

void freeaddrinfo(struct addrinfo *info)
{
	free(info);
}

static struct net *net;

static void begin(void)
{
	struct err e;

	ck_assert_msg(net_open(&net, &e) == 0, "%s", e.msg);
}

static void finish(void)
{
	net_close(net);
}

/* Somebody who accepts and says nothing; returns the port. */
static int listener(int *port)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert(fd != -1 && bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0 && listen(fd, 16) == 0 && getsockname(fd, (struct sockaddr *)&a, &len) == 0);
	*port = ntohs(a.sin_port);
	return fd;
}

struct target {
	struct service_config config;
	struct lookup lookup;
	char url[64];
	struct check *check;
	int64_t took_ms;
};

static void aim(struct target *t, enum probe_kind kind, const char *url, int64_t timeout_ms)
{
	memset(t, 0, sizeof(*t));
	snprintf(t->url, sizeof(t->url), "%s", url);
	t->config = (struct service_config){.kind = kind, .url = t->url, .timeout_ms = timeout_ms};
}

static void launch(struct target *t)
{
	struct probe_context c = {0};

	t->check = check_new(net, &t->config, &t->lookup, &c, clock_mono_ms());
}

/* Turns the loop until all have ended. */
static void run(struct target *t, size_t n)
{
	int64_t begun_ms = clock_mono_ms();
	size_t i, left = n;

	for (i = 0; i < n; i++) {
		launch(&t[i]);
		t[i].took_ms = -1;
	}
	while (left) {
		struct pollfd p = {.fd = net_fd(net), .events = POLLIN};

		poll(&p, 1, 5);
		net_turn(net, clock_mono_ms());
		for (i = 0; i < n; i++)
			if (t[i].took_ms == -1 && check_turn(t[i].check, clock_mono_ms())) {
				t[i].took_ms = clock_mono_ms() - begun_ms;
				left--;
			}
		ck_assert_msg(clock_mono_ms() - begun_ms < 60000, "a check does not end");
	}
}

static const char *issue(const struct target *t)
{
	return t->check->result.issues_n ? t->check->result.issues[0] : "";
}

static void clear(struct target *t, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		check_free(t[i].check);
		lookup_clear(&t[i].lookup);
	}
}

START_TEST(slow_name)
{
	struct target t[4];
	char url[64];
	int port, fd = listener(&port), before = atomic_load(&asked);
	int64_t begun_ms;

	snprintf(url, sizeof(url), "tcp://here.test:%d", port);
	aim(&t[0], PROBE_HTTP, "http://slow.test:1/", 200);
	aim(&t[1], PROBE_TCP, url, 3000);
	aim(&t[2], PROBE_REDIS, "redis://slow.test", 200);
	aim(&t[3], PROBE_HTTP, "http://no-such.test/", 3000);
	run(t, 4);
	ck_assert_str_eq(issue(&t[0]), "Name lookup failed: no answer within 200 ms");
	ck_assert_str_eq(issue(&t[2]), "Name lookup failed: no answer within 200 ms");
	ck_assert_int_eq(t[0].check->result.seen, SEEN_FAILED);
	ck_assert_int_eq(t[1].check->result.seen, SEEN_WELL);
	ck_assert(t[1].check->result.response_ms >= 0);
	ck_assert(strncmp(issue(&t[3]), "Name lookup failed: ", 20) == 0);
	ck_assert_msg(t[1].took_ms < SLOW_MS / 2, "the other took %d ms", (int)t[1].took_ms);
	ck_assert_msg(t[0].took_ms < SLOW_MS / 2, "the time limit took %d ms", (int)t[0].took_ms);

	/* Asked again before the name server has answered: the same lookup is waited for. */
	check_free(t[0].check);
	run(&t[0], 1);
	ck_assert_int_eq(t[0].check->result.seen, SEEN_FAILED);
	ck_assert_int_eq(atomic_load(&asked) - before, 3);

	/* The process's end does not wait for it, either. */
	begun_ms = clock_mono_ms();
	ck_assert(!jobs_settle(100));
	ck_assert_int_lt(clock_mono_ms() - begun_ms, SLOW_MS / 2);
	clear(t, 4);
	ck_assert(jobs_settle(30000));
	close(fd);
}
END_TEST

START_TEST(forbidden)
{
	static const struct {
		enum probe_kind kind;
		const char *url;
	} where[] = {
		{PROBE_HTTP, "http://metadata.test/"}, {PROBE_TCP, "tcp://group.test:1"}, {PROBE_REDIS, "redis://metadata.test"}, {PROBE_COLLECTOR, "https://metadata.test"},
#ifdef HAVE_MONGOC
		{PROBE_MONGODB, "mongodb://metadata.test"},
#endif
	};
	struct target t[ARRAY_LEN(where)];
	size_t i;

	for (i = 0; i < ARRAY_LEN(where); i++)
		aim(&t[i], where[i].kind, where[i].url, 10000);
	run(t, ARRAY_LEN(where));
	for (i = 0; i < ARRAY_LEN(where); i++) {
		ck_assert_int_eq(t[i].check->result.seen, SEEN_FAILED);
		ck_assert_str_eq(issue(&t[i]), "Its name leads to an address that is never called (link-local, multicast or broadcast)");
	}
	clear(t, ARRAY_LEN(where));
	jobs_settle(10000);
}
END_TEST

/* What a lookup found after its check had given up is old news when the next check begins. */
START_TEST(late_failure)
{
	int before = atomic_load(&asked);
	struct target t;

	aim(&t, PROBE_TCP, "tcp://gone.test:1", 100);
	run(&t, 1);
	ck_assert_str_eq(issue(&t), "Name lookup failed: no answer within 100 ms");
	check_free(t.check);
	ck_assert(jobs_settle(30000));
	run(&t, 1);
	ck_assert_str_eq(issue(&t), "Name lookup failed: no answer within 100 ms");
	ck_assert_int_eq(atomic_load(&asked) - before, 2);
	clear(&t, 1);
	ck_assert(jobs_settle(30000));
}
END_TEST

#ifdef HAVE_MONGOC
/* The same of a whole check: it was mute then, and refuses connections now. */
START_TEST(late_answer)
{
	struct target t;
	char url[64];
	int port, fd = listener(&port);

	snprintf(url, sizeof(url), "mongodb://here.test:%d", port);
	aim(&t, PROBE_MONGODB, url, 100);
	/* A check that has given up, and whose driver has come to its end since. */
	launch(&t);
	t.check->deadline_mono_ms += 30000;
	while (!t.check->own)
		ck_assert(!check_turn(t.check, clock_mono_ms()));
	check_free(t.check);
	ck_assert(jobs_settle(30000));
	close(fd);
	t.config.timeout_ms = 10000;
	run(&t, 1);
	ck_assert_str_eq(issue(&t), "Connection refused");
	clear(&t, 1);
	ck_assert(jobs_settle(30000));
}
END_TEST

/* Its driver blocks for longer than a check may take; the checks after that wait for the same one. */
START_TEST(one_driver)
{
	struct target t;
	int i;

	aim(&t, PROBE_MONGODB, "mongodb://driver.test:1", 100);
	for (i = 0; i < 8; i++) {
		run(&t, 1);
		ck_assert_str_eq(issue(&t), "No answer within 100 ms");
		check_free(t.check);
		t.check = NULL;
	}
	ck_assert_int_eq(atomic_load(&asked_by_driver), 1);
	t.config.timeout_ms = 3 * SLOW_MS;
	run(&t, 1);
	ck_assert_str_eq(issue(&t), "Connection refused");
	ck_assert_int_eq(atomic_load(&asked_by_driver), 1);
	clear(&t, 1);
	ck_assert(jobs_settle(30000));
}
END_TEST
#endif

/* More lookups at once than there may be threads: the rest wait their turn, and their time. */
START_TEST(many)
{
	enum { N = JOBS_MAX + 8 };
	static struct target t[N];
	int before = atomic_load(&asked);
	size_t i;

	for (i = 0; i < N; i++)
		aim(&t[i], PROBE_TCP, "tcp://slow.test:1", 300);
	run(t, N);
	for (i = 0; i < N; i++)
		ck_assert_int_eq(t[i].check->result.seen, SEEN_FAILED);
	ck_assert_int_le(atomic_load(&asked) - before, JOBS_MAX);
	clear(t, N);
	ck_assert(jobs_settle(60000));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("check");
	TCase *t = tcase_create("check");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(t, begin, finish);
	tcase_set_timeout(t, 90);
	tcase_add_test(t, slow_name);
	tcase_add_test(t, forbidden);
	tcase_add_test(t, many);
	tcase_add_test(t, late_failure);
#ifdef HAVE_MONGOC
	tcase_add_test(t, late_answer);
	tcase_add_test(t, one_driver);
#endif
	suite_add_tcase(suite, t);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
