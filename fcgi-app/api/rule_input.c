/* Rules in and out; see rule_input.h. */
#include "config.h"

#include "api/rule_input.h"

#include "api/experiment_input.h"
#include "lib/json_in.h"
#include "lib/mem.h"
#include "lib/text.h"
#include "store/experiment.h"
#include "store/rule.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TITLE_MAX 200

static const char *const names[] = {"name", "title", "enabled", "scope", "metric", "comparison", "threshold", "clear_threshold", "critical_threshold", "for_s", "clear_s",
				    "severity", "service", "experiment_id", NULL};

/* A line of text, owned; NULL where it is wrong or (not needed) absent. */
static char *read_line(const struct json_object *body, const char *name, bool needed, struct err *e)
{
	struct json_object *v = json_get(body, name, NULL);
	char *text;
	size_t i;

	if (!v && !needed)
		return NULL;
	text = input_text(v, name, 1, TITLE_MAX, e);
	for (i = 0; text && text[i]; i++)
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f) {
			err_detail(e, name, "Must not hold control characters");
			break;
		}
	return text;
}

/* One of words; absent: fallback; -1 as fallback: it is needed. */
static int read_word(const struct json_object *body, const char *name, const char *const *words, int n, int fallback, struct err *e)
{
	struct buf list = {0};
	const char *word;
	bool present;
	int i;

	json_get(body, name, &present);
	if (!present && fallback >= 0)
		return fallback;
	if (json_get_string(body, name, &word) && (i = name_index(words, n, word)) < n)
		return i;
	for (i = 0; i < n; i++)
		buf_addf(&list, "%s%s", i ? ", " : "", words[i]);
	err_detail(e, name, "Must be one of %s", list.data);
	buf_clear(&list);
	return 0;
}

/* Absent or null: NAN, unless it is needed. */
static double read_number(const struct json_object *body, const char *name, bool needed, struct err *e)
{
	struct json_object *v = json_get(body, name, NULL);
	double d = NAN;

	if ((v || needed) && !json_in_double(v, &d)) {
		err_detail(e, name, needed ? "Must be a number" : "Must be a number or null");
		return NAN;
	}
	return d;
}

static int64_t read_span(const struct json_object *body, const char *name, int64_t fallback, struct err *e)
{
	int64_t v = fallback;
	bool present;

	json_get(body, name, &present);
	if (present && (!json_get_i64(body, name, &v) || v < 0 || v > RULE_SPAN_MAX_S))
		err_detail(e, name, "Must be between 0 and %d", RULE_SPAN_MAX_S);
	return v;
}

static void read_condition(const struct json_object *body, struct rule *r, struct err *e)
{
	bool less, ordered;

	r->comparison = (enum comparison)read_word(body, "comparison", comparison_names, COMPARE_MAX, -1, e);
	r->threshold = read_number(body, "threshold", true, e);
	r->clear_threshold = read_number(body, "clear_threshold", false, e);
	r->critical_threshold = read_number(body, "critical_threshold", false, e);
	ordered = r->comparison != COMPARE_EQUAL && r->comparison != COMPARE_NOT_EQUAL;
	less = r->comparison == COMPARE_LESS || r->comparison == COMPARE_LESS_EQUAL;
	if (!isnan(r->clear_threshold) && !ordered)
		err_detail(e, "clear_threshold", "Is only for >, >=, < and <=");
	else if (!isnan(r->clear_threshold) && (less ? r->clear_threshold < r->threshold : r->clear_threshold > r->threshold))
		err_detail(e, "clear_threshold", "Must be on the good side of the threshold");
	if (!isnan(r->critical_threshold) && !ordered)
		err_detail(e, "critical_threshold", "Is only for >, >=, < and <=");
	else if (!isnan(r->critical_threshold) && (less ? r->critical_threshold > r->threshold : r->critical_threshold < r->threshold))
		err_detail(e, "critical_threshold", "Must be on the bad side of the threshold");
	r->for_s = read_span(body, "for_s", 0, e);
	r->clear_s = read_span(body, "clear_s", 30, e);
}

static void read_metric(const struct json_object *body, struct rule *r, struct err *e)
{
	struct buf list = {0};
	const char *const *m;
	const char *word;

	if (json_get_string(body, "metric", &word) && rule_metric_known(r->scope, word)) {
		r->metric = mem_strdup(word);
		return;
	}
	for (m = rule_metrics(r->scope); *m; m++)
		buf_addf(&list, "%s%s", m == rule_metrics(r->scope) ? "" : ", ", *m);
	err_detail(e, "metric", r->scope == SCOPE_SERVICE ? "Must be a metric of a service, such as %s" : "Must be one of %s", list.data);
	buf_clear(&list);
}

static void read_subject(const struct json_object *body, struct rule *r, struct err *e)
{
	const char *word;

	if (json_get(body, "service", NULL)) {
		if (r->scope != SCOPE_SERVICE)
			err_detail(e, "service", "Is only for rules of scope service");
		else if (!json_get_string(body, "service", &word) || !text_is_word(word, 32))
			err_detail(e, "service", "Must be the name of a service, or null");
		else
			r->service = mem_strdup(word);
	}
	if (json_get(body, "experiment_id", NULL)) {
		if (r->scope != SCOPE_EXPERIMENT)
			err_detail(e, "experiment_id", "Is only for rules of scope experiment");
		else if (!json_get_string(body, "experiment_id", &word) || !text_to_id(word, EXPERIMENT_ID_PREFIX, &r->experiment_id))
			err_detail(e, "experiment_id", "Must be the name of an experiment such as exp_001, or null");
	}
}

int rule_input_read(const struct json_object *body, struct rule *r, struct err *e)
{
	bool present;

	memset(r, 0, sizeof(*r));
	err_clear(e);
	if (!body)
		err_detail(e, "body", "Must be a JSON object with name, metric, comparison and threshold");
	if (err_collected(e, "Invalid alert rule") == -1)
		return -1;
	json_in_known(body, names, "", e);
	r->name = read_line(body, "name", true, e);
	r->title = read_line(body, "title", false, e);
	if (!r->title && r->name)
		r->title = mem_strdup(r->name);
	r->enabled = true;
	json_get(body, "enabled", &present);
	if (present && !json_get_bool(body, "enabled", &r->enabled))
		err_detail(e, "enabled", "Must be true or false");
	r->scope = (enum rule_scope)read_word(body, "scope", rule_scope_names, SCOPE_MAX, SCOPE_SERVICE, e);
	read_metric(body, r, e);
	read_condition(body, r, e);
	r->severity = (enum severity)read_word(body, "severity", severity_names, SEVERITY_MAX, SEVERITY_WARNING, e);
	read_subject(body, r, e);
	return err_collected(e, "Invalid alert rule");
}

void rule_write(struct json_out *j, const char *name, const struct rule *r)
{
	char text[TEXT_ID_MAX];

	json_object_begin(j, name);
	json_put_string(j, "id", text_from_id(RULE_ID_PREFIX, r->id, text));
	json_put_string(j, "name", r->name);
	json_put_string(j, "title", r->title);
	json_put_bool(j, "enabled", r->enabled);
	json_put_string(j, "scope", rule_scope_names[r->scope]);
	json_put_string(j, "metric", r->metric);
	json_put_string(j, "comparison", comparison_names[r->comparison]);
	json_put_double(j, "threshold", r->threshold);
	json_put_double(j, "clear_threshold", r->clear_threshold);
	json_put_double(j, "critical_threshold", r->critical_threshold);
	json_put_i64(j, "for_s", r->for_s);
	json_put_i64(j, "clear_s", r->clear_s);
	json_put_string(j, "severity", severity_names[r->severity]);
	json_put_string(j, "service", r->service);
	json_put_string(j, "experiment_id", r->experiment_id ? text_from_id(EXPERIMENT_ID_PREFIX, r->experiment_id, text) : NULL);
	json_put_bool(j, "built_in", r->built_in);
	json_put_time(j, "created_at", r->created_at_ms);
	json_put_time(j, "updated_at", r->updated_at_ms);
	json_put_string(j, "created_by", r->created_by);
	json_object_end(j);
}
