/* Run directories; see run_dir.h. */
#include "config.h"

#include "monitor/run_dir.h"

#include "experiment/network.h"
#include "lib/file.h"
#include "lib/json_in.h"
#include "lib/json_out.h"
#include "lib/log.h"
#include "lib/mem.h"
#include "lib/text.h"
#include "platform/settings.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

void run_dir_note(const struct experiment *x, char out[RUN_DIR_NOTE_MAX])
{
	struct buf boot = {0};

	/* Process numbers and start times begin anew with the machine. */
	if (file_read("/proc/sys/kernel/random/boot_id", 64, &boot, NULL) == -1)
		buf_reset(&boot);
	snprintf(out, RUN_DIR_NOTE_MAX, "%" PRId64 " %.*s", x->created_at_ms, (int)strcspn(buf_str(&boot), "\n"), buf_str(&boot));
	buf_clear(&boot);
}

static int64_t size_of(const char *dir, const char *name)
{
	char *path = file_join(dir, name);
	struct stat sb;
	int64_t n = stat(path, &sb) == 0 ? sb.st_size : -1;

	free(path);
	return n;
}

/* What engine.pid says: the created time decides whose it is, the boot whether the process can be there still. */
static enum run_dir_state read_note(char *text, const char *note, struct process *p)
{
	const char *space = strchr(note, ' ');
	size_t created = (size_t)(space - note);
	char *rest, *end;

	p->pid = strtoll(text, &rest, 10);
	p->start_ticks = strtoll(rest, &end, 10);
	if (p->pid <= 1 || p->start_ticks <= 0 || *end != ' ')
		return RUN_DIR_EMPTY;
	end++;
	end[strcspn(end, "\n")] = '\0';
	if (strcmp(strchr(end, ' ') ? strchr(end, ' ') : "", space) != 0)
		p->pid = 0;
	return strncmp(end, note, created + 1) == 0 ? RUN_DIR_STARTED : RUN_DIR_FOREIGN;
}

enum run_dir_state run_dir_look(const char *dir, const char *note, struct process *p)
{
	char *path = file_join(dir, "engine.pid"), text[200];
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	enum run_dir_state state = RUN_DIR_EMPTY;
	ssize_t n = 0;

	p->pid = p->start_ticks = 0;
	free(path);
	if (fd == -1)
		return RUN_DIR_EMPTY;
	if (flock(fd, LOCK_EX | LOCK_NB) == -1) {
		close(fd);
		return RUN_DIR_BUSY;
	}
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n > 0) {
		text[n] = '\0';
		state = read_note(text, note, p);
	}
	/* An engine that is gone and never said a word may as well be started again. */
	if (state == RUN_DIR_STARTED && size_of(dir, "events.jsonl") <= 0) {
		int64_t ticks;

		if (!p->pid || !process_start_ticks(p->pid, &ticks) || ticks != p->start_ticks)
			state = RUN_DIR_EMPTY;
	}
	return state;
}

/* Never deletes: a run's files may be all that is left of a store that was lost. */
static int move_aside(const char *dir, int64_t now_ms, struct err *e)
{
	struct buf to = {0};
	int rc = 0;

	buf_addf(&to, "%s.before-%" PRId64, dir, now_ms);
	if (rename(dir, buf_str(&to)) == 0)
		log_warning("a run directory was there already and was moved to=%s", buf_str(&to));
	else if (errno != ENOENT)
		rc = err_set(e, ERR_INTERNAL, "cannot move %s out of the way: %s", dir, strerror(errno));
	buf_clear(&to);
	return rc;
}

static int make_file(const char *dir, const char *name, int *fd, struct err *e)
{
	char *path = file_join(dir, name);

	*fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (*fd == -1)
		err_set(e, errno == ENOSPC ? ERR_FULL : ERR_INTERNAL, "cannot make %s: %s", path, strerror(errno));
	free(path);
	return *fd == -1 ? -1 : 0;
}

/* Written in place: a directory whose making was cut short is made anew, so nobody reads half of it. */
static int write_spec(const char *dir, const struct buf *spec, struct err *e)
{
	ssize_t n;
	int fd;

	if (make_file(dir, "spec.json", &fd, e) == -1)
		return -1;
	n = write(fd, buf_str(spec), spec->len);
	close(fd);
	return n == (ssize_t)spec->len ? 0 : err_set(e, ERR_FULL, "cannot write %s/spec.json: no space left", dir);
}

/* engine.pid is the last: without it nothing was started here. */
static int make_content(const char *dir, const struct buf *spec, bool fifo, int *pid_fd, struct err *e)
{
	char *control = file_join(dir, "control");
	int events = -1, rc = -1;

	if (write_spec(dir, spec, e) == -1)
		goto out;
	if (fifo && mkfifo(control, 0600) == -1) {
		err_set(e, errno == ENOSPC ? ERR_FULL : ERR_INTERNAL, "cannot make %s: %s", control, strerror(errno));
		goto out;
	}
	if (make_file(dir, "events.jsonl", &events, e) == -1 || make_file(dir, "engine.pid", pid_fd, e) == -1)
		goto out;
	if (flock(*pid_fd, LOCK_EX | LOCK_NB) == -1) {
		err_set(e, ERR_UNAVAILABLE, "engine.pid is locked");
		goto out;
	}
	rc = 0;
out:
	if (events != -1)
		close(events);
	free(control);
	return rc;
}

int run_dir_make(const char *dir, const struct buf *spec, bool fifo, int64_t now_ms, int *pid_fd, struct err *e)
{
	*pid_fd = -1;
	/* What an attempt that was cut short has left is no loss. */
	if (size_of(dir, "events.jsonl") > 0) {
		if (move_aside(dir, now_ms, e) == -1)
			return -1;
	} else {
		static const char *const names[] = {"spec.json", "control", "events.jsonl", "engine.pid", "stderr.log"};
		size_t i;

		for (i = 0; i < ARRAY_LEN(names); i++) {
			char *path = file_join(dir, names[i]);

			unlink(path);
			free(path);
		}
		if (rmdir(dir) == -1 && errno != ENOENT && move_aside(dir, now_ms, e) == -1)
			return -1;
	}
	if (file_make_dirs(dir, 0700, e) == -1)
		return -1;
	if (make_content(dir, spec, fifo, pid_fd, e) == 0)
		return 0;
	if (*pid_fd != -1)
		close(*pid_fd);
	*pid_fd = -1;
	return -1;
}

/* Where FLOPY-NET's own services are, for engines that are a way to one of them; no name, password or token. */
static void put_services(struct json_out *j, const char *document)
{
	static const char *const names[] = {"fl_server", "policy_engine", "collector"};
	struct service_config *all;
	size_t n, i, k;

	settings_services(document, &all, &n);
	json_object_begin(j, "services");
	for (i = 0; i < n; i++) {
		for (k = 0; k < ARRAY_LEN(names) && strcmp(names[k], all[i].name) != 0; k++)
			;
		if (k == ARRAY_LEN(names) || !all[i].url || !all[i].enabled)
			continue;
		json_object_begin(j, names[k]);
		json_put_string(j, "url", all[i].url);
		json_object_end(j);
	}
	json_object_end(j);
	settings_services_free(all, n);
}

void run_dir_spec(const struct experiment *x, const char *document, int64_t threads, struct buf *out)
{
	struct json_object *settings = NULL;
	struct network network;
	struct json_out j;
	struct err ignored;
	char id[TEXT_ID_MAX];

	/* Checked when it was stored; what cannot be read any more counts as not given. */
	err_clear(&ignored);
	json_in_parse_object(x->network_settings, strlen(x->network_settings), &settings, NULL);
	network_parse(settings, &network, &ignored);
	json_object_put(settings);
	json_out_init(&j, out);
	json_object_begin(&j, NULL);
	json_put_i64(&j, "protocol", 1);
	json_put_string(&j, "experiment", text_from_id(EXPERIMENT_ID_PREFIX, x->id, id));
	json_put_string(&j, "name", x->name);
	json_put_string(&j, "scenario", x->scenario);
	json_put_raw(&j, "configuration", x->configuration);
	network_write(&network, &j);
	json_put_raw(&j, "policies", x->policies);
	put_services(&j, document);
	json_object_begin(&j, "resources");
	json_put_i64(&j, "threads", threads);
	json_object_end(&j);
	json_object_end(&j);
	buf_addc(out, '\n');
}

/* Bytes that no JSON text or terminal should see become '?'. */
static void add_clean(struct buf *out, const char *text, size_t n)
{
	size_t i, k;

	for (i = 0; i < n; i += k) {
		unsigned char c = (unsigned char)text[i];

		k = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : c >= 0xc0 ? 2 : 1;
		if ((c >= 0x20 && c != 0x7f && i + k <= n && text_utf8_valid(text + i, k)) || c == '\n' || c == '\t') {
			buf_add(out, text + i, k);
		} else {
			buf_addc(out, '?');
			k = 1;
		}
	}
}

void run_dir_last_words(const char *dir, struct buf *out)
{
	char *path = file_join(dir, "stderr.log"), text[4096];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK), lines = 0;
	off_t size = fd == -1 ? 0 : lseek(fd, 0, SEEK_END);
	ssize_t n = fd == -1 ? 0 : pread(fd, text, sizeof(text), size > (off_t)sizeof(text) ? size - (off_t)sizeof(text) : 0);
	size_t from, end;

	if (fd != -1)
		close(fd);
	free(path);
	for (end = n > 0 ? (size_t)n : 0; end > 0 && text[end - 1] == '\n'; end--)
		;
	for (from = end; from > 0 && end - from < RUN_DIR_WORDS_MAX; from--)
		if (text[from - 1] == '\n' && ++lines == RUN_DIR_WORDS_LINES)
			break;
	add_clean(out, text + from, end - from);
}

static const char dropped[] = "(earlier lines were dropped: this log had grown over 16 MiB)\n";

void run_dir_bound_log(const char *dir)
{
	char *path = file_join(dir, "stderr.log"), *text;
	int fd = open(path, O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	const char *line;
	struct stat sb;
	ssize_t n;

	free(path);
	if (fd == -1)
		return;
	if (fstat(fd, &sb) == 0 && S_ISREG(sb.st_mode) && sb.st_size > RUN_DIR_LOG_MAX) {
		text = mem_alloc(RUN_DIR_LOG_KEPT);
		n = pread(fd, text, RUN_DIR_LOG_KEPT, sb.st_size - RUN_DIR_LOG_KEPT);
		line = n > 0 ? memchr(text, '\n', (size_t)n) : NULL;
		line = line ? line + 1 : text;
		if (n > 0 && ftruncate(fd, 0) == 0 &&
		    (write(fd, dropped, sizeof(dropped) - 1) == -1 || write(fd, line, (size_t)(text + n - line)) == -1))
			log_warning("a log cannot be cut down: %s", strerror(errno));
		free(text);
	}
	close(fd);
}
