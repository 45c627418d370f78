/* What a pool starts from and a reload reads anew: checked in the supervisor, inherited by the workers, which therefore share its memory. */
#ifndef API_SETUP_H
#define API_SETUP_H

#include "experiment/scenario.h"
#include "lib/conf.h"
#include "lib/err.h"

struct setup {
	struct conf conf;
	struct catalog catalog;
};

/* Read everything; the message says which file is wrong.  Release with setup_free(). */
int setup_load(struct setup **out, const char *conf_path, struct err *e);
void setup_free(struct setup *s);

#endif
