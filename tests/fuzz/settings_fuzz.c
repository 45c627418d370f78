/* Changes of the configuration: whatever comes in, a merged document can be merged, shown and read again, and holds no secret when shown. */
#include "config.h"

#include "lib/json_in.h"
#include "platform/settings.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const char *document)
{
	struct service_config *list;
	struct notify_config n;
	struct settings s;
	size_t count;

	settings_read(document, &s);
	if (s.refresh_interval_ms < 1000 || s.max_experiments < 1 || s.retention_days < 1)
		abort();
	settings_services(document, &list, &count);
	settings_services_free(list, count);
	settings_notify(document, &n);
	settings_notify_clear(&n);
}

/* What is shown, given back, changes nothing. */
static void show_and_give_back(const char *document)
{
	struct buf shown = {0}, merged = {0}, difference = {0};
	struct json_object *patch = NULL;
	struct json_out j;
	struct err e;

	json_out_init(&j, &shown);
	json_object_begin(&j, NULL);
	settings_show(document, &j);
	json_object_end(&j);
	if (json_in_parse_object(shown.data, shown.len, &patch, &e) == -1 || settings_merge(document, patch, &merged, &difference, &e) == -1 ||
	    strcmp(buf_str(&difference), "[]") != 0)
		abort();
	json_object_put(patch);
	buf_clear(&shown);
	buf_clear(&merged);
	buf_clear(&difference);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf text = {0}, merged = {0}, difference = {0};
	struct json_object *patch = NULL;
	struct err e;

	buf_add(&text, data, size);
	check(buf_str(&text));
	if (json_in_parse_object(buf_str(&text), text.len, &patch, &e) == 0 && settings_merge(NULL, patch, &merged, &difference, &e) == 0) {
		check(merged.data);
		show_and_give_back(merged.data);
	}
	json_object_put(patch);
	buf_clear(&text);
	buf_clear(&merged);
	buf_clear(&difference);
	return 0;
}
