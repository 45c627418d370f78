/* Rounds and clients: reading; see round.h. */
#include "config.h"

#include "store/round.h"

#include "store/db.h"

#include <stdio.h>

static int count(struct store *st, sqlite3_stmt *s, int64_t *total, struct err *e)
{
	if (db_step(st, s, e) != 1)
		return -1;
	*total = db_i64(s, 0);
	sqlite3_reset(s);
	return 0;
}

static int each_round(struct store *st, sqlite3_stmt *s, void (*fn)(void *arg, const struct round *r), void *arg, struct err *e)
{
	int rc;

	while ((rc = db_step(st, s, e)) == 1) {
		struct round r = {
			.round = db_i64(s, 0),
			.started_at_ms = db_i64(s, 1),
			.completed_at_ms = db_i64(s, 2),
			.accuracy = db_double(s, 3),
			.loss = db_double(s, 4),
			.duration_ms = db_count(s, 5),
			.clients = db_count(s, 6),
			.failed_clients = db_count(s, 7),
			.bytes = db_count(s, 8),
		};

		fn(arg, &r);
	}
	return rc;
}

int round_one(struct store *st, int64_t experiment_id, int64_t round, void (*fn)(void *arg, const struct round *r), void *arg, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_ROUND_GET);

	db_bind_i64(s, 1, experiment_id);
	db_bind_i64(s, 2, round);
	return each_round(st, s, fn, arg, e);
}

int round_each(struct store *st, int64_t experiment_id, int64_t after, int64_t limit, int64_t offset, void (*fn)(void *arg, const struct round *r), void *arg,
	       int64_t *total, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_ROUND_TOTAL);

	db_bind_i64(s, 1, experiment_id);
	db_bind_i64(s, 2, after);
	if (count(st, s, total, e) == -1)
		return -1;
	s = db_stmt(st, SQL_ROUND_LIST);
	db_bind_i64(s, 1, experiment_id);
	db_bind_i64(s, 2, after);
	db_bind_i64(s, 3, limit);
	db_bind_i64(s, 4, offset);
	return each_round(st, s, fn, arg, e);
}

int round_each_recent(struct store *st, int64_t experiment_id, int64_t n, void (*fn)(void *arg, const struct round *r), void *arg, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_ROUND_RECENT);

	db_bind_i64(s, 1, experiment_id);
	db_bind_i64(s, 2, n);
	return each_round(st, s, fn, arg, e);
}

int round_each_some(struct store *st, int64_t experiment_id, int64_t stride, void (*fn)(void *arg, const struct round *r), void *arg, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_ROUND_SOME);

	db_bind_i64(s, 1, experiment_id);
	db_bind_i64(s, 2, stride);
	return each_round(st, s, fn, arg, e);
}

static int each_client(struct store *st, sqlite3_stmt *s, void (*fn)(void *arg, const struct client *c), void *arg, struct err *e)
{
	int rc;

	while ((rc = db_step(st, s, e)) == 1) {
		struct client c = {
			.client = db_text(s, 0),
			.status = db_text(s, 1),
			.round = db_count(s, 2),
			.rounds_count = db_i64(s, 3),
			.accuracy = db_double(s, 4),
			.loss = db_double(s, 5),
			.samples = db_count(s, 6),
			.train_ms = db_count(s, 7),
			.transfer_ms = db_count(s, 8),
			.bytes_total = db_i64(s, 9),
			.detail = db_text(s, 10),
			.last_update_ms = db_i64(s, 11),
		};

		fn(arg, &c);
	}
	return rc;
}

int client_one(struct store *st, int64_t experiment_id, const char *client, void (*fn)(void *arg, const struct client *c), void *arg, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_CLIENT_GET);

	db_bind_i64(s, 1, experiment_id);
	db_bind_text(s, 2, client);
	return each_client(st, s, fn, arg, e);
}

int client_each(struct store *st, int64_t experiment_id, int64_t limit, int64_t offset, void (*fn)(void *arg, const struct client *c), void *arg,
		int64_t *total, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_CLIENT_TOTAL);

	db_bind_i64(s, 1, experiment_id);
	if (count(st, s, total, e) == -1)
		return -1;
	s = db_stmt(st, SQL_CLIENT_LIST);
	db_bind_i64(s, 1, experiment_id);
	db_bind_i64(s, 2, limit);
	db_bind_i64(s, 3, offset);
	return each_client(st, s, fn, arg, e);
}

static int each_client_round(struct store *st, sqlite3_stmt *s, void (*fn)(void *arg, const struct client_round *c), void *arg, struct err *e)
{
	int rc;

	while ((rc = db_step(st, s, e)) == 1) {
		struct client_round c = {
			.round = db_i64(s, 0),
			.client = db_text(s, 1),
			.status = db_text(s, 2),
			.accuracy = db_double(s, 3),
			.loss = db_double(s, 4),
			.samples = db_count(s, 5),
			.train_ms = db_count(s, 6),
			.transfer_ms = db_count(s, 7),
			.bytes = db_count(s, 8),
		};

		fn(arg, &c);
	}
	return rc;
}

int client_round_one(struct store *st, int64_t experiment_id, int64_t round, const char *client, void (*fn)(void *arg, const struct client_round *c), void *arg,
		     struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_CLIENT_ROUND_GET);

	db_bind_i64(s, 1, experiment_id);
	db_bind_i64(s, 2, round);
	db_bind_text(s, 3, client);
	return each_client_round(st, s, fn, arg, e);
}

int client_count_active(struct store *st, int64_t *n, struct err *e)
{
	return count(st, db_stmt(st, SQL_CLIENT_ACTIVE_COUNT), n, e);
}

int client_round_each(struct store *st, int64_t experiment_id, void (*fn)(void *arg, const struct client_round *c), void *arg, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_CLIENT_ROUND_LIST);

	db_bind_i64(s, 1, experiment_id);
	return each_client_round(st, s, fn, arg, e);
}

int client_most_silent(struct store *st, int64_t experiment_id, char *name, size_t size, int64_t *at_ms, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_CLIENT_MOST_SILENT);
	int rc;

	db_bind_i64(s, 1, experiment_id);
	rc = db_step(st, s, e);
	*at_ms = rc == 1 ? db_i64(s, 1) : 0;
	snprintf(name, size, "%s", rc == 1 ? db_text(s, 0) : "");
	sqlite3_reset(s);
	return rc < 0 ? -1 : 0;
}
