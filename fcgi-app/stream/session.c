/* One live connection without its socket; see session.h. */
#include "config.h"

#include "stream/session.h"

#include "lib/clock.h"
#include "lib/json_out.h"
#include "lib/log.h"
#include "lib/mem.h"
#include "lib/text.h"
#include "platform/failure.h"
#include "store/experiment.h"
#include "stream/client_message.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void session_reason(char out[SESSION_REASON_MAX], const char *text)
{
	size_t len = strlen(text);

	if (len > SESSION_REASON_MAX - 1)
		len = SESSION_REASON_MAX - 1;
	while (len > 0 && !text_utf8_valid(text, len))
		len--;
	memcpy(out, text, len);
	out[len] = '\0';
}

/* The hub's wake: whatever the reason, the socket has something to do. */
static void on_queue(void *user)
{
	struct session *s = user;

	if (hub_lagging(s->client) && !s->end) {
		s->end = SESSION_END_TRY_LATER;
		session_reason(s->reason, "Too slow a reader: more than 1 MiB was waiting. Come back with since");
		log_info("session ended subject=\"%s\" code=%d reason=\"%s\"", s->who.subject, s->end, s->reason);
	}
	s->wake(s->user);
}

struct session *session_new(struct server *srv, enum session_kind kind, void (*wake)(void *user), void *user)
{
	struct session *s = mem_alloc(sizeof(*s));

	s->server = srv;
	s->kind = kind;
	s->wake = wake;
	s->user = user;
	s->opened_ms = s->sent_ms = srv->now_ms;
	s->client = hub_join(srv->hub, on_queue, s);
	s->next = srv->sessions;
	if (s->next)
		s->next->prev = s;
	srv->sessions = s;
	srv->unknown_n++;
	return s;
}

void session_free(struct session *s)
{
	if (!s)
		return;
	if (s->next)
		s->next->prev = s->prev;
	if (s->prev)
		s->prev->next = s->next;
	else
		s->server->sessions = s->next;
	if (s->place)
		roster_leave(s->server->roster, s->place);
	else
		s->server->unknown_n--;
	hub_leave(s->server->hub, s->client);
	buf_clear(&s->in);
	free(s);
}

int session_enter(struct session *s, const struct visitor *v, struct err *e)
{
	struct live_filter f = *hub_filter(s->client);
	struct roster_entry *place;

	if (s->place) { /* a fresh token: the place goes with the old one */
		roster_leave(s->server->roster, s->place);
		s->place = NULL;
		s->server->unknown_n++;
	}
	if (roster_enter(s->server->roster, v, &place, e) == -1)
		return -1;
	s->place = place;
	s->server->unknown_n--;
	s->who = *v;
	f.scope = v->experiment_id;
	hub_subscribe(s->client, &f);
	return 0;
}

void session_end(struct session *s, enum session_end end, const char *reason)
{
	if (s->end)
		return;
	s->end = end;
	session_reason(s->reason, reason);
	log_info("session ended subject=\"%s\" code=%d reason=\"%s\"", s->who.subject, (int)end, s->reason);
	s->wake(s->user);
}

const char *session_end_word(enum session_end end)
{
	switch (end) {
	case SESSION_END_UNAUTHORIZED:
	case SESSION_END_MUTE:
		return "UNAUTHORIZED";
	case SESSION_END_FORBIDDEN:
		return "FORBIDDEN";
	case SESSION_END_RESTART:
		return "SERVICE_UNAVAILABLE";
	case SESSION_END_TRY_LATER:
		return "RATE_LIMITED";
	default:
		return "VALIDATION_ERROR";
	}
}

/* An answer is begun with its type and ref, up to the opening of data. */
static void answer_begin(struct json_out *j, struct buf *b, const char *type, const char *ref)
{
	json_out_init(j, b);
	json_object_begin(j, NULL);
	json_put_string(j, "type", type);
	if (ref)
		json_put_string(j, "ref", ref);
	json_object_begin(j, "data");
}

static void answer_send(struct session *s, struct json_out *j, const char *type)
{
	struct hub_message *m;

	json_object_end(j);
	json_object_end(j);
	m = hub_message_new(type, j->buf->data, j->buf->len);
	hub_send(s->client, m);
	hub_message_drop(m);
	buf_clear(j->buf);
}

static void send_error(struct session *s, const struct err *e, const char *ref)
{
	struct buf b = {0};
	struct json_out j;

	if (failure_status(e->code) == 500)
		log_error("%s", e->msg);
	answer_begin(&j, &b, "error", ref);
	json_put_string(&j, "code", failure_status(e->code) == 500 ? "SERVICE_UNAVAILABLE" : failure_word(e->code));
	failure_put_message(&j, e);
	failure_put_details(&j, e);
	answer_send(s, &j, "error");
}

static void put_topics(struct json_out *j, unsigned topics)
{
	unsigned bit;

	json_array_begin(j, "topics");
	for (bit = 1; bit & LIVE_TOPICS_ALL; bit <<= 1)
		if (topics & bit)
			json_put_string(j, NULL, live_topic_name(bit));
	json_array_end(j);
}

static void send_subscribed(struct session *s, int64_t last_id, const char *ref)
{
	const struct live_filter *f = hub_filter(s->client);
	char id[TEXT_ID_MAX];
	struct buf b = {0};
	struct json_out j;
	size_t i;

	answer_begin(&j, &b, "subscribed", ref);
	put_topics(&j, f->topics);
	json_array_begin(&j, "experiment_ids");
	for (i = 0; i < f->ids_n; i++)
		json_put_string(&j, NULL, text_from_id(EXPERIMENT_ID_PREFIX, f->ids[i], id));
	json_array_end(&j);
	json_put_i64(&j, "interval", f->interval_s);
	json_put_i64(&j, "last_id", last_id);
	answer_send(s, &j, "subscribed");
}

int session_check_filter(struct server *srv, const struct visitor *v, struct live_filter *f, struct err *e)
{
	struct experiment x;
	char id[TEXT_ID_MAX];
	size_t i;

	f->scope = v->experiment_id;
	for (i = 0; i < f->ids_n; i++) {
		text_from_id(EXPERIMENT_ID_PREFIX, f->ids[i], id);
		if (f->scope && f->ids[i] != f->scope) {
			err_set(e, ERR_FORBIDDEN, "This token is good for one experiment only");
			err_detail(e, "experiment_ids", "%s is another one", id);
			return -1;
		}
		if (experiment_get(srv->store, f->ids[i], &x, e) == -1) {
			if (e->code == ERR_NOTFOUND) {
				err_set(e, ERR_NOTFOUND, "There is no experiment %s", id);
				err_detail(e, "experiment_ids", "There is no experiment %s", id);
			}
			return -1;
		}
		experiment_clear(&x);
	}
	return 0;
}

/* With the position from which on it is complete. */
static void follow(struct session *s, int64_t since, const char *ref)
{
	send_subscribed(s, since >= 0 ? since : hub_is_behind(s->client) ? hub_cursor(s->client) : feed_last(s->server->feed), ref);
	feed_follow(s->server->feed, s->client, since);
}

static void on_subscribe(struct session *s, struct client_message *m)
{
	struct err e;

	if (session_check_filter(s->server, &s->who, &m->filter, &e) == -1) {
		send_error(s, &e, m->ref);
		return;
	}
	/* First, so that what was committed before the answer is not sent after it as well as by the replay. */
	feed_refresh(s->server->feed, s->server->now_ms);
	hub_subscribe(s->client, &m->filter);
	follow(s, m->since, m->ref);
}

static void on_since(struct session *s, const struct client_message *m)
{
	struct err e;

	if (hub_filter(s->client)->topics) {
		follow(s, m->since, m->ref);
		return;
	}
	err_set(&e, ERR_INVALID, "There is no subscription to replay for: subscribe first");
	send_error(s, &e, m->ref);
}

static void on_unsubscribe(struct session *s, const struct client_message *m)
{
	struct live_filter f = *hub_filter(s->client);
	struct buf b = {0};
	struct json_out j;

	f.topics &= ~m->topics;
	hub_subscribe(s->client, &f);
	if (!f.topics)
		hub_live(s->client);
	answer_begin(&j, &b, "unsubscribed", m->ref);
	put_topics(&j, f.topics);
	answer_send(s, &j, "unsubscribed");
}

static void on_ping(struct session *s, const struct client_message *m)
{
	struct buf b = {0};
	struct json_out j;

	answer_begin(&j, &b, "pong", m->ref);
	json_put_time(&j, "at", s->server->now_ms);
	answer_send(s, &j, "pong");
}

static void send_authenticated(struct session *s, const char *ref)
{
	char id[TEXT_ID_MAX];
	struct buf b = {0};
	struct json_out j;

	answer_begin(&j, &b, "authenticated", ref);
	json_put_string(&j, "name", s->who.subject);
	json_put_string(&j, "role", s->who.role);
	json_put_string(&j, "experiment", s->who.experiment_id ? text_from_id(EXPERIMENT_ID_PREFIX, s->who.experiment_id, id) : NULL);
	json_put_time(&j, "expires_at", s->who.expires_ms);
	answer_send(s, &j, "authenticated");
}

static void on_authenticate(struct session *s, const struct client_message *m)
{
	struct server *srv = s->server;
	struct visitor v;
	struct err e;

	if (!authorize_required(srv->auth)) {
		send_authenticated(s, m->ref); /* whatever it says, everyone is let in */
		return;
	}
	if (authorize_token(srv->auth, m->token, srv->now_ms, &v, &e) == -1) {
		if (e.code == ERR_UNAUTHORIZED)
			session_end(s, SESSION_END_UNAUTHORIZED, e.msg);
		else if (e.code == ERR_FORBIDDEN)
			session_end(s, SESSION_END_FORBIDDEN, e.msg);
		else
			send_error(s, &e, m->ref);
	} else if (s->place && strcmp(s->who.subject, v.subject) != 0) {
		err_set(&e, ERR_FORBIDDEN, "This connection is %s's: open another one for another user", s->who.subject);
		send_error(s, &e, m->ref);
	} else if (session_enter(s, &v, &e) == -1) {
		session_end(s, SESSION_END_TRY_LATER, e.msg);
	} else {
		send_authenticated(s, m->ref);
	}
}

static void on_message(struct session *s)
{
	struct client_message m;
	struct err e;

	if (client_message_parse(s->in.data ? s->in.data : "", s->in.len, &m, &e) == -1) {
		send_error(s, &e, m.ref);
		if (++s->wrong > SESSION_WRONG_MAX)
			session_end(s, SESSION_END_MISUSE, "Too many wrong messages in a row");
	} else if (!s->place && m.action != CLIENT_AUTHENTICATE && m.action != CLIENT_PING) {
		session_end(s, SESSION_END_UNAUTHORIZED, "Authenticate first");
	} else {
		s->wrong = 0;
		switch (m.action) {
		case CLIENT_SUBSCRIBE:
			on_subscribe(s, &m);
			break;
		case CLIENT_UNSUBSCRIBE:
			on_unsubscribe(s, &m);
			break;
		case CLIENT_SINCE:
			on_since(s, &m);
			break;
		case CLIENT_PING:
			on_ping(s, &m);
			break;
		case CLIENT_AUTHENTICATE:
			on_authenticate(s, &m);
			break;
		}
	}
	client_message_clear(&m);
}

static bool too_many(struct session *s)
{
	if (s->server->now_ms - s->messages_ms >= MS_PER_S || s->server->now_ms < s->messages_ms) {
		s->messages_ms = s->server->now_ms;
		s->messages = 0;
	}
	return ++s->messages > SESSION_MESSAGES_PER_S;
}

void session_receive(struct session *s, const char *data, size_t len, bool first, bool last, bool binary)
{
	if (s->end)
		return;
	if (first) {
		buf_reset(&s->in);
		s->pieces = 0;
		s->pieces_ms = s->server->now_ms;
	}
	if (binary) {
		session_end(s, SESSION_END_BINARY, "Messages are text");
	} else if (s->in.len + len > CLIENT_MESSAGE_MAX) {
		session_end(s, SESSION_END_TOO_BIG, "A message has at most 16 KiB");
	} else if (++s->pieces > SESSION_PIECES_MAX) {
		session_end(s, SESSION_END_MISUSE, "A message has at most 1024 fragments");
	} else {
		buf_add(&s->in, data, len);
		if (!last)
			return;
		s->pieces_ms = 0;
		if (too_many(s))
			session_end(s, SESSION_END_MISUSE, "More than 100 messages a second");
		else
			on_message(s);
	}
	buf_clear(&s->in);
}

/* The clock was set back since: what waits for a time begins to wait now. */
static void not_ahead(int64_t *ms, int64_t now_ms)
{
	if (*ms > now_ms)
		*ms = now_ms;
}

void session_sweep(struct session *s, int64_t now_ms)
{
	if (s->end)
		return;
	not_ahead(&s->opened_ms, now_ms);
	not_ahead(&s->pieces_ms, now_ms);
	not_ahead(&s->sent_ms, now_ms);
	if (!s->place && now_ms - s->opened_ms >= SESSION_AUTH_MS)
		session_end(s, SESSION_END_MUTE, "No authenticate came within 5 seconds");
	else if (s->place && now_ms >= s->who.ends_ms)
		session_end(s, SESSION_END_UNAUTHORIZED, "The token has expired");
	else if (s->pieces_ms && now_ms - s->pieces_ms >= SESSION_PIECES_MS)
		session_end(s, SESSION_END_MISUSE, "A message took longer than 10 seconds to arrive");
	else if (s->kind == SESSION_EVENTS && hub_peek(s->client) && now_ms - s->sent_ms >= SESSION_STUCK_MS)
		session_end(s, SESSION_END_TRY_LATER, "Nothing was read for a minute. Come back with Last-Event-ID");
	else if (s->kind == SESSION_EVENTS && now_ms - s->sent_ms >= SESSION_HEARTBEAT_MS) {
		s->heartbeat = true;
		s->wake(s->user);
	}
}
