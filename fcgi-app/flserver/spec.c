/* What is to be done; see spec.h. */
#include "config.h"

#include "flserver/spec.h"

#include "lib/buf.h"
#include "lib/file.h"
#include "lib/json_in.h"
#include "lib/mem.h"
#include "lib/text.h"

#include <stdlib.h>
#include <string.h>

#define SPEC_MAX ((size_t)256 * 1024)

/* "--rounds={rounds}" with the configuration's rounds; what is no member stays as it is. */
static char *filled(const struct spec *s, const char *word)
{
	struct buf out = {0};
	const char *close;

	while (*word) {
		close = *word == '{' ? strchr(word, '}') : NULL;
		if (close) {
			char *name = mem_strndup(word + 1, (size_t)(close - word - 1));
			struct json_object *v = json_get(s->configuration, name, NULL);

			free(name);
			if (v) {
				buf_adds(&out, json_object_get_string(v));
				word = close + 1;
				continue;
			}
		}
		buf_addc(&out, *word++);
	}
	return buf_take(&out);
}

static int read_options(struct spec *s, int argc, char **argv, int *at, struct err *e)
{
	const struct {
		const char *name;
		int64_t *value, unit_ms;
	} options[] = {{"--poll-ms", &s->poll_ms, 1}, {"--lost-after", &s->lost_ms, 1000}, {"--begin-within", &s->begin_ms, 1000}};
	size_t i;

	for (*at = 1; *at < argc && strcmp(argv[*at], "--") != 0; *at += 2) {
		int64_t v;

		for (i = 0; i < ARRAY_LEN(options) && strcmp(options[i].name, argv[*at]) != 0; i++)
			;
		if (i == ARRAY_LEN(options) || *at + 1 >= argc || !text_to_i64(argv[*at + 1], &v) || v < 1 || v > 86400)
			return err_set(e, ERR_INVALID, "%.80s is no option, or lacks a whole number from 1 to 86400", argv[*at]);
		*options[i].value = v * options[i].unit_ms;
	}
	return 0;
}

static int read_document(struct spec *s, struct err *e)
{
	struct json_object *services, *service;
	struct buf text = {0};
	int rc = file_read("spec.json", SPEC_MAX, &text, e);

	if (rc == 0)
		rc = json_in_parse_object(buf_str(&text), text.len, &s->document, e);
	buf_clear(&text);
	if (rc == -1)
		return -1;
	s->configuration = json_get(s->document, "configuration", NULL);
	if (!json_get_i64(s->configuration, "rounds", &s->rounds) || s->rounds < 1)
		return err_set(e, ERR_INVALID, "spec.json says nothing of rounds");
	services = json_get(s->document, "services", NULL);
	service = json_get(services, "fl_server", NULL);
	json_get_string(service, "url", &s->fl_url);
	service = json_get(services, "policy_engine", NULL);
	json_get_string(service, "url", &s->policy_url);
	return 0;
}

int spec_read(struct spec *s, int argc, char **argv, struct err *e)
{
	int at, n;

	memset(s, 0, sizeof(*s));
	s->poll_ms = 1000;
	s->lost_ms = 300000; /* a policy engine that hangs keeps it silent for three minutes */
	s->begin_ms = 180000;
	if (read_options(s, argc, argv, &at, e) == -1 || read_document(s, e) == -1)
		return -1;
	if (at + 1 >= argc)
		return at < argc ? err_set(e, ERR_INVALID, "no command follows --") : 0;
	s->launch = mem_array((size_t)(argc - at), sizeof(*s->launch));
	for (n = 0; at + 1 + n < argc; n++)
		s->launch[n] = filled(s, argv[at + 1 + n]);
	return 0;
}

void spec_clear(struct spec *s)
{
	size_t i;

	for (i = 0; s->launch && s->launch[i]; i++)
		free(s->launch[i]);
	free(s->launch);
	json_object_put(s->document);
	memset(s, 0, sizeof(*s));
}
