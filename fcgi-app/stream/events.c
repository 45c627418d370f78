/* Server-sent events; see events.h. */
#include "config.h"

#include "stream/events.h"

#include "lib/buf.h"
#include "lib/json_out.h"
#include "lib/log.h"
#include "lib/mem.h"
#include "stream/admission.h"
#include "stream/query.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define HEAD_MAX 1024
/* Queued messages are put together up to this size for one write. */
#define WRITE_BYTES 16384u

/* The query and Last-Event-ID; all that is wrong at once. */
static int read_query(struct lws *wsi, struct query *q, struct err *e)
{
	char *pair = mem_alloc(16384), *last;
	int i;

	err_clear(e);
	query_init(q);
	for (i = 0; lws_hdr_copy_fragment(wsi, pair, 16384, WSI_TOKEN_HTTP_URI_ARGS, i) > 0; i++)
		query_add(q, pair, e);
	last = wire_custom_header(wsi, "last-event-id:");
	if (last)
		query_last_event_id(q, last, e);
	free(last);
	free(pair);
	return err_collected(e, "The query has parameters that are not right");
}

static int send_head(struct lws *wsi, const struct handshake *h)
{
	unsigned char room[LWS_PRE + HEAD_MAX], *start = room + LWS_PRE, *p = start, *end = start + HEAD_MAX;
	static const char *const lines[][2] = {
		{"cache-control:", "no-store"},
		{"x-accel-buffering:", "no"}, /* for nginx, where the location does not say so itself */
		{"x-content-type-options:", "nosniff"},
	};
	size_t i;

	if (lws_add_http_common_headers(wsi, HTTP_STATUS_OK, "text/event-stream", LWS_ILLEGAL_HTTP_CONTENT_LEN, &p, end))
		return -1;
	for (i = 0; i < ARRAY_LEN(lines); i++)
		if (lws_add_http_header_by_name(wsi, (const unsigned char *)lines[i][0], (const unsigned char *)lines[i][1], (int)strlen(lines[i][1]), &p, end))
			return -1;
	if (h->origin && (lws_add_http_header_by_name(wsi, (const unsigned char *)"access-control-allow-origin:", (const unsigned char *)h->origin,
						      (int)strlen(h->origin), &p, end) ||
			  lws_add_http_header_by_name(wsi, (const unsigned char *)"access-control-allow-credentials:", (const unsigned char *)"true", 4, &p, end) ||
			  lws_add_http_header_by_name(wsi, (const unsigned char *)"vary:", (const unsigned char *)"Origin", 6, &p, end)))
		return -1;
	if (lws_finalize_http_header(wsi, &p, end))
		return -1;
	return lws_write(wsi, start, (size_t)(p - start), LWS_WRITE_HTTP_HEADERS) < 0 ? -1 : 0;
}

/* What comes before the first message: how long to wait before coming back, and from where, should it break off before there was any. */
static void send_first(struct session *s, int64_t since)
{
	struct buf b = {0};
	struct hub_message *m;

	buf_addf(&b, "retry: 3000\nid: %" PRId64 "\n\n", since);
	m = hub_message_new("", b.data, b.len);
	hub_send(s->client, m);
	hub_message_drop(m);
	buf_clear(&b);
}

static int begin(struct server *srv, struct wire *w, const struct handshake *h, const struct admission *a, const struct query *q)
{
	struct err e;

	if (send_head(w->wsi, h) == -1)
		return -1;
	w->session = session_new(srv, SESSION_EVENTS, wire_wake, w);
	if (session_enter(w->session, &a->who, &e) == -1)
		return -1;
	lws_http_headers_detach(w->wsi); /* gives the header storage back */
	lws_set_timeout(w->wsi, NO_PENDING_TIMEOUT, 0);
	feed_refresh(srv->feed, srv->now_ms); /* before it is subscribed: what is older than the first line is not live */
	hub_subscribe(w->session->client, &q->filter);
	send_first(w->session, q->since >= 0 ? q->since : feed_last(srv->feed));
	feed_follow(srv->feed, w->session->client, q->since);
	return 0;
}

static int open_stream(struct server *srv, struct wire *w, const struct handshake *h)
{
	struct admission a;
	struct query q;
	struct err e;

	admission_decide(srv, h, SESSION_EVENTS, &a, &e);
	if (a.outcome != ADMISSION_KNOWN || read_query(w->wsi, &q, &e) == -1)
		return wire_refuse(w->wsi, &e, h->path);
	if (session_check_filter(srv, &a.who, &q.filter, &e) == -1) {
		if (e.code == ERR_NOTFOUND)
			e.code = ERR_INVALID; /* it is the query that names what does not exist; the path does */
		return wire_refuse(w->wsi, &e, h->path);
	}
	if (lws_hdr_total_length(w->wsi, WSI_TOKEN_HEAD_URI) > 0)
		return send_head(w->wsi, h) == -1 || lws_http_transaction_completed(w->wsi) ? -1 : 0;
	return begin(srv, w, h, &a, &q);
}

int events_request(struct server *srv, struct wire *w)
{
	bool get = lws_hdr_total_length(w->wsi, WSI_TOKEN_GET_URI) > 0 || lws_hdr_total_length(w->wsi, WSI_TOKEN_HEAD_URI) > 0;
	enum handshake_target target;
	struct handshake h;
	struct err e;
	int rc;

	wire_handshake(w->wsi, &h);
	target = handshake_target(h.path);
	if (target == HANDSHAKE_ELSEWHERE) {
		err_set(&e, ERR_NOTFOUND, "There is nothing here: live updates are at /ws/dashboard and /api/v1/events/stream");
		rc = wire_refuse(w->wsi, &e, h.path);
	} else if (lws_hdr_total_length(w->wsi, WSI_TOKEN_OPTIONS_URI) > 0) {
		rc = wire_allow(w->wsi);
	} else if (!get) {
		err_set(&e, ERR_METHOD, "Only GET works here");
		rc = wire_refuse(w->wsi, &e, h.path);
	} else if (target == HANDSHAKE_SOCKET) {
		err_set(&e, ERR_INVALID, "This is a WebSocket: connect with Upgrade: websocket");
		rc = wire_refuse(w->wsi, &e, h.path);
	} else {
		rc = open_stream(srv, w, &h);
	}
	wire_handshake_clear(&h);
	return rc;
}

/* One message as an event.  Its text is JSON, in which a line break can only be white space. */
static void put_event(struct buf *b, const struct hub_message *m)
{
	size_t i, at;

	if (m->type[0] == '\0') { /* written for this form already */
		buf_add(b, m->text, m->len);
		return;
	}
	if (m->id)
		buf_addf(b, "id: %" PRId64 "\n", m->id);
	buf_addf(b, "event: %s\ndata: ", m->type);
	at = b->len;
	buf_add(b, m->text, m->len);
	for (i = at; i < b->len; i++)
		if (b->data[i] == '\n' || b->data[i] == '\r')
			b->data[i] = ' ';
	buf_adds(b, "\n\n");
}

static void put_end(struct buf *b, const struct session *s)
{
	struct json_out j;

	buf_adds(b, "event: end\ndata: ");
	json_out_init(&j, b);
	json_object_begin(&j, NULL);
	json_put_string(&j, "type", "end");
	json_object_begin(&j, "data");
	json_put_string(&j, "code", session_end_word(s->end));
	json_put_string(&j, "message", s->reason);
	json_object_end(&j);
	json_object_end(&j);
	buf_adds(b, "\n\n");
}

/* A comment; with the newest id where all before it was sent or not wanted, so that who comes back need not go through that again. */
static void put_heartbeat(struct buf *b, const struct session *s)
{
	buf_adds(b, ": ping\n");
	if (!hub_is_behind(s->client))
		buf_addf(b, "id: %" PRId64 "\n", feed_last(s->server->feed));
	buf_adds(b, "\n");
}

void events_check(struct wire *w)
{
	char byte;
	ssize_t n = recv(lws_get_socket_fd(w->wsi), &byte, 1, MSG_PEEK | MSG_DONTWAIT);

	/* One that goes on talking is no reader either, and what nobody reads would wake us again and again. */
	if (n >= 0 || (errno != EAGAIN && errno != EINTR))
		lws_set_timeout(w->wsi, PENDING_TIMEOUT_CLOSE_SEND, LWS_TO_KILL_ASYNC);
}

int events_write(struct wire *w)
{
	struct session *s = w->session;
	struct buf b = {0};
	int rc = 0;

	if (!s)
		return 0;
	if (w->ending)
		return -1; /* the last words have left */
	(void)buf_reserve(&b, LWS_PRE);
	b.len = LWS_PRE;
	if (s->end) {
		put_end(&b, s);
		w->ending = true;
	} else {
		while (hub_peek(s->client) && b.len < WRITE_BYTES) {
			struct hub_message *m = hub_take(s->client);

			put_event(&b, m);
			hub_message_drop(m);
		}
		if (s->heartbeat && b.len == LWS_PRE)
			put_heartbeat(&b, s);
		s->heartbeat = false;
	}
	if (b.len > LWS_PRE) {
		s->sent_ms = s->server->now_ms;
		if (lws_write(w->wsi, (unsigned char *)b.data + LWS_PRE, b.len - LWS_PRE, LWS_WRITE_HTTP) < 0)
			rc = -1;
	}
	buf_clear(&b);
	if (rc == 0 && (w->ending || hub_peek(s->client)))
		lws_callback_on_writable(w->wsi);
	return rc;
}
