/* What the sessions share, and the turn; see server.h. */
#include "config.h"

#include "stream/server.h"

#include "lib/file.h"
#include "stream/session.h"

#include <stdlib.h>
#include <string.h>

#define SWEEP_MS 250
/* Tokens asked for again in one turn: at 10 µs each, and 200 turns a second, a thousand tokens take less than a second. */
#define CHECKS_PER_TURN 8

int server_open(struct server *srv, const struct conf *conf, struct err *e)
{
	char *path;
	int rc;

	memset(srv, 0, sizeof(*srv));
	srv->conf = conf;
	srv->checked_version = -1;
	srv->hub = hub_new();
	srv->roster = roster_new(conf->rate_connections);
	path = file_join(conf->state, "shared.bin");
	rc = shared_open(&srv->shared, path, e);
	free(path);
	if (rc == -1 || store_open(&srv->store, conf->store, STORE_USER, e) == -1 || authorize_open(&srv->auth, conf, srv->store, e) == -1)
		return -1;
	return feed_open(&srv->feed, srv->store, srv->hub, e);
}

void server_close(struct server *srv)
{
	feed_close(srv->feed);
	authorize_close(srv->auth);
	store_close(srv->store);
	shared_close(srv->shared);
	roster_free(srv->roster);
	hub_free(srv->hub);
}

/* Everyone who came with this token. */
static void end_all_of(struct server *srv, const struct roster_entry *entry, const char *reason)
{
	struct session *s;

	for (s = srv->sessions; s; s = s->next)
		if (s->place == entry)
			session_end(s, SESSION_END_UNAUTHORIZED, reason);
}

/* Revocation is a row that changes, so tokens are asked for again after the store has changed, some in each turn. */
static void check_tokens(struct server *srv)
{
	int n = CHECKS_PER_TURN;
	struct err e;

	while (srv->check_left > 0 && n-- > 0) {
		struct roster_entry *entry = roster_turn(srv->roster);

		srv->check_left--;
		if (entry && authorize_again(srv->auth, roster_visitor(entry), &e) == -1 && e.code == ERR_UNAUTHORIZED)
			end_all_of(srv, entry, e.msg);
	}
}

static void sweep(struct server *srv)
{
	int64_t version = store_version(srv->store);
	struct session *s;

	shared_beat(srv->shared, SHARED_BEAT_STREAM, srv->now_ms);
	for (s = srv->sessions; s; s = s->next)
		session_sweep(s, srv->now_ms);
	if (authorize_refresh(srv->auth, srv->now_ms))
		srv->checked_version = -1;
	if (version != srv->checked_version && srv->check_left == 0) {
		srv->checked_version = version;
		srv->check_left = roster_entries(srv->roster);
	}
}

bool server_turn(struct server *srv, int64_t now_ms)
{
	bool more;

	srv->now_ms = now_ms;
	more = feed_turn(srv->feed, now_ms);
	check_tokens(srv);
	/* Also when the clock was set back. */
	if (now_ms - srv->swept_ms >= SWEEP_MS || now_ms < srv->swept_ms) {
		srv->swept_ms = now_ms;
		sweep(srv);
	}
	return more;
}

void server_probe(struct server *srv, const struct visitor *v)
{
	struct session *s;

	for (s = srv->sessions; s; s = s->next) {
		if (s->kind != SESSION_EVENTS || strcmp(s->who.jti, v->jti) != 0 || strcmp(s->who.subject, v->subject) != 0)
			continue;
		s->heartbeat = true;
		s->wake(s->user);
	}
}

void server_stop(struct server *srv)
{
	struct session *s;

	srv->stopping = true;
	for (s = srv->sessions; s; s = s->next)
		session_end(s, SESSION_END_RESTART, "Live updates restart: come back in a moment with since");
}
