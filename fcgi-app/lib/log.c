/* The log; see log.h.  A line is written with one write(2), so lines of several processes do not mix. */
#include "config.h"

#include "lib/log.h"

#include "lib/clock.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const names[] = {"debug", "info", "warning", "error"};
static const char *prog = "flopynet";
static enum log_level least = LOG_LEVEL_INFO;
static char request[40];

void log_init(const char *program)
{
	const char *want = getenv("LOG_LEVEL");
	size_t i;

	prog = program;
	for (i = 0; want && i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(want, names[i]) == 0)
			least = (enum log_level)i;
}

void log_request(const char *id)
{
	snprintf(request, sizeof(request), "%s", id ? id : "");
}

/* The text in quotes, with quotes, backslashes and control characters escaped; cut where the line is full. */
static size_t quote(char *to, size_t room, const char *text)
{
	size_t n = 0;

	to[n++] = '"';
	for (; *text && n + 6 < room; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\')
			to[n++] = '\\';
		if (c < 0x20 || c == 0x7f)
			n += (size_t)snprintf(to + n, room - n, "\\x%02x", c);
		else
			to[n++] = (char)c;
	}
	to[n++] = '"';
	return n;
}

void log_line(enum log_level level, const char *fmt, ...)
{
	char text[1024], line[1536], when[CLOCK_TEXT_MAX];
	size_t n;
	va_list ap;

	if (level < least)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	n = (size_t)snprintf(line, sizeof(line), "time=%s level=%s prog=%s pid=%d%s%s msg=", clock_format(clock_wall_ms(), when), names[level], prog,
			     (int)getpid(), request[0] ? " request=" : "", request);
	n += quote(line + n, sizeof(line) - n - 1, text);
	line[n++] = '\n';
	if (write(STDERR_FILENO, line, n) < 0)
		return; /* nowhere left to say it */
}
