/* /alerts: list, show, acknowledge, resolve. */
#include "config.h"

#include "api/experiment_input.h"
#include "api/handlers.h"
#include "lib/json_in.h"
#include "lib/text.h"
#include "store/alert.h"
#include "store/experiment.h"

#include <stdlib.h>
#include <string.h>

static const char *const statuses[] = {"active", "acknowledged", "resolved"};

/* A number's name among the query parameters; 0: absent or wrong. */
static int64_t read_id(const struct request *q, const char *name, const char *prefix, struct err *e)
{
	const char *text = request_query(q, name);
	char example[TEXT_ID_MAX];
	int64_t id = 0;

	if (text && !text_to_id(text, prefix, &id)) {
		err_detail(e, name, "Must be a name such as %s", text_from_id(prefix, 1, example));
		id = 0;
	}
	return id;
}

static void read_words(const struct request *q, struct alert_query *query, struct err *e)
{
	const char *word = request_query(q, "severity");

	query->severity = word ? name_index(severity_names, SEVERITY_MAX, word) : -1;
	if (query->severity == SEVERITY_MAX)
		err_detail(e, "severity", "Must be one of critical, warning, info");
	query->status = request_query(q, "status");
	if (query->status && name_index(statuses, 3, query->status) == 3)
		err_detail(e, "status", "Must be one of active, resolved, acknowledged");
	query->open = request_query(q, "open") ? request_query_bool(q, "open", false, e) : -1;
	query->service = request_query(q, "service");
	if (query->service && !text_is_word(query->service, 32))
		err_detail(e, "service", "Must be the name of a service");
}

static int read_query(const struct request *q, struct alert_query *query, struct err *e)
{
	err_clear(e);
	memset(query, 0, sizeof(*query));
	read_words(q, query, e);
	query->experiment_id = read_id(q, "experiment_id", EXPERIMENT_ID_PREFIX, e);
	query->rule_id = read_id(q, "rule_id", RULE_ID_PREFIX, e);
	query->from_ms = request_query_time(q, "from", 0, e);
	query->to_ms = request_query_time(q, "to", INT64_MAX, e);
	if (query->from_ms > query->to_ms)
		err_detail(e, "to", "Must not be before from");
	request_page(q, 100, &query->limit, &query->offset, e);
	query->descending = true;
	query->sort = (enum alert_sort)request_query_sort(q, alert_sort_names, &query->descending, e);
	return err_collected(e, "Invalid query");
}

static void put_item(void *arg, const struct alert *a)
{
	struct json_out *j = arg;

	json_object_begin(j, NULL);
	alert_write(j, a);
	json_object_end(j);
}

int h_alert_list(struct request *q, struct response *r, struct err *e)
{
	struct store *st = q->app->store;
	struct alert_query query;
	int64_t total;
	int rc;

	if (read_query(q, &query, e) == -1 || store_read_begin(st, e) == -1)
		return -1;
	json_object_begin(&r->json, NULL);
	json_array_begin(&r->json, "alerts");
	rc = alert_each(st, &query, q->now_ms, put_item, &r->json, &total, e);
	store_rollback(st);
	if (rc == -1)
		return -1;
	json_array_end(&r->json);
	response_page(r, total, query.limit, query.offset);
	json_object_end(&r->json);
	return 0;
}

static void put_note(void *arg, const struct alert_note *n)
{
	struct json_out *j = arg;

	json_object_begin(j, NULL);
	json_put_time(j, "timestamp", n->at_ms);
	json_put_string(j, "event", n->event);
	json_put_string(j, "actor", n->actor);
	json_put_string(j, "details", n->details);
	json_object_end(j);
}

/* In a read transaction, so that the alert and its history agree. */
static int put_both(struct request *q, struct response *r, int64_t id, struct err *e)
{
	struct alert a;
	int rc;

	if (alert_get(q->app->store, id, q->now_ms, &a, e) == -1)
		return -1;
	json_object_begin(&r->json, NULL);
	json_object_begin(&r->json, "alert");
	alert_write(&r->json, &a);
	alert_clear(&a);
	json_array_begin(&r->json, "history");
	rc = alert_history_each(q->app->store, id, put_note, &r->json, e);
	json_array_end(&r->json);
	json_object_end(&r->json);
	json_object_end(&r->json);
	return rc;
}

static int put_alert(struct request *q, struct response *r, int64_t id, struct err *e)
{
	int rc;

	if (store_read_begin(q->app->store, e) == -1)
		return -1;
	rc = put_both(q, r, id, e);
	store_rollback(q->app->store);
	return rc;
}

static int alert_id(const struct request *q, int64_t *id, struct err *e)
{
	if (!text_to_id(q->params[0], ALERT_ID_PREFIX, id))
		return err_set(e, ERR_NOTFOUND, "There is no alert %.80s", q->params[0]);
	return 0;
}

int h_alert_get(struct request *q, struct response *r, struct err *e)
{
	int64_t id;

	return alert_id(q, &id, e) == -1 ? -1 : put_alert(q, r, id, e);
}

/* The body's comment, owned; NULL for none. */
static int read_comment(const struct request *q, char **comment, struct err *e)
{
	static const char *const names[] = {"comment", NULL};
	struct json_object *v = json_get(q->body, "comment", NULL);

	*comment = NULL;
	err_clear(e);
	if (q->body)
		json_in_known(q->body, names, "", e);
	if (v)
		*comment = input_text(v, "comment", 0, ALERT_COMMENT_MAX, e);
	if (err_collected(e, "Invalid request") == 0) {
		if (*comment && **comment == '\0') {
			free(*comment);
			*comment = NULL;
		}
		return 0;
	}
	free(*comment);
	*comment = NULL;
	return -1;
}

static int change(struct request *q, int64_t id, bool resolve, const char *comment, struct err *e)
{
	struct store *st = q->app->store;
	int rc;

	if (store_begin(st, e) == -1)
		return -1;
	if (resolve)
		rc = alert_resolve(st, id, q->who.subject, comment ? comment : "Resolved by hand", q->now_ms, e);
	else
		rc = alert_acknowledge(st, id, q->who.subject, comment, q->now_ms, e);
	return store_end(st, rc, e);
}

static int change_and_put(struct request *q, struct response *r, bool resolve, struct err *e)
{
	char *comment;
	int64_t id;
	int rc;

	if (alert_id(q, &id, e) == -1 || read_comment(q, &comment, e) == -1)
		return -1;
	rc = change(q, id, resolve, comment, e);
	free(comment);
	return rc == -1 ? -1 : put_alert(q, r, id, e);
}

int h_alert_acknowledge(struct request *q, struct response *r, struct err *e)
{
	return change_and_put(q, r, false, e);
}

int h_alert_resolve(struct request *q, struct response *r, struct err *e)
{
	return change_and_put(q, r, true, e);
}
