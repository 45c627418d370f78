/* Reading events.jsonl; see tail.h. */
#include "config.h"

#include "monitor/tail.h"

#include "lib/file.h"
#include "lib/mem.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK_BYTES (4 * (RUNNER_LINE_MAX + 1)) /* at least one whole line always fits */

void tail_init(struct tail *t)
{
	*t = (struct tail){.fd = -1, .read_to = -1};
}

void tail_close(struct tail *t)
{
	if (t->fd != -1)
		close(t->fd);
	tail_init(t);
}

/* Only a plain file: the engine owns the directory and could put anything there. */
static bool open_events(struct tail *t, const char *dir)
{
	char *path;
	struct stat sb;

	if (t->fd != -1)
		return true;
	path = file_join(dir, "events.jsonl");
	t->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	free(path);
	if (t->fd != -1 && (fstat(t->fd, &sb) == -1 || !S_ISREG(sb.st_mode)))
		tail_close(t);
	return t->fd != -1;
}

static void take_line(struct tail_batch *b, const char *line, size_t len)
{
	struct err e;

	if (runner_event_parse(&b->events[b->n], line, len, &e) == 0) {
		b->n++;
		return;
	}
	if (b->bad++ == 0)
		snprintf(b->why, sizeof(b->why), "%.*s", (int)sizeof(b->why) - 1, e.msg);
}

static void take_lines(struct tail_batch *b, const char *data, size_t len)
{
	size_t at = 0;

	while (at < len && b->n < TAIL_EVENTS_MAX) {
		const char *nl = memchr(data + at, '\n', len - at);
		size_t n = nl ? (size_t)(nl - data) - at : len - at;

		if (!nl && n <= RUNNER_LINE_MAX && !b->skipping)
			break; /* not ended yet */
		if (b->skipping) {
			b->skipping = nl == NULL;
		} else if (!nl || n > RUNNER_LINE_MAX) {
			b->skipping = nl == NULL;
			if (b->bad++ == 0)
				snprintf(b->why, sizeof(b->why), "The line is longer than %d bytes", RUNNER_LINE_MAX);
		} else {
			take_line(b, data + at, n);
		}
		at += n + (nl ? 1 : 0);
	}
	b->offset += (int64_t)at;
	/* What is left is the beginning of a line, or lines beyond this batch. */
	b->more = at > 0 && (b->offset < b->size) && (b->n == TAIL_EVENTS_MAX || at == len || memchr(data + at, '\n', len - at) != NULL || len == CHUNK_BYTES);
}

bool tail_read(struct tail *t, const char *dir, int64_t offset, bool all, struct tail_batch *b)
{
	struct stat sb;
	char *data;
	ssize_t n;

	b->n = 0;
	b->bad = 0;
	b->more = false;
	b->why[0] = '\0';
	b->offset = offset;
	b->skipping = t->skipping;
	if (!open_events(t, dir) || fstat(t->fd, &sb) == -1)
		return false;
	b->size = sb.st_size;
	if (b->size <= offset || (!all && b->size == t->read_to))
		return false;
	data = mem_resize(NULL, CHUNK_BYTES);
	n = pread(t->fd, data, CHUNK_BYTES, offset);
	if (n > 0)
		take_lines(b, data, (size_t)n);
	free(data);
	if (b->offset > offset)
		return true;
	t->read_to = b->size;
	return false;
}

void tail_done(struct tail *t, const struct tail_batch *b)
{
	t->skipping = b->skipping;
	t->read_to = b->more ? -1 : b->size;
}

void tail_batch_clear(struct tail_batch *b)
{
	while (b->n)
		runner_event_clear(&b->events[--b->n]);
}
