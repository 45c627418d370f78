/* Topics, filters, the form of a message; see live.h. */
#include "config.h"

#include "platform/live.h"

#include "lib/mem.h"
#include "lib/text.h"

#include <stdlib.h>
#include <string.h>

static const struct {
	unsigned bit;
	const char *name;
} topics[] = {{LIVE_EXPERIMENTS, "experiments"}, {LIVE_METRICS, "metrics"}, {LIVE_ALERTS, "alerts"}};

unsigned live_topic(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(topics); i++)
		if (strcmp(topics[i].name, name) == 0)
			return topics[i].bit;
	return 0;
}

const char *live_topic_name(unsigned topic)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(topics); i++)
		if (topics[i].bit == topic)
			return topics[i].name;
	return "";
}

void live_filter_init(struct live_filter *f)
{
	memset(f, 0, sizeof(*f));
	f->topics = LIVE_TOPICS_ALL;
	f->interval_s = LIVE_INTERVAL_DEFAULT_S;
}

void live_filter_topic(struct live_filter *f, const char *name, struct err *e)
{
	unsigned bit = live_topic(name);

	if (!bit)
		err_detail(e, "topics", "Must be among experiments, metrics and alerts");
	f->topics |= bit;
}

void live_filter_id(struct live_filter *f, const char *name, struct err *e)
{
	int64_t id;
	size_t i;

	if (!text_to_id(name, "exp_", &id)) {
		err_detail(e, "experiment_ids", "Must be ids of experiments, such as exp_001");
		return;
	}
	for (i = 0; i < f->ids_n; i++)
		if (f->ids[i] == id)
			return;
	if (f->ids_n == LIVE_IDS_MAX)
		err_detail(e, "experiment_ids", "Must be at most %d", LIVE_IDS_MAX);
	else
		f->ids[f->ids_n++] = id;
}

/* Each part between commas; an empty text is one empty part, which no rule accepts. */
static void each_part(const char *list, struct live_filter *f, void (*add)(struct live_filter *, const char *, struct err *), struct err *e)
{
	for (;;) {
		size_t len = strcspn(list, ",");
		char *part = mem_strndup(list, len);

		add(f, part, e);
		free(part);
		if (list[len] == '\0')
			return;
		list += len + 1;
	}
}

void live_filter_lists(struct live_filter *f, const char *topics_list, const char *experiment_ids, struct err *e)
{
	if (topics_list) {
		f->topics = 0;
		each_part(topics_list, f, live_filter_topic, e);
	}
	if (experiment_ids) {
		f->ids_n = 0;
		each_part(experiment_ids, f, live_filter_id, e);
	}
}

bool live_filter_wants(const struct live_filter *f, unsigned topic, int64_t experiment_id)
{
	size_t i;

	if (!(f->topics & topic))
		return false;
	if (f->scope && experiment_id != f->scope)
		return false;
	if (f->ids_n == 0 || experiment_id == 0)
		return true;
	for (i = 0; i < f->ids_n; i++)
		if (f->ids[i] == experiment_id)
			return true;
	return false;
}

void live_message(struct json_out *j, const char *type, int64_t id, const char *data)
{
	json_object_begin(j, NULL);
	json_put_string(j, "type", type);
	json_put_i64(j, "id", id);
	json_put_raw(j, "data", data);
	json_object_end(j);
}
