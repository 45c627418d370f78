/* What people may send about an experiment, checked and turned into a row's texts. */
#ifndef API_EXPERIMENT_INPUT_H
#define API_EXPERIMENT_INPUT_H

#include "api/request.h"

#define NAME_MAX_CHARS 200
#define NOTES_MAX_CHARS 10000
#define TAGS_MAX 20
#define TAG_MAX_CHARS 50
#define POLICIES_MAX 50
#define POLICY_NAME_MAX 64

/* Texts are owned; experiment_input_clear(). */
struct experiment_input {
	char *name, *scenario, *engine;
	char *configuration;    /* JSON, complete */
	char *network_settings; /* JSON as given, or the scenario's */
	char *not_applied;      /* JSON: names of what was given and the engine is known not to honour */
	char *policies, *policy_status, *tags, *notes;
	int64_t clients_count, rounds_total;
};

/* A body of POST /experiments.  Every wrong member at once: ERR_INVALID with details. */
int experiment_input_read(const struct catalog *catalog, const struct json_object *body, struct experiment_input *in, struct err *e);
void experiment_input_clear(struct experiment_input *in);

/* Parts that PATCH takes too; a detail is added to e when v is wrong.  The result is owned, NULL when wrong. */
char *input_text(const struct json_object *v, const char *field, size_t min_chars, size_t max_chars, struct err *e);
char *input_tags(const struct json_object *v, struct err *e);

#endif
