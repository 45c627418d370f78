/* States of engines, and inquiries; see engine_state.h. */
#include "config.h"

#include "store/engine_state.h"

#include "store/db.h"

#include <string.h>

static const char *const topics[] = {[INQUIRY_ENGINES] = "engines", [INQUIRY_POLICIES] = "policies"};

int engine_state_get(struct store *st, const char *name, struct engine_state *s, struct err *e)
{
	sqlite3_stmt *q = db_stmt(st, SQL_ENGINE_GET);
	int rc;

	memset(s, 0, sizeof(*s));
	db_bind_text(q, 1, name);
	rc = db_step(st, q, e);
	if (rc != 1)
		return rc;
	db_copy(s->name, sizeof(s->name), name);
	s->available = db_i64(q, 0) != 0;
	db_copy(s->reason, sizeof(s->reason), db_text(q, 1));
	db_copy(s->version, sizeof(s->version), db_text(q, 2));
	s->checked_at_ms = db_i64(q, 3);
	sqlite3_reset(q);
	return 0;
}

int engine_state_put(struct store *st, const struct engine_state *s, struct err *e)
{
	sqlite3_stmt *q = db_stmt(st, SQL_ENGINE_PUT);

	db_bind_text(q, 1, s->name);
	db_bind_i64(q, 2, s->available);
	db_bind_text(q, 3, s->reason[0] ? s->reason : NULL);
	db_bind_text(q, 4, s->version[0] ? s->version : NULL);
	db_bind_i64(q, 5, s->checked_at_ms);
	return db_run(st, q, e);
}

int engine_state_prune(struct store *st, int64_t before_ms, struct err *e)
{
	sqlite3_stmt *q = db_stmt(st, SQL_ENGINE_PRUNE);

	db_bind_i64(q, 1, before_ms);
	return db_run(st, q, e);
}

int inquiry_get(struct store *st, enum inquiry_topic topic, struct inquiry *q, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_INQUIRY_GET);
	int rc;

	memset(q, 0, sizeof(*q));
	db_bind_text(s, 1, topics[topic]);
	rc = db_step(st, s, e);
	if (rc != 1)
		return rc;
	q->asked_at_ms = db_i64(s, 0);
	q->answered_at_ms = db_i64(s, 1);
	sqlite3_reset(s);
	return 0;
}

int inquiry_ask(struct store *st, enum inquiry_topic topic, int64_t now_ms, int64_t *asked_at_ms, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_INQUIRY_ASK);
	int rc;

	db_bind_text(s, 1, topics[topic]);
	db_bind_i64(s, 2, now_ms);
	rc = db_step(st, s, e);
	*asked_at_ms = rc == 1 ? db_i64(s, 0) : 0;
	sqlite3_reset(s);
	return rc == 0 ? err_set(e, ERR_INTERNAL, "nobody can be asked about %s", topics[topic]) : rc < 0 ? -1 : 0;
}

int inquiry_answer(struct store *st, enum inquiry_topic topic, int64_t asked_at_ms, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_INQUIRY_ANSWER);

	db_bind_text(s, 1, topics[topic]);
	db_bind_i64(s, 2, asked_at_ms);
	return db_run(st, s, e);
}
