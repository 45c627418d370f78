/* Configuration and catalogue; see setup.h. */
#include "config.h"

#include "api/setup.h"

#include "lib/mem.h"

#include <stdlib.h>

int setup_load(struct setup **out, const char *conf_path, struct err *e)
{
	struct setup *s = mem_alloc(sizeof(*s));

	*out = NULL;
	if (conf_load(&s->conf, conf_path, e) == -1 || catalog_load(&s->catalog, s->conf.engines, s->conf.scenarios, e) == -1) {
		setup_free(s);
		return -1;
	}
	*out = s;
	return 0;
}

void setup_free(struct setup *s)
{
	if (!s)
		return;
	catalog_clear(&s->catalog);
	conf_clear(&s->conf);
	free(s);
}
