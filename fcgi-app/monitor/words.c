/* Arguments and environment; see words.h. */
#include "config.h"

#include "monitor/words.h"

#include "lib/buf.h"
#include "lib/mem.h"

#include <stdlib.h>

static const char *const passed_on[] = {"PATH", "HOME", "USER", "LANG", "LC_ALL", "LC_CTYPE", "TMPDIR", "TZ", "LD_LIBRARY_PATH", "PYTHONPATH", "VIRTUAL_ENV", "OMP_NUM_THREADS", "FLOPYNET_FLOWER_HOME",
					"ASAN_OPTIONS", "UBSAN_OPTIONS"};

void words_add(struct words *w, char *word)
{
	w->all = mem_resize(w->all, (w->n + 2) * sizeof(*w->all));
	w->all[w->n++] = word;
	w->all[w->n] = NULL;
}

void words_add_setting(struct words *w, const char *name, const char *value)
{
	struct buf b = {0};

	buf_addf(&b, "%s=%s", name, value);
	words_add(w, buf_take(&b));
}

void words_add_all(struct words *w, const struct json_object *array)
{
	size_t i;

	for (i = 0; i < json_object_array_length(array); i++)
		words_add(w, mem_strdup(json_object_get_string(json_object_array_get_idx(array, i))));
}

void words_add_environment(struct words *w)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(passed_on); i++)
		if (getenv(passed_on[i]))
			words_add_setting(w, passed_on[i], getenv(passed_on[i]));
}

void words_clear(struct words *w)
{
	while (w->n)
		free(w->all[--w->n]);
	free(w->all);
	w->all = NULL;
}
