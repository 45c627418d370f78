/* The monitor in this process, with real engines (shell scripts) as children; see monitor_fixture.h. */
#include "config.h"

#include "monitor_fixture.h"

#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/file.h"
#include "lib/mem.h"
#include "monitor/process.h"
#include "store/experiment.h"
#include "store/round.h"
#include "store/run.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

char dir[32];
struct conf conf;
struct monitor m;
struct store *st;
struct err e;

/* What every script begins with. */
#define PROLOGUE \
	"#!/bin/sh\n" \
	"seq=$(($(wc -l <events.jsonl)))\n" \
	"say() { seq=$((seq + 1)); echo \"{\\\"seq\\\":$seq,\\\"time\\\":$(date +%s%3N),$1}\" >>events.jsonl; }\n" \
	"state() { say \"\\\"type\\\":\\\"state\\\",\\\"state\\\":\\\"$1\\\"\"; }\n" \
	"round() { say \"\\\"type\\\":\\\"round_started\\\",\\\"round\\\":$1,\\\"clients\\\":[\\\"a\\\"]\"; " \
	"say \"\\\"type\\\":\\\"round_completed\\\",\\\"round\\\":$1,\\\"accuracy\\\":0.5,\\\"loss\\\":0.5\"; }\n" \
	"exec 3<>control\n"

/* Obeys; a round every 30 ms. */
#define OBEDIENT(rounds) \
	PROLOGUE "state running\nn=0\nwhile [ $n -lt " rounds " ]; do\n" \
	" case $(dd if=control iflag=nonblock bs=4096 count=1 2>/dev/null | tail -n 1) in\n" \
	" *pause*) state paused; read -r line <&3; case $line in *resume*) state running;; *stop*) state stopped; exit 0;; *) state aborted; exit 0;; esac;;\n" \
	" *stop*) state stopped; exit 0;; *abort*) state aborted; exit 0;; esac\n" \
	" n=$((n + 1)); round $n; sleep 0.03\ndone\nstate completed\n"

static const struct {
	const char *name, *script;
} engines[] = {
	{"good", OBEDIENT("30")},
	{"long", OBEDIENT("100")},
	{"quick", PROLOGUE "state running\nround 1\nround 2\nround 3\nstate completed\n"},
	{"dies", PROLOGUE "state running\nround 1\nfor i in 1 2 3 4 5 6; do echo \"line $i\" >&2; done\nprintf 'bad \\377 byte\\n' >&2\nexit 3\n"},
	{"explains", PROLOGUE "state running\nsay '\"type\":\"error\",\"message\":\"The disk is full\"'\nexit 1\n"},
	{"killed", PROLOGUE "state running\nkill -9 $$\n"},
	{"deaf", PROLOGUE "trap '' TERM\nstate running\nround 1\nn=0; while [ $n -lt 300 ]; do n=$((n + 1)); say '\"type\":\"heartbeat\"'; sleep 0.05; done\n"},
	{"mute", PROLOGUE "state running\nround 1\nsleep 30\n"},
	{"lingers", PROLOGUE "state running\nround 1\nstate completed\nsleep 30\n"},
	{"untidy", PROLOGUE "state running\necho 'not json' >>events.jsonl\nround 1\nhead -c 200000 /dev/zero | tr '\\0' x >>events.jsonl\necho >>events.jsonl\n"
			    "echo '{\"seq\":3,\"type\":\"round_started\",\"round\":9}' >>events.jsonl\nround 2\nstate completed\nprintf '{\"seq\":99' >>events.jsonl\n"},
	{"slow_start", PROLOGUE "sleep 0.5\nread -r line <&3\ncase $line in *stop*) state running; state stopped;; *) state running; state aborted;; esac\n"},
	{"many", PROLOGUE "state running\ni=0; while [ $i -lt 1500 ]; do i=$((i + 1)); echo \"{\\\"seq\\\":$((i + 1)),\\\"type\\\":\\\"heartbeat\\\"}\"; done >>events.jsonl\n"
			  "seq=1501\nround 1\nstate completed\n"},
};

void write_file(const char *name, const char *text, mode_t mode)
{
	char *path = file_join(dir, name);

	OK(file_replace(path, text, strlen(text), mode, &e));
	free(path);
}

static void write_engine(const char *name, const char *command, bool remote)
{
	struct buf b = {0}, file = {0};

	buf_addf(&b, "{\"name\":\"%s\",%s%s%s\"members\":{\"rounds\":{\"type\":\"integer\",\"min\":1,\"max\":100,\"default\":30,\"description\":\"\"}}}", name,
		 remote ? "\"remote\":true," : "\"command\":[\"", remote ? "" : command, remote ? "" : "\"],");
	buf_addf(&file, "engines/%s.json", name);
	write_file(buf_str(&file), buf_str(&b), 0600);
	buf_clear(&b);
	buf_clear(&file);
}

void monitor_up(void)
{
	OK(monitor_open(&m, &conf, &e));
}

void setup(void)
{
	char *path, name[64], command[64];
	size_t i;

	snprintf(dir, sizeof(dir), "/tmp/flopynet-test.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	path = file_join(dir, "engines");
	OK(file_make_dirs(path, 0700, &e));
	free(path);
	path = file_join(dir, "scenarios");
	OK(file_make_dirs(path, 0700, &e));
	free(path);
	for (i = 0; i < ARRAY_LEN(engines); i++) {
		snprintf(name, sizeof(name), "engines/%s.sh", engines[i].name);
		write_file(name, engines[i].script, 0700);
		snprintf(command, sizeof(command), "./%s.sh", engines[i].name);
		write_engine(engines[i].name, command, false);
	}
	write_engine("absent", "no-such-program-anywhere", false);
	write_engine("absent_path", "./no-such-program", false);
	write_file("engines/garbage.sh", "\177ELF no program", 0700);
	write_engine("garbage", "./garbage.sh", false);
	write_engine("far", NULL, true);
	write_file("flopynet.conf", "[paths]\nstate = .\nengines = engines\nscenarios = scenarios\n[monitor]\nheartbeat_timeout_s = 1\n", 0600);
	path = file_join(dir, "flopynet.conf");
	OK(conf_load(&conf, path, &e));
	free(path);
	monitor_up();
	OK(store_open(&st, conf.store, STORE_USER, &e));
}

static int remove_one(const char *path, const struct stat *sb, int flag, struct FTW *ftw)
{
	(void)sb;
	(void)flag;
	(void)ftw;
	return remove(path);
}

void turn(void)
{
	m.now_ms = clock_wall_ms();
	m.mono_ms = clock_mono_ms();
	monitor_turn(&m);
	usleep(3000);
}

void teardown(void)
{
	int i;

	/* No engine stays behind. */
	m.phase = MONITOR_ENDING;
	for (i = 0; i < 3000 && !monitor_ended(&m); i++)
		turn();
	monitor_close(&m);
	store_close(st);
	conf_clear(&conf);
	ck_assert_int_eq(nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

int64_t create(const char *engine)
{
	struct experiment x = {
		.name = engine, .scenario = "s", .engine = engine, .configuration = "{\"rounds\":30}", .network_settings = "{\"latency\":\"50ms\"}",
		.policies = "[]", .policy_status = "{}", .tags = "[]", .notes = "", .clients_count = 1, .rounds_total = 30, .created_by = "tester",
		.created_at_ms = clock_wall_ms()};

	OK(store_begin(st, &e));
	OK(experiment_create(st, &x, &e));
	OK(store_commit(st, &e));
	return x.id;
}

int64_t request_at(int64_t id, enum action a, int64_t max, int64_t scheduled_at_ms)
{
	struct command_request q = {.experiment_id = id, .action = a, .actor = "tester", .max_active = max, .scheduling = true, .scheduled_at_ms = scheduled_at_ms};
	enum status status;
	int64_t command;

	OK(store_begin(st, &e));
	OK(command_request(st, &q, clock_wall_ms(), &status, &command, &e));
	OK(store_commit(st, &e));
	return command;
}

int64_t request(int64_t id, enum action a)
{
	return request_at(id, a, 10, 0);
}

int64_t create_and_start(const char *engine)
{
	int64_t id = create(engine);

	request(id, ACTION_START);
	return id;
}

enum status status_of(int64_t id)
{
	struct experiment x;
	enum status s;

	OK(experiment_get(st, id, &x, &e));
	s = x.status;
	experiment_clear(&x);
	return s;
}

int64_t rounds_of(int64_t id)
{
	struct experiment x;
	int64_t n;

	OK(experiment_get(st, id, &x, &e));
	n = x.rounds_completed;
	experiment_clear(&x);
	return n;
}

char *failure_of(int64_t id)
{
	static char text[2000];
	struct experiment x;

	OK(experiment_get(st, id, &x, &e));
	snprintf(text, sizeof(text), "%s", x.failure ? x.failure : "");
	experiment_clear(&x);
	return text;
}

void await(int64_t id, enum status want, int64_t ms)
{
	int64_t until = clock_mono_ms() + ms;

	while (status_of(id) != want && clock_mono_ms() < until)
		turn();
	ck_assert_msg(status_of(id) == want, "exp %d is %s (%s) instead of %s", (int)id, status_name(status_of(id)), failure_of(id), status_name(want));
}

void await_rounds(int64_t id, int64_t n)
{
	int64_t until = clock_mono_ms() + 5000;

	while (rounds_of(id) < n && clock_mono_ms() < until)
		turn();
	ck_assert_int_ge(rounds_of(id), n);
}

void await_run(int64_t id)
{
	int64_t until = clock_mono_ms() + 5000;
	struct run r;

	while (run_get(st, id, &r, &e) == -1) {
		ck_assert_msg(clock_mono_ms() < until, "%s", e.msg);
		turn();
	}
	run_clear(&r);
}

int64_t pid_of(int64_t id)
{
	struct run r;
	int64_t pid;

	OK(run_get(st, id, &r, &e));
	pid = r.pid;
	run_clear(&r);
	return pid;
}

void await_gone(int64_t pid, int64_t ms)
{
	int64_t until = clock_mono_ms() + ms, ticks;

	while (process_start_ticks(pid, &ticks) && clock_mono_ms() < until)
		turn();
	ck_assert(!process_start_ticks(pid, &ticks));
}

/* As if it was killed: nothing is said to anybody.  (The lock goes with the process; here by hand.) */
void monitor_killed(void)
{
	store_rollback(m.store);
	monitor_close(&m);
}

struct order {
	int64_t last;
	bool good;
};

static void check_order(void *arg, const struct round *r)
{
	struct order *o = arg;

	o->good = o->good && r->round == o->last + 1;
	o->last = r->round;
}

void expect_rounds(int64_t id, int64_t n)
{
	struct order o = {.good = true};
	int64_t total;

	OK(round_each(st, id, 0, -1, 0, check_order, &o, &total, &e));
	ck_assert_msg(o.good, "rounds are not 1, 2, 3 …");
	ck_assert_int_eq(o.last, n);
	ck_assert_int_eq(rounds_of(id), n);
}

void expect_command(int64_t id, enum command_status want)
{
	struct command c;

	OK(command_get(st, id, &c, &e));
	ck_assert_msg(c.status == want, "command %s is in status %d (%s)", action_name(c.action), c.status, c.message ? c.message : "");
	command_clear(&c);
}
