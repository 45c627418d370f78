/* What a client says; see client_message.h. */
#include "config.h"

#include "stream/client_message.h"

#include "lib/json_in.h"
#include "lib/mem.h"
#include "lib/text.h"

#include <stdlib.h>
#include <string.h>

/* Each string of an array to add(); a detail when it is not an array of strings. */
static void each_string(const struct json_object *array, const char *field, const char *what, struct live_filter *f,
			void (*add)(struct live_filter *, const char *, struct err *), struct err *e)
{
	size_t i, n;

	if (!json_object_is_type(array, json_type_array)) {
		err_detail(e, field, "Must be a list of %s", what);
		return;
	}
	n = json_object_array_length(array);
	for (i = 0; i < n; i++) {
		struct json_object *item = json_object_array_get_idx(array, i);

		if (!json_object_is_type(item, json_type_string)) {
			err_detail(e, field, "Must be a list of %s", what);
			return;
		}
		add(f, json_object_get_string(item), e);
	}
}

static void take_topics(const struct json_object *o, bool required, struct live_filter *f, struct err *e)
{
	static const char what[] = "experiments, metrics, alerts";
	struct json_object *v;
	bool present;

	v = json_get(o, "topics", &present);
	if (!present && !required)
		return;
	f->topics = 0;
	each_string(v, "topics", what, f, live_filter_topic, e);
	if (!f->topics)
		err_detail(e, "topics", "Must be a list of %s", what);
}

static void take_since(const struct json_object *o, bool required, struct client_message *m, struct err *e)
{
	bool present;

	json_get(o, "since", &present);
	if ((present || required) && (!json_get_i64(o, "since", &m->since) || m->since < 0))
		err_detail(e, "since", "Must be the id of the last message that was seen, 0 or greater");
}

static void parse_subscribe(const struct json_object *o, struct client_message *m, struct err *e)
{
	static const char *const names[] = {"action", "topics", "experiment_ids", "since", "interval", "ref", NULL};
	struct json_object *v;
	bool present;

	json_in_known(o, names, "", e);
	live_filter_init(&m->filter);
	take_topics(o, true, &m->filter, e);
	v = json_get(o, "experiment_ids", &present);
	if (present)
		each_string(v, "experiment_ids", "ids of experiments", &m->filter, live_filter_id, e);
	take_since(o, false, m, e);
	json_get(o, "interval", &present);
	if (present && (!json_get_i64(o, "interval", &m->filter.interval_s) || m->filter.interval_s < 0 || m->filter.interval_s > LIVE_INTERVAL_MAX_S))
		err_detail(e, "interval", "Must be between 0 and %d seconds", LIVE_INTERVAL_MAX_S);
}

static void parse_unsubscribe(const struct json_object *o, struct client_message *m, struct err *e)
{
	static const char *const names[] = {"action", "topics", "ref", NULL};

	json_in_known(o, names, "", e);
	live_filter_init(&m->filter);
	take_topics(o, false, &m->filter, e);
	m->topics = m->filter.topics;
}

static void parse_since(const struct json_object *o, struct client_message *m, struct err *e)
{
	static const char *const names[] = {"action", "since", "ref", NULL};

	json_in_known(o, names, "", e);
	take_since(o, true, m, e);
}

static void parse_authenticate(const struct json_object *o, struct client_message *m, struct err *e)
{
	static const char *const names[] = {"action", "token", "ref", NULL};
	const char *token;

	json_in_known(o, names, "", e);
	if (!json_get_string(o, "token", &token) || !*token)
		err_detail(e, "token", "Must be a token");
	else if (strlen(token) > CLIENT_TOKEN_MAX)
		err_detail(e, "token", "Must be at most %u bytes", CLIENT_TOKEN_MAX);
	else
		m->token = mem_strdup(token);
}

static void parse_ping(const struct json_object *o, struct client_message *m, struct err *e)
{
	static const char *const names[] = {"action", "ref", NULL};

	(void)m;
	json_in_known(o, names, "", e);
}

static const struct {
	const char *name;
	enum client_action action;
	void (*parse)(const struct json_object *o, struct client_message *m, struct err *e);
} actions[] = {
	{"subscribe", CLIENT_SUBSCRIBE, parse_subscribe},
	{"unsubscribe", CLIENT_UNSUBSCRIBE, parse_unsubscribe},
	{"since", CLIENT_SINCE, parse_since},
	{"ping", CLIENT_PING, parse_ping},
	{"authenticate", CLIENT_AUTHENTICATE, parse_authenticate},
};

static void take_ref(const struct json_object *o, struct client_message *m, struct err *e)
{
	const char *ref;
	bool present;

	json_get(o, "ref", &present);
	if (!present)
		return;
	if (!json_get_string(o, "ref", &ref) || text_utf8_count(ref, strlen(ref)) > CLIENT_REF_MAX)
		err_detail(e, "ref", "Must be a text of at most %u characters", CLIENT_REF_MAX);
	else
		m->ref = mem_strdup(ref);
}

int client_message_parse(const char *text, size_t len, struct client_message *m, struct err *e)
{
	struct json_object *o = NULL;
	const char *name = "";
	int rc = -1;
	size_t i;

	memset(m, 0, sizeof(*m));
	m->since = -1;
	err_clear(e);
	if (json_in_parse_object(text, len, &o, e) == -1)
		return -1;
	take_ref(o, m, e);
	json_get_string(o, "action", &name);
	for (i = 0; i < ARRAY_LEN(actions) && strcmp(actions[i].name, name) != 0; i++)
		;
	if (i == ARRAY_LEN(actions)) {
		err_detail(e, "action", "Must be subscribe, unsubscribe, since, ping or authenticate");
	} else {
		m->action = actions[i].action;
		actions[i].parse(o, m, e);
	}
	rc = err_collected(e, "The message is not one that is understood here");
	json_object_put(o);
	return rc;
}

void client_message_clear(struct client_message *m)
{
	free(m->token);
	free(m->ref);
	m->token = m->ref = NULL;
}
