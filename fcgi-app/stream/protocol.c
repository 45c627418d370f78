/* The sockets; see protocol.h. */
#include "config.h"

#include "stream/protocol.h"

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/mem.h"
#include "stream/admission.h"
#include "stream/events.h"
#include "stream/session.h"
#include "stream/wire.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

_Static_assert(HUB_HEADROOM >= LWS_PRE, "messages have no room for the frame header");

/*
 * A web server in front gives up on a socket that is silent: lighttpd after 60 s without a word from the client, nginx after 60 s without one from us.
 * A ping each 20 s is a word from both; what has not answered for 30 s is gone.
 */
static const lws_retry_bo_t liveness = {.secs_since_valid_ping = 20, .secs_since_valid_hangup = 30};

#define HEADER_BYTES 16384 /* a long token or cookie; the web server in front has a limit of its own */
#define RX_BYTES 2048      /* of a message at a time; memory of each connection */
#define STOP_MS 2000
#define CHECK_MS 250       /* between looks for event streams whose reader has left */

struct protocol {
	struct server *server;
	struct lws_context *context;
	lws_sorted_usec_list_t turn;
	int64_t checked_ms; /* when event streams were last looked at */
};

/* Before the upgrade: say no while an HTTP answer can still be given.  0: go on; 1: answered; -1: hang up. */
static int confirm_upgrade(struct server *srv, struct lws *wsi, const char *to)
{
	struct admission a;
	struct handshake h;
	struct err e;
	int rc = 0;

	if (!to || strcasecmp(to, "websocket") != 0)
		return -1; /* HTTP/2 without TLS, which nobody in front of us speaks */
	wire_handshake(wsi, &h);
	if (handshake_target(h.path) == HANDSHAKE_SOCKET) {
		admission_decide(srv, &h, SESSION_SOCKET, &a, &e);
	} else {
		a.outcome = ADMISSION_REFUSED;
		err_set(&e, ERR_NOTFOUND, "There is nothing here: the WebSocket is at /ws/dashboard");
	}
	if (a.outcome == ADMISSION_REFUSED)
		rc = wire_refuse(wsi, &e, h.path) == 0 ? 1 : -1;
	wire_handshake_clear(&h);
	return rc;
}

static void closed(struct wire *w)
{
	session_free(w->session);
	w->session = NULL;
}

/* The same decision again, since nothing is kept between the two callbacks; the headers are still there. */
static int established(struct server *srv, struct lws *wsi, struct wire *w)
{
	struct admission a;
	struct handshake h;
	struct err e;
	int rc = -1;

	wire_handshake(wsi, &h);
	admission_decide(srv, &h, SESSION_SOCKET, &a, &e);
	wire_handshake_clear(&h);
	if (a.outcome == ADMISSION_REFUSED)
		return -1;
	w->wsi = wsi;
	w->session = session_new(srv, SESSION_SOCKET, wire_wake, w);
	if (a.outcome == ADMISSION_KNOWN)
		rc = session_enter(w->session, &a.who, &e);
	else
		rc = 0;
	if (a.outcome == ADMISSION_TURNED)
		session_end(w->session, a.end, a.reason);
	if (rc == -1)
		closed(w);
	return rc;
}

static int socket_write(struct wire *w)
{
	struct session *s = w->session;
	struct hub_message *m;
	int n, len;

	if (!s)
		return 0;
	if (s->end) {
		lws_close_reason(w->wsi, (enum lws_close_status)s->end, (unsigned char *)s->reason, strlen(s->reason));
		return -1;
	}
	m = hub_take(s->client);
	if (!m)
		return 0; /* libwebsockets calls more often than it was asked to */
	len = (int)m->len;
	n = lws_write(w->wsi, (unsigned char *)m->text, m->len, LWS_WRITE_TEXT);
	hub_message_drop(m);
	if (n < len)
		return -1;
	s->sent_ms = s->server->now_ms;
	if (hub_peek(s->client))
		lws_callback_on_writable(w->wsi);
	return 0;
}

static int callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
	struct protocol *p = lws_context_user(lws_get_context(wsi));
	struct wire *w = user;

	switch (reason) {
	case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
		return confirm_upgrade(p->server, wsi, in);
	case LWS_CALLBACK_ESTABLISHED:
		return established(p->server, wsi, w);
	case LWS_CALLBACK_RECEIVE:
		if (w->session)
			session_receive(w->session, in, len, lws_is_first_fragment(wsi) != 0,
					lws_is_final_fragment(wsi) != 0 && lws_remaining_packet_payload(wsi) == 0, lws_frame_is_binary(wsi) != 0);
		return 0;
	case LWS_CALLBACK_SERVER_WRITEABLE:
		return socket_write(w);
	case LWS_CALLBACK_HTTP:
		w->wsi = wsi;
		return events_request(p->server, w);
	case LWS_CALLBACK_HTTP_WRITEABLE:
		return events_write(w);
	case LWS_CALLBACK_CLOSED:
	case LWS_CALLBACK_CLOSED_HTTP:
		if (w)
			closed(w);
		return 0;
	default:
		return 0;
	}
}

static void check_streams(struct protocol *p, int64_t now_ms)
{
	struct session *s;

	if (now_ms >= p->checked_ms && now_ms - p->checked_ms < CHECK_MS)
		return;
	p->checked_ms = now_ms;
	for (s = p->server->sessions; s; s = s->next)
		if (s->kind == SESSION_EVENTS)
			events_check(s->user);
}

static void on_turn(lws_sorted_usec_list_t *sul)
{
	struct protocol *p = lws_container_of(sul, struct protocol, turn);
	int64_t now_ms = clock_wall_ms();
	bool more = server_turn(p->server, now_ms);

	check_streams(p, now_ms);

	lws_sul_schedule(p->context, 0, &p->turn, on_turn, more ? 1 : FEED_POLL_MS * LWS_US_PER_MS);
}

static void on_log(int level, const char *line)
{
	int len = (int)strcspn(line, "\n");

	if (level & LLL_ERR)
		log_error("libwebsockets: %.*s", len, line);
	else
		log_debug("libwebsockets: %.*s", len, line);
}

/* As many descriptors as we may have, but not so many that the tables for them cost more than the connections. */
static unsigned raise_fd_limit(void)
{
	struct rlimit lim;

	if (getrlimit(RLIMIT_NOFILE, &lim) == -1)
		return 1024;
	if (lim.rlim_cur < PROTOCOL_FDS_MAX && (lim.rlim_max == RLIM_INFINITY || lim.rlim_cur < lim.rlim_max)) {
		lim.rlim_cur = lim.rlim_max == RLIM_INFINITY || lim.rlim_max > PROTOCOL_FDS_MAX ? PROTOCOL_FDS_MAX : lim.rlim_max;
		if (setrlimit(RLIMIT_NOFILE, &lim) == -1)
			log_warning("cannot raise the limit of open files: %s", strerror(errno));
	}
	if (lim.rlim_cur < 1200)
		log_warning("only %u files may be open, which is also the limit of connections", (unsigned)lim.rlim_cur);
	return lim.rlim_cur > PROTOCOL_FDS_MAX ? PROTOCOL_FDS_MAX : (unsigned)lim.rlim_cur;
}

int protocol_open(struct protocol **out, struct server *srv, struct err *e)
{
	static const struct lws_protocols protocols[] = {
		{.name = "flopynet", .callback = callback, .per_session_data_size = sizeof(struct wire), .rx_buffer_size = RX_BYTES},
		{.name = NULL},
	};
	struct protocol *p = mem_alloc(sizeof(*p));
	struct lws_context_creation_info info;

	lws_set_log_level(LLL_ERR | LLL_WARN, on_log);
	memset(&info, 0, sizeof(info));
	info.port = (int)srv->conf->stream_port;
	info.iface = "127.0.0.1";
	info.protocols = protocols;
	info.user = p;
	info.gid = info.uid = -1;
	info.options = LWS_SERVER_OPTION_DISABLE_IPV6 | LWS_SERVER_OPTION_VALIDATE_UTF8;
	info.max_http_header_data = HEADER_BYTES;
	info.max_http_header_pool = 1024; /* headers are being read of so many connections at once; the storage is made when needed */
	info.fd_limit_per_thread = raise_fd_limit();
	info.retry_and_idle_policy = &liveness;
	info.timeout_secs = 10;
	info.keepalive_timeout = 10;
	p->server = srv;
	p->context = lws_create_context(&info);
	if (!p->context) {
		free(p);
		return err_set(e, ERR_INTERNAL, "cannot listen on 127.0.0.1:%d", info.port);
	}
	*out = p;
	return 0;
}

void protocol_close(struct protocol *p)
{
	if (!p)
		return;
	lws_sul_schedule(p->context, 0, &p->turn, NULL, LWS_SET_TIMER_USEC_CANCEL);
	lws_context_destroy(p->context);
	free(p);
}

void protocol_run(struct protocol *p, const volatile sig_atomic_t *stop)
{
	int64_t deadline_ms;

	on_turn(&p->turn);
	while (!*stop && lws_service(p->context, 0) >= 0)
		;
	server_stop(p->server);
	deadline_ms = clock_mono_ms() + STOP_MS;
	while (p->server->sessions && clock_mono_ms() < deadline_ms && lws_service(p->context, 0) >= 0)
		;
}
