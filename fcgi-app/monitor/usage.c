/* The process table; see usage.h. */
#include "config.h"

#include "monitor/usage.h"

#include "lib/buf.h"
#include "lib/file.h"
#include "lib/mem.h"
#include "lib/text.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SEARCH_EVERY_MS 10000
#define SLICE_MS 20
#define SLICE_PROCESSES 32 /* some 20 µs each with few descriptors, 1 ms with a thousand */
#define TABLE_MAX (256 * 1024) /* read of the table of connections: its listeners, 1,700 of them, come first; a busy machine has megabytes of others */
#define DESCRIPTORS_MAX 4096 /* of one process */

struct holder {
	int64_t port;
	int64_t pid; /* SOMEBODY: there is a listener */
};

#define SOMEBODY 0

struct socket_inode {
	uint64_t inode;
	int64_t port;
};

struct holders {
	struct holder *list;
	size_t n, cap;
};

struct usage {
	int64_t *ports;
	size_t ports_n;
	struct holders found, finding; /* port 0: a program of ours */
	struct socket_inode *sockets;
	size_t sockets_n, sockets_cap;
	DIR *proc;                     /* a search is under way */
	int64_t next_search_ms, begun_ms, searched_ms; /* the next one; this one; the last that came to its end: when it began, -1 for none */
	char own_args[512];            /* what follows our name on our command line */
	double ticks_per_s, page_mb;
};

struct process_row {
	char name[32];
	int64_t parent;
	uint64_t ticks, start;
	int64_t pages;
};

/* /proc/PID/stat; the name may hold spaces and brackets, so fields are counted from the last ')'. */
static bool read_process(int64_t pid, struct process_row *p)
{
	char path[64];
	struct buf b = {0};
	const char *open, *close;
	uint64_t user, sys;
	size_t n;
	bool ok = false;

	snprintf(path, sizeof(path), "/proc/%" PRId64 "/stat", pid);
	if (file_read(path, 4096, &b, NULL) == 0 && (open = strchr(b.data, '(')) && (close = strrchr(b.data, ')')) && close > open) {
		n = (size_t)(close - open - 1);
		n = n < sizeof(p->name) ? n : sizeof(p->name) - 1;
		memcpy(p->name, open + 1, n);
		p->name[n] = '\0';
		ok = sscanf(close + 1, " %*c %" SCNd64 " %*d %*d %*d %*d %*u %*u %*u %*u %*u %" SCNu64 " %" SCNu64 " %*d %*d %*d %*d %*d %*d %" SCNu64 " %*u %" SCNd64, &p->parent,
			    &user, &sys, &p->start, &p->pages) == 5;
		p->ticks = user + sys;
	}
	buf_clear(&b);
	return ok;
}

/* Arguments after the program's name: those of our programs are "-c CONF". */
static void read_args(const char *pid, char *out, size_t size)
{
	struct buf b = {0}, path = {0};
	size_t name;

	out[0] = '\0';
	buf_addf(&path, "/proc/%s/cmdline", pid);
	if (file_read(path.data, 4096, &b, NULL) == 0 && b.len > 0 && (name = strlen(b.data) + 1) < b.len) {
		size_t i;

		for (i = 0; i + 1 < size && name + i < b.len; i++)
			out[i] = b.data[name + i] ? b.data[name + i] : ' ';
		out[i] = '\0';
	}
	buf_clear(&path);
	buf_clear(&b);
}

struct usage *usage_new(void)
{
	struct usage *u = mem_alloc(sizeof(*u));

	u->ticks_per_s = (double)sysconf(_SC_CLK_TCK);
	u->searched_ms = -1;
	u->page_mb = (double)sysconf(_SC_PAGESIZE) / 1e6;
	read_args("self", u->own_args, sizeof(u->own_args));
	return u;
}

static void end_search(struct usage *u)
{
	if (u->proc)
		closedir(u->proc);
	u->proc = NULL;
}

void usage_free(struct usage *u)
{
	if (!u)
		return;
	end_search(u);
	free(u->ports);
	free(u->found.list);
	free(u->finding.list);
	free(u->sockets);
	free(u);
}

void usage_ports(struct usage *u, const int64_t *ports, int n)
{
	free(u->ports);
	u->ports = mem_array((size_t)n + 1, sizeof(*u->ports));
	u->ports_n = (size_t)n;
	memcpy(u->ports, ports, (size_t)n * sizeof(*ports));
	end_search(u);
	u->next_search_ms = 0;
	u->searched_ms = -1;
}

bool usage_is_fresh(struct usage *u, int64_t since_mono_ms)
{
	if (u->searched_ms >= since_mono_ms)
		return true;
	u->next_search_ms = 0;
	return false;
}

static bool wanted(const struct usage *u, int64_t port)
{
	size_t i;

	for (i = 0; i < u->ports_n; i++)
		if (u->ports[i] == port)
			return true;
	return false;
}

static void add_socket(struct usage *u, uint64_t inode, int64_t port)
{
	if (u->sockets_n == u->sockets_cap) {
		u->sockets_cap = u->sockets_cap ? 2 * u->sockets_cap : 16;
		u->sockets = mem_resize(u->sockets, u->sockets_cap * sizeof(*u->sockets));
	}
	u->sockets[u->sockets_n++] = (struct socket_inode){.inode = inode, .port = port};
}

/* Lines "N: LOCAL:PORT REMOTE:PORT STATE … INODE"; state 0A listens. */
static void read_listeners(struct usage *u, const char *path)
{
	struct buf b = {0};
	char *line, *save = NULL;
	unsigned port, state;
	uint64_t inode;

	/* Of a longer one the beginning is enough, but for the line that was cut. */
	if (file_read(path, TABLE_MAX, &b, NULL) == -1 && b.len && (line = strrchr(b.data, '\n')))
		*line = '\0';
	if (b.len)
		for (line = strtok_r(b.data, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
			if (sscanf(line, " %*d: %*[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%*x %x %*s %*s %*s %*s %*s %" SCNu64, &port, &state, &inode) == 3 && state == 0x0a &&
			    wanted(u, port))
				add_socket(u, inode, port);
	buf_clear(&b);
}

static void hold(struct holders *h, int64_t port, int64_t pid)
{
	size_t i;

	for (i = h->n; i-- > 0 && h->list[i].pid == pid;)
		if (h->list[i].port == port)
			return;
	if (h->n == h->cap) {
		h->cap = h->cap ? 2 * h->cap : 16;
		h->list = mem_resize(h->list, h->cap * sizeof(*h->list));
	}
	h->list[h->n++] = (struct holder){.port = port, .pid = pid};
}

static void match_descriptor(struct usage *u, int64_t pid, const char *target)
{
	uint64_t inode;
	size_t i;

	if (sscanf(target, "socket:[%" SCNu64 "]", &inode) != 1)
		return;
	for (i = 0; i < u->sockets_n; i++)
		if (u->sockets[i].inode == inode)
			hold(&u->finding, u->sockets[i].port, pid);
}

static void look_at_descriptors(struct usage *u, const char *pid)
{
	char path[sizeof("/proc//fd") + 32], target[64];
	struct dirent *entry;
	int seen = 0;
	int64_t number;
	ssize_t n;
	DIR *dir;

	if (u->sockets_n == 0 || !text_to_i64(pid, &number))
		return;
	snprintf(path, sizeof(path), "/proc/%.20s/fd", pid);
	dir = opendir(path);
	if (!dir)
		return;
	while (seen++ < DESCRIPTORS_MAX && (entry = readdir(dir))) {
		n = readlinkat(dirfd(dir), entry->d_name, target, sizeof(target) - 1);
		if (n <= 0)
			continue;
		target[n] = '\0';
		match_descriptor(u, number, target);
	}
	closedir(dir);
}

static bool forwards(const char *name)
{
	static const char *const names[] = {"docker-proxy", "rootlesskit", "rootlessport", "slirp4netns", "pasta", "ssh", "sshd", "systemd", "kubectl", "socat", "haproxy"};
	size_t i;

	for (i = 0; i < ARRAY_LEN(names); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

static void look_at_process(struct usage *u, const char *pid)
{
	struct process_row p;
	char args[sizeof(u->own_args)];
	int64_t number;

	if (!text_to_i64(pid, &number) || !read_process(number, &p))
		return;
	if (p.parent == getpid() || number == getpid()) {
		hold(&u->finding, 0, number);
	} else if (strncmp(p.name, "flopynet-", 9) == 0) {
		read_args(pid, args, sizeof(args));
		if (strcmp(args, u->own_args) == 0)
			hold(&u->finding, 0, number);
	}
	if (!forwards(p.name))
		look_at_descriptors(u, pid);
}

static void begin_search(struct usage *u, int64_t mono_ms)
{
	size_t i;

	u->begun_ms = mono_ms;
	u->next_search_ms = mono_ms + SEARCH_EVERY_MS;
	u->finding.n = u->sockets_n = 0;
	if (u->ports_n > 0) {
		read_listeners(u, "/proc/net/tcp");
		read_listeners(u, "/proc/net/tcp6");
	}
	for (i = 0; i < u->sockets_n; i++)
		hold(&u->finding, u->sockets[i].port, SOMEBODY);
	u->proc = opendir("/proc");
}

int64_t usage_turn(struct usage *u, int64_t mono_ms)
{
	struct dirent *entry = NULL;
	struct holders swap;
	int looked = 0;

	if (!u->proc && mono_ms < u->next_search_ms)
		return u->next_search_ms;
	if (!u->proc)
		begin_search(u, mono_ms);
	while (u->proc && looked < SLICE_PROCESSES && (entry = readdir(u->proc))) {
		if (isdigit((unsigned char)entry->d_name[0])) {
			look_at_process(u, entry->d_name);
			looked++;
		}
	}
	if (u->proc && entry)
		return mono_ms + SLICE_MS;
	end_search(u);
	u->searched_ms = u->begun_ms;
	swap = u->found;
	u->found = u->finding;
	u->finding = swap;
	return u->next_search_ms;
}

static void measure(struct usage *u, struct usage_meter *m, const int64_t *pids, int n, int64_t mono_ms, struct usage_reading *out)
{
	struct usage_meter now = {.mono_ms = mono_ms};
	struct process_row p;
	double pages = 0;
	int i;

	*out = (struct usage_reading){.cpu_percent = NAN, .memory_mb = NAN};
	for (i = 0; i < n; i++) {
		uint64_t who[2];

		if (!read_process(pids[i], &p))
			continue;
		who[0] = (uint64_t)pids[i];
		who[1] = p.start;
		now.members += text_hash(who, sizeof(who)); /* in any order */
		now.ticks += p.ticks;
		pages += (double)p.pages;
		out->processes++;
	}
	if (out->processes == 0) {
		memset(m, 0, sizeof(*m));
		return;
	}
	out->memory_mb = pages * u->page_mb;
	if (m->members == now.members && mono_ms > m->mono_ms && now.ticks >= m->ticks)
		out->cpu_percent = (double)(now.ticks - m->ticks) / u->ticks_per_s / ((double)(mono_ms - m->mono_ms) / 1000) * 100;
	*m = now;
}

static int pids_of(const struct usage *u, int64_t port, int64_t *pids)
{
	int n = 0;
	size_t i;

	for (i = 0; i < u->found.n && n < USAGE_PIDS_MAX; i++)
		if (u->found.list[i].port == port && u->found.list[i].pid != SOMEBODY)
			pids[n++] = u->found.list[i].pid;
	return n;
}

static bool listens(const struct usage *u, int64_t port)
{
	size_t i;

	for (i = 0; i < u->found.n; i++)
		if (u->found.list[i].port == port && u->found.list[i].pid == SOMEBODY)
			return true;
	return false;
}

/* Whatever somebody has put there: a pipe must not hold the loop. */
static int pid_in_file(const char *path, int64_t *pid)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char text[32];
	ssize_t n = fd == -1 ? -1 : read(fd, text, sizeof(text) - 1);

	if (fd != -1)
		close(fd);
	if (n <= 0)
		return 0;
	text[n] = '\0';
	text[strcspn(text, " \t\r\n")] = '\0';
	return text_to_i64(text, pid) && *pid > 0;
}

void usage_measure(struct usage *u, struct usage_meter *m, const char *pid_file, int64_t port, int64_t mono_ms, struct usage_reading *out)
{
	int64_t pids[USAGE_PIDS_MAX] = {0};
	int n = 0;

	if (pid_file)
		n = pid_in_file(pid_file, pids);
	else if (port > 0)
		n = pids_of(u, port, pids);
	measure(u, m, pids, n, mono_ms, out);
	out->no_file = pid_file && n == 0;
	out->listens = port > 0 && listens(u, port);
}

void usage_measure_own(struct usage *u, struct usage_meter *m, int64_t mono_ms, struct usage_reading *out)
{
	int64_t pids[USAGE_PIDS_MAX];

	measure(u, m, pids, pids_of(u, 0, pids), mono_ms, out);
}
