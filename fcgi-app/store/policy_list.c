/* Policies; see policy_list.h. */
#include "config.h"

#include "store/policy_list.h"

#include "lib/buf.h"
#include "lib/mem.h"
#include "store/db.h"
#include "store/experiment.h"
#include "store/timeline.h"

#include <stdlib.h>
#include <string.h>

int policy_list_get(struct store *st, struct policy_list *l, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_POLICY_LIST_GET);
	int rc = db_step(st, s, e);

	memset(l, 0, sizeof(*l));
	if (rc < 0)
		return -1;
	l->policies = mem_strdup(rc == 1 && db_text(s, 0) ? db_text(s, 0) : "[]");
	if (rc == 0)
		return 0;
	l->listed_at_ms = db_i64(s, 1);
	l->tried_at_ms = db_i64(s, 2);
	l->reason = db_text(s, 3) ? mem_strdup(db_text(s, 3)) : NULL;
	sqlite3_reset(s);
	return 0;
}

void policy_list_clear(struct policy_list *l)
{
	free(l->policies);
	free(l->reason);
	memset(l, 0, sizeof(*l));
}

int policy_list_put(struct store *st, const char *policies, const char *reason, int64_t now_ms, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_POLICY_LIST_PUT);

	db_bind_text(s, 1, policies);
	db_bind_text(s, 2, reason);
	db_bind_i64(s, 3, now_ms);
	return db_run(st, s, e);
}

int policy_list_forget(struct store *st, struct err *e)
{
	return db_run(st, db_stmt(st, SQL_POLICY_LIST_FORGET), e);
}

int policy_any_unverified(struct store *st, bool *any, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_POLICY_UNVERIFIED);
	int rc;

	db_bind_i64(s, 1, 1);
	rc = db_step(st, s, e);
	*any = rc == 1;
	if (rc == 1)
		sqlite3_reset(s);
	return rc < 0 ? -1 : 0;
}

int policy_each_unverified(struct store *st, int64_t max, void (*fn)(void *arg, int64_t experiment_id, const char *status), void *arg, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_POLICY_UNVERIFIED);
	int rc;

	db_bind_i64(s, 1, max);
	while ((rc = db_step(st, s, e)) == 1)
		fn(arg, db_i64(s, 0), db_text(s, 1));
	return rc;
}

int policy_settle(struct store *st, int64_t experiment_id, const char *status, const char *unknown, int64_t now_ms, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_POLICY_SETTLE);
	struct timeline_entry t = {.at_ms = now_ms, .event = "policies_verified"};
	struct buf text = {0};
	int rc;

	db_bind_i64(s, 1, experiment_id);
	db_bind_text(s, 2, status);
	db_bind_i64(s, 3, now_ms);
	if (db_run(st, s, e) == -1)
		return -1;
	if (unknown[0])
		buf_addf(&text, "The policy engine does not have these policies: %s", unknown);
	else
		buf_adds(&text, "The policy engine has all policies of the experiment");
	t.details = buf_str(&text);
	rc = timeline_add(st, experiment_id, &t, e);
	buf_clear(&text);
	return rc == -1 ? -1 : experiment_announce(st, experiment_id, "updated", NULL, now_ms, e);
}
