/* /silences: list, create, end. */
#include "config.h"

#include "api/experiment_input.h"
#include "api/handlers.h"
#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/json_in.h"
#include "lib/mem.h"
#include "lib/text.h"
#include "platform/rule.h"
#include "store/experiment.h"
#include "store/silence.h"

#include <stdlib.h>
#include <string.h>

#define REASON_MAX 500 /* code points */

static void put_id(struct json_out *j, const char *name, const char *prefix, int64_t id)
{
	char text[TEXT_ID_MAX];

	json_put_string(j, name, id ? text_from_id(prefix, id, text) : NULL);
}

static void put_silence(struct json_out *j, const char *name, const struct silence *s, int64_t now_ms)
{
	json_object_begin(j, name);
	put_id(j, "id", SILENCE_ID_PREFIX, s->id);
	json_put_string(j, "service", s->service);
	put_id(j, "rule_id", RULE_ID_PREFIX, s->rule_id);
	put_id(j, "experiment_id", EXPERIMENT_ID_PREFIX, s->experiment_id);
	json_put_time(j, "until", s->until_ms);
	json_put_string(j, "reason", s->reason);
	json_put_bool(j, "active", s->until_ms > now_ms);
	json_put_time(j, "created_at", s->created_at_ms);
	json_put_string(j, "created_by", s->created_by);
	json_object_end(j);
}

struct listing {
	struct json_out *j;
	int64_t now_ms;
};

static void put_item(void *arg, const struct silence *s)
{
	struct listing *l = arg;

	put_silence(l->j, NULL, s, l->now_ms);
}

int h_silence_list(struct request *q, struct response *r, struct err *e)
{
	struct silence_query query = {.now_ms = q->now_ms, .active = -1, .descending = true};
	struct listing l = {.j = &r->json, .now_ms = q->now_ms};
	int64_t total;

	err_clear(e);
	if (request_query(q, "active"))
		query.active = request_query_bool(q, "active", false, e);
	request_page(q, 100, &query.limit, &query.offset, e);
	query.sort = (enum silence_sort)request_query_sort(q, silence_sort_names, &query.descending, e);
	if (err_collected(e, "Invalid query") == -1)
		return -1;
	json_object_begin(&r->json, NULL);
	json_array_begin(&r->json, "silences");
	if (silence_each(q->app->store, &query, put_item, &l, &total, e) == -1)
		return -1;
	json_array_end(&r->json);
	response_page(r, total, query.limit, query.offset);
	json_object_end(&r->json);
	return 0;
}

/* A member that names a rule or an experiment; 0: absent or wrong. */
static int64_t read_id(const struct json_object *body, const char *name, const char *prefix, struct err *e)
{
	struct json_object *v = json_get(body, name, NULL);
	char example[TEXT_ID_MAX];
	const char *text;
	int64_t id = 0;

	if (!v || (json_get_string(body, name, &text) && text_to_id(text, prefix, &id)))
		return id;
	err_detail(e, name, "Must be a name such as %s", text_from_id(prefix, 1, example));
	return 0;
}

static void read_until(const struct request *q, struct silence *s, struct err *e)
{
	const char *text;

	if (!json_get_string(q->body, "until", &text) || !clock_parse(text, &s->until_ms))
		err_detail(e, "until", "Must be a time such as 2030-01-15T12:00:00Z");
	else if (s->until_ms <= q->now_ms)
		err_detail(e, "until", "Must be in the future");
	else if (s->until_ms - q->now_ms > SILENCE_SPAN_MAX_MS)
		err_detail(e, "until", "Must be within 366 days");
}

/* reason is owned by the caller. */
static int read_input(const struct request *q, struct silence *s, char **reason, struct err *e)
{
	static const char *const names[] = {"service", "rule_id", "experiment_id", "until", "reason", NULL};

	*reason = NULL;
	memset(s, 0, sizeof(*s));
	err_clear(e);
	if (!q->body)
		err_detail(e, "body", "Must be a JSON object with until, reason and what is to be silent");
	else
		json_in_known(q->body, names, "", e);
	if (q->body) {
		if (json_get(q->body, "service", NULL) &&
		    (!json_get_string(q->body, "service", &s->service) || !text_is_word(s->service, 32)))
			err_detail(e, "service", "Must be the name of a service");
		s->rule_id = read_id(q->body, "rule_id", RULE_ID_PREFIX, e);
		s->experiment_id = read_id(q->body, "experiment_id", EXPERIMENT_ID_PREFIX, e);
		read_until(q, s, e);
		*reason = input_text(json_get(q->body, "reason", NULL), "reason", 1, REASON_MAX, e);
		if (e->details_n == 0 && !s->service && !s->rule_id && !s->experiment_id)
			err_detail(e, "body", "At least one of service, rule_id, experiment_id is needed");
	}
	s->reason = *reason;
	s->created_at_ms = q->now_ms;
	s->created_by = q->who.subject;
	return err_collected(e, "Invalid silence");
}

static int keep(struct request *q, struct silence *s, struct err *e)
{
	struct store *st = q->app->store;
	int rc;

	if (store_begin(st, e) == -1)
		return -1;
	rc = store_end(st, silence_create(st, s, e), e);
	return rc;
}

int h_silence_create(struct request *q, struct response *r, struct err *e)
{
	struct buf location = {0};
	char text[TEXT_ID_MAX], *reason;
	struct silence s;
	int rc = -1;

	if (read_input(q, &s, &reason, e) == 0 && keep(q, &s, e) == 0) {
		r->status = 201;
		buf_addf(&location, "%s/silences/%s", q->base, text_from_id(SILENCE_ID_PREFIX, s.id, text));
		response_header(r, "Location", location.data);
		json_object_begin(&r->json, NULL);
		put_silence(&r->json, "silence", &s, q->now_ms);
		json_object_end(&r->json);
		rc = 0;
	}
	buf_clear(&location);
	free(reason);
	return rc;
}

int h_silence_delete(struct request *q, struct response *r, struct err *e)
{
	struct store *st = q->app->store;
	int64_t id;

	if (!text_to_id(q->params[0], SILENCE_ID_PREFIX, &id))
		return err_set(e, ERR_NOTFOUND, "There is no silence %.80s", q->params[0]);
	r->status = 204;
	return store_begin(st, e) == -1 ? -1 : store_end(st, silence_end(st, id, q->now_ms, e), e);
}
