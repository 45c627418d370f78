/* What an engine's events do to its clients; see run_event.c. */
#include "config.h"

#include "store/run_change.h"

#include "lib/json_out.h"
#include "store/db.h"
#include "store/round.h"

#include <string.h>

int run_change_choose_client(const struct change *c, const char *client)
{
	sqlite3_stmt *s = db_stmt(c->st, SQL_CLIENT_CHOSEN);

	db_bind_i64(s, 1, c->x->id);
	db_bind_text(s, 2, client);
	db_bind_i64(s, 3, c->ev->round);
	db_bind_i64(s, 4, c->at_ms);
	if (db_run(c->st, s, c->e) == -1)
		return -1;
	s = db_stmt(c->st, SQL_CLIENT_ROUND_CHOSEN);
	db_bind_i64(s, 1, c->x->id);
	db_bind_i64(s, 2, c->ev->round);
	db_bind_text(s, 3, client);
	return db_run(c->st, s, c->e);
}

/* What client_round held before the update. */
struct before {
	bool finished, lost;
	int64_t bytes;
};

static void take_before(void *arg, const struct client_round *r)
{
	struct before *b = arg;

	b->finished = strcmp(r->status, "finished") == 0;
	b->lost = strcmp(r->status, "lost") == 0;
	b->bytes = r->bytes > 0 ? r->bytes : 0;
}

/* Bytes in this round so far, both ways; -1: not said. */
static int64_t bytes_of(const struct runner_event *ev)
{
	if (ev->bytes_up < 0 && ev->bytes_down < 0)
		return -1;
	return (ev->bytes_up > 0 ? ev->bytes_up : 0) + (ev->bytes_down > 0 ? ev->bytes_down : 0);
}

static void bind_measures(sqlite3_stmt *s, int at, const struct runner_event *ev)
{
	db_bind_double(s, at, ev->accuracy);
	db_bind_double(s, at + 1, ev->loss);
	db_bind_count(s, at + 2, ev->samples);
	db_bind_count(s, at + 3, ev->train_ms);
	db_bind_count(s, at + 4, ev->transfer_ms);
}

static int write_client(const struct change *c, int64_t round, bool finishes, int64_t more_bytes)
{
	sqlite3_stmt *s = db_stmt(c->st, SQL_CLIENT_UPDATE);

	db_bind_i64(s, 1, c->x->id);
	db_bind_text(s, 2, c->ev->client);
	db_bind_text(s, 3, c->ev->client_status);
	db_bind_time(s, 4, round);
	db_bind_i64(s, 5, finishes ? 1 : 0);
	bind_measures(s, 6, c->ev);
	db_bind_i64(s, 11, more_bytes);
	db_bind_text(s, 12, c->ev->text[0] ? c->ev->text : NULL);
	db_bind_i64(s, 13, c->at_ms);
	return db_run(c->st, s, c->e);
}

static int write_client_round(const struct change *c, int64_t round, int64_t bytes)
{
	sqlite3_stmt *s = db_stmt(c->st, SQL_CLIENT_ROUND_UPDATE);

	db_bind_i64(s, 1, c->x->id);
	db_bind_i64(s, 2, round);
	db_bind_text(s, 3, c->ev->client);
	db_bind_text(s, 4, c->ev->client_status);
	bind_measures(s, 5, c->ev);
	db_bind_count(s, 10, bytes);
	return db_run(c->st, s, c->e);
}

static void put_client(void *arg, const struct client *k)
{
	struct json_out *j = arg;

	json_object_begin(j, "client");
	json_put_string(j, "id", k->client);
	json_put_string(j, "status", k->status);
	json_put_double(j, "accuracy", k->accuracy);
	json_put_double(j, "loss", k->loss);
	json_put_time(j, "last_update", k->last_update_ms);
	json_put_count(j, "round", k->round);
	json_put_i64(j, "rounds_participated", k->rounds_count);
	json_put_count(j, "samples", k->samples);
	json_put_count(j, "train_ms", k->train_ms);
	json_put_count(j, "transfer_ms", k->transfer_ms);
	json_put_i64(j, "bytes", k->bytes_total);
	json_put_null(j, "slows_round_by_ms"); /* a matter of all clients of the round: asked for, not announced */
	json_put_string(j, "detail", k->detail);
	json_object_end(j);
}

static int note_lost(const struct change *c, int64_t round)
{
	struct buf text = {0};
	int rc;

	buf_addf(&text, "Client %s was lost", c->ev->client);
	if (round > 0)
		buf_addf(&text, " in round %lld", (long long)round);
	if (c->ev->text[0])
		buf_addf(&text, ": %s", c->ev->text);
	rc = run_change_note(c, "client_lost", buf_str(&text));
	buf_clear(&text);
	return rc;
}

static void take_lost(void *arg, const struct client *k)
{
	*(bool *)arg = strcmp(k->status, "lost") == 0;
}

static int note_back(const struct change *c, int64_t round)
{
	struct buf text = {0};
	int rc;

	buf_addf(&text, "Client %s came back", c->ev->client);
	if (round > 0)
		buf_addf(&text, " in round %lld", (long long)round);
	rc = run_change_note(c, "client_joined", buf_str(&text));
	buf_clear(&text);
	return rc;
}

int run_change_client(const struct change *c)
{
	int64_t round = c->ev->round ? c->ev->round : c->x->current_round, bytes = bytes_of(c->ev), more;
	bool finishes = strcmp(c->ev->client_status, "finished") == 0, lost = strcmp(c->ev->client_status, "lost") == 0, was_lost = false;
	struct before before = {0};
	struct buf extra = {0};
	struct json_out j;

	if (round > 0 && client_round_one(c->st, c->x->id, round, c->ev->client, take_before, &before, c->e) == -1)
		return -1;
	/* An engine that says the same twice, or names a round's bytes as they grow, counts once. */
	more = bytes > before.bytes ? bytes - before.bytes : 0;
	if (client_one(c->st, c->x->id, c->ev->client, take_lost, &was_lost, c->e) == -1)
		return -1;
	if (write_client(c, round, finishes && !before.finished, more) == -1)
		return -1;
	if (round > 0 && write_client_round(c, round, more > 0 || before.bytes == 0 ? bytes : -1) == -1)
		return -1;
	if (lost && !before.lost && note_lost(c, round) == -1)
		return -1;
	if (!lost && was_lost && note_back(c, round) == -1)
		return -1;
	json_out_init(&j, &extra);
	if (client_one(c->st, c->x->id, c->ev->client, put_client, &j, c->e) == -1) {
		buf_clear(&extra);
		return -1;
	}
	return run_change_announce(c, "client_updated", &extra);
}
