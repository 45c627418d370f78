/* What Redis answers; see redis_answer.h. */
#include "config.h"

#include "monitor/redis_answer.h"

#include "lib/mem.h"
#include "lib/text.h"

#include <stdio.h>
#include <string.h>

/* One line "name:value" of INFO. */
static void info_line(struct probe_result *r, const char *name, const char *v)
{
	static const struct {
		const char *name, *ours;
	} numbers[] = {{"connected_clients", "connected_clients"}, {"instantaneous_ops_per_sec", "operations_per_s"}, {"uptime_in_seconds", "uptime_seconds"}};
	double number;
	size_t i;

	if (strcmp(name, "redis_version") == 0)
		probe_version(r, v);
	else if (strcmp(name, "loading") == 0 && strcmp(v, "1") == 0)
		probe_degrade(r, "It is loading its data");
	else if (strcmp(name, "master_link_status") == 0 && strcmp(v, "down") == 0)
		probe_degrade(r, "It is a replica and has lost its master");
	else if (strcmp(name, "used_memory_rss") == 0 && text_to_double(v, &number))
		probe_number(r, "memory_usage", number / 1e6);
	for (i = 0; i < ARRAY_LEN(numbers); i++)
		if (strcmp(name, numbers[i].name) == 0 && text_to_double(v, &number))
			probe_number(r, numbers[i].ours, number);
}

void redis_read_info(struct probe_result *r, const char *text, size_t len)
{
	char line[256], *colon;
	size_t n;

	if (!text || len == 0) {
		probe_degrade(r, "Its answer to INFO cannot be read");
		return;
	}
	for (; len; text += n, len -= n) {
		for (n = 0; n < len && text[n] != '\n'; n++)
			;
		if (n < sizeof(line)) {
			memcpy(line, text, n);
			line[n && text[n - 1] == '\r' ? n - 1 : n] = '\0';
			colon = strchr(line, ':');
			if (colon) {
				*colon = '\0';
				info_line(r, line, colon + 1);
			}
		}
		if (n < len)
			n++;
	}
	if (!r->version[0])
		probe_degrade(r, "Its answer to INFO names no version: it may not be Redis");
}

void redis_read_refusal(struct probe_result *r, enum redis_command command, const char *text, size_t len)
{
	static const char *const names[] = {[REDIS_AUTH] = "the password", [REDIS_PING] = "PING", [REDIS_INFO] = "INFO"};
	char clean[PROBE_TEXT_MAX];

	probe_clean(text, len, clean, sizeof(clean));
	if (strncmp(clean, "NOAUTH", 6) == 0)
		probe_degrade(r, "It wants a password");
	else if (strncmp(clean, "LOADING", 7) == 0)
		probe_degrade(r, "It is loading its data");
	else
		probe_degrade(r, "It refuses %s: %.120s", names[command], clean);
}
