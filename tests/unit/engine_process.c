/* The engine in a process of its own; see engine_process.h. */
#include "config.h"

#include "engine_process.h"

#include "engine_fixture.h"

#include "engine/run.h"
#include "lib/clock.h"
#include "lib/file.h"

#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE_MS 30000 /* a loaded machine under sanitizers */

void run_make(struct run *r, const char *configuration, const char *network, int threads)
{
	struct buf spec = {0};
	char *data, *fifo;

	memset(r, 0, sizeof(*r));
	r->dir = fixture_dir();
	r->events = file_join(r->dir, "events.jsonl");
	data = file_join(r->dir, "data/mnist");
	fixture_data_set(data, 600, 200);
	buf_addf(&spec, "{\"protocol\":1,\"experiment\":\"exp_001\",\"configuration\":%s,\"network\":%s,\"policies\":[],\"resources\":{\"threads\":%d}}",
	         configuration, network, threads);
	fixture_write(r->dir, "spec.json", spec.data, spec.len);
	fifo = file_join(r->dir, "control");
	ck_assert_int_eq(mkfifo(fifo, 0600), 0);
	r->control = open(fifo, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	ck_assert_int_ge(r->control, 0);
	free(fifo);
	free(data);
	buf_clear(&spec);
}

void run_start(struct run *r)
{
	char *data = file_join(r->dir, "data");

	r->pid = fork();
	ck_assert_int_ge(r->pid, 0);
	if (r->pid == 0)
		_exit(chdir(r->dir) == 0 ? run_main(data) : 99);
	free(data);
}

const char *run_text(struct run *r)
{
	struct err e;

	buf_reset(&r->text);
	file_read(r->events, 1 << 26, &r->text, &e);
	return buf_str(&r->text);
}

int run_count(const char *text, const char *what)
{
	int n = 0;

	for (; (text = strstr(text, what)) != NULL; text++)
		n++;
	return n;
}

void run_await(struct run *r, const char *what, int n)
{
	int64_t end = clock_mono_ms() + PATIENCE_MS;

	while (run_count(run_text(r), what) < n) {
		ck_assert_msg(clock_mono_ms() < end, "no %s in:\n%s", what, buf_str(&r->text));
		usleep(2000);
	}
}

void run_tell(struct run *r, const char *action)
{
	struct buf b = {0};

	buf_addf(&b, "{\"action\":\"%s\"}\n", action);
	ck_assert_int_eq(write(r->control, b.data, b.len), (ssize_t)b.len);
	buf_clear(&b);
}

void run_end(struct run *r, int status, const char *state)
{
	struct buf last = {0};
	const char *line;
	int got = -1;

	ck_assert_int_eq(waitpid(r->pid, &got, 0), r->pid);
	run_text(r);
	ck_assert_msg(WIFEXITED(got) && WEXITSTATUS(got) == status, "status %x:\n%s", (unsigned)got, buf_str(&r->text));
	ck_assert_uint_gt(r->text.len, 1);
	line = memrchr(r->text.data, '\n', r->text.len - 1);
	buf_addf(&last, "\"type\":\"state\",\"state\":\"%s\"", state);
	ck_assert_msg(strstr(line ? line : r->text.data, last.data) != NULL, "not %s:\n%s", state, buf_str(&r->text));
	buf_clear(&last);
}

bool run_has_model(const struct run *r)
{
	char *path = file_join(r->dir, "model.bin");
	bool has = access(path, R_OK) == 0;

	free(path);
	return has;
}

void run_clear(struct run *r)
{
	close(r->control);
	buf_clear(&r->text);
	free(r->events);
	fixture_remove(r->dir);
}
