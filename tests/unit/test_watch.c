/* monitor/watch.c: when a check counts. */
#include "config.h"

#include "store_fixture.h"

#include "lib/buf.h"
#include "lib/clock.h"
#include "monitor/watch.h"
#include "store/configuration.h"
#include "store/service.h"

#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct monitor m;

/* A port on which nobody listens. */
static int closed_port(void)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert(fd != -1 && bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0 && getsockname(fd, (struct sockaddr *)&a, &len) == 0);
	close(fd);
	return ntohs(a.sin_port);
}

static void configure(int port)
{
	struct buf b = {0};
	struct config_entry c = {.author = "t", .difference = "[]", .at_ms = 1};

	buf_addf(&b, "{\"services\":{\"gone\":{\"kind\":\"tcp\",\"url\":\"tcp://127.0.0.1:%d\",\"interval_ms\":1000,\"timeout_ms\":500}}}", port);
	c.document = buf_str(&b);
	OK(store_begin(st, &e));
	OK(config_put(st, &c, &e));
	OK(store_commit(st, &e));
	buf_clear(&b);
}

static int64_t failures(void)
{
	struct service s;
	int64_t n;

	if (service_get(st, "gone", &s, &e) == -1)
		return 0;
	n = s.failures;
	service_clear(&s);
	return n;
}

/* A failure on a machine that is always late is asked again, and counts in the end: else the service would be well for ever. */
START_TEST(always_held_up)
{
	int turns;

	memset(&m, 0, sizeof(m));
	m.store = st;
	m.mono_ms = clock_mono_ms();
	m.now_ms = clock_wall_ms();
	m.changed = true;
	settings_read(NULL, &m.settings);
	configure(closed_port());
	OK(part_watch.open(&m, &e));
	for (turns = 0; turns < 200 && failures() == 0; turns++) {
		part_watch.turn(&m);
		m.changed = false;
		m.mono_ms += 300;
		m.now_ms += 300;
		poll(NULL, 0, 2);
	}
	part_watch.close(&m);
	ck_assert_int_lt(turns, 200);
	/* Not at the first. */
	ck_assert_int_gt(turns, 12);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("watch");
	TCase *t = tcase_create("watch");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(t, store_setup, store_teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, always_held_up);
	suite_add_tcase(suite, t);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
