/* Configuration and catalogue; see setup.h. */
#include "config.h"

#include "api/setup.h"

#include "auth/keys.h"
#include "lib/mem.h"

#include <stdlib.h>

/* Each worker opens its own; here it is only found out whether it can. */
static int try_keys(const struct conf *conf, struct err *e)
{
	struct keys *k;

	if (!conf->auth_enabled)
		return 0;
	if (keys_open(&k, conf, e) == -1)
		return -1;
	keys_close(k);
	return 0;
}

int setup_load(struct setup **out, const char *conf_path, struct err *e)
{
	struct setup *s = mem_alloc(sizeof(*s));

	*out = NULL;
	if (conf_load(&s->conf, conf_path, e) == -1 || try_keys(&s->conf, e) == -1 ||
	    catalog_load(&s->catalog, s->conf.engines, s->conf.scenarios, e) == -1) {
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
