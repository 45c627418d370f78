/* /alert-rules: list, create, replace, delete, and try over the stored history. */
#include "config.h"

#include "api/handlers.h"
#include "api/rule_input.h"
#include "api/rule_trial.h"
#include "lib/text.h"
#include "store/alert.h"
#include "store/rule.h"

static void put_item(void *arg, const struct rule *r)
{
	rule_write(arg, NULL, r);
}

int h_rule_list(struct request *q, struct response *r, struct err *e)
{
	int64_t limit, offset, total;
	bool descending = false;
	size_t sort;

	err_clear(e);
	request_page(q, 100, &limit, &offset, e);
	sort = request_query_sort(q, rule_sort_names, &descending, e);
	if (err_collected(e, "Invalid query") == -1)
		return -1;
	json_object_begin(&r->json, NULL);
	json_array_begin(&r->json, "rules");
	if (rule_each(q->app->store, (enum rule_sort)sort, descending, limit, offset, put_item, &r->json, &total, e) == -1)
		return -1;
	json_array_end(&r->json);
	response_page(r, total, limit, offset);
	json_object_end(&r->json);
	return 0;
}

static int rule_id(const struct request *q, int64_t *id, struct err *e)
{
	if (!text_to_id(q->params[0], RULE_ID_PREFIX, id))
		return err_set(e, ERR_NOTFOUND, "There is no rule %.80s", q->params[0]);
	return 0;
}

/* Query and body; r is to be cleared in any case. */
static int read_rule(const struct request *q, struct rule *r, bool *dry_run, struct err *e)
{
	struct err query;

	err_clear(&query);
	*dry_run = request_query_bool(q, "dry_run", false, &query);
	if (rule_input_read(q->body, r, e) == -1)
		return -1;
	if (query.details_n)
		*e = query;
	return err_collected(e, "Invalid query");
}

static void put_rule(struct response *r, const struct rule *rule)
{
	json_object_begin(&r->json, NULL);
	rule_write(&r->json, "rule", rule);
	json_object_end(&r->json);
}

static int create(struct request *q, struct response *r, struct rule *rule, struct err *e)
{
	struct store *st = q->app->store;
	struct buf location = {0};
	char text[TEXT_ID_MAX];
	int rc;

	rule->created_at_ms = rule->updated_at_ms = q->now_ms;
	if (store_begin(st, e) == -1)
		return -1;
	rc = store_end(st, rule_create(st, rule, e), e);
	if (rc == -1)
		return -1;
	r->status = 201;
	buf_addf(&location, "%s/alert-rules/%s", q->base, text_from_id(RULE_ID_PREFIX, rule->id, text));
	response_header(r, "Location", location.data);
	buf_clear(&location);
	put_rule(r, rule);
	return 0;
}

int h_rule_create(struct request *q, struct response *r, struct err *e)
{
	struct rule rule;
	bool dry_run;
	int rc = read_rule(q, &rule, &dry_run, e);

	if (rc == 0 && !dry_run) {
		struct rule made = rule;

		made.created_by = q->who.subject;
		rc = create(q, r, &made, e);
	} else if (rc == 0) {
		rc = rule_trial(q->app->store, &rule, q->now_ms, &r->json, e);
	}
	rule_clear(&rule);
	return rc;
}

/* In a transaction.  Alerts of a rule that is switched off end here; all others are judged by the new rule at the monitor's next turn. */
static int replace_in(struct request *q, int64_t id, const struct rule *given, struct err *e)
{
	struct rule old, made = *given;
	int rc;

	if (rule_get(q->app->store, id, &old, e) == -1)
		return -1;
	made.id = id;
	made.updated_at_ms = q->now_ms;
	rc = rule_replace(q->app->store, &made, e);
	if (rc == 0 && !made.enabled)
		rc = alert_resolve_rule(q->app->store, id, NULL, "The rule was switched off", q->now_ms, e);
	rule_clear(&old);
	return rc;
}

static int replace(struct request *q, struct response *r, int64_t id, const struct rule *given, struct err *e)
{
	struct store *st = q->app->store;
	struct rule now;
	int rc;

	if (store_begin(st, e) == -1)
		return -1;
	rc = store_end(st, replace_in(q, id, given, e), e);
	if (rc == -1 || rule_get(st, id, &now, e) == -1)
		return -1;
	put_rule(r, &now);
	rule_clear(&now);
	return 0;
}

/* Nothing is kept, but one that does not exist is told so. */
static int try_instead(struct request *q, struct response *r, int64_t id, const struct rule *given, struct err *e)
{
	struct rule old;

	if (rule_get(q->app->store, id, &old, e) == -1)
		return -1;
	rule_clear(&old);
	return rule_trial(q->app->store, given, q->now_ms, &r->json, e);
}

int h_rule_replace(struct request *q, struct response *r, struct err *e)
{
	struct rule rule;
	bool dry_run;
	int64_t id;
	int rc;

	if (rule_id(q, &id, e) == -1)
		return -1;
	rc = read_rule(q, &rule, &dry_run, e);
	if (rc == 0)
		rc = dry_run ? try_instead(q, r, id, &rule, e) : replace(q, r, id, &rule, e);
	rule_clear(&rule);
	return rc;
}

int h_rule_delete(struct request *q, struct response *r, struct err *e)
{
	struct store *st = q->app->store;
	int64_t id;
	int rc;

	if (rule_id(q, &id, e) == -1 || store_begin(st, e) == -1)
		return -1;
	/* Its alerts first: a rule that may not be deleted rolls them back. */
	rc = alert_resolve_rule(st, id, NULL, "The rule was deleted", q->now_ms, e);
	if (rc == 0)
		rc = rule_delete(st, id, e);
	r->status = 204;
	return store_end(st, rc, e);
}
