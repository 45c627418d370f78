/* libfcgi; see gateway.h. */
#include "config.h"

#include "api/gateway.h"

#include "lib/log.h"
#include "lib/text.h"

#include <errno.h>
#include <fcgiapp.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * libfcgi waits for a silent peer, first for the first byte of a new connection, then for the end of a finished one: 2 s each if it is not told otherwise.
 * The web server on the same machine needs neither; a worker must not be held up.
 */
#define PEER_WAIT_MS "250"

#define BLOCK 16384

static FCGX_Request fcgi;

void gateway_init(int listen_fd)
{
	setenv("LIBFCGI_IS_AF_UNIX_KEEPER_POLL_TIMEOUT", PEER_WAIT_MS, 1);
	setenv("LIBFCGI_OS_CLOSE_POLL_TIMEOUT", PEER_WAIT_MS, 1);
	if (FCGX_Init() != 0 || FCGX_InitRequest(&fcgi, listen_fd, FCGI_FAIL_ACCEPT_ON_INTR) != 0) {
		log_error("FastCGI does not start");
		exit(1);
	}
}

/* Read to the end in any case: libfcgi would otherwise drain what is left while the peer may drip it. */
static void read_body(struct wire *w)
{
	static struct buf body; /* its memory is used again and again */
	int64_t announced = -1;
	size_t total = 0;
	int n;

	buf_reset(&body);
	do {
		char *to = buf_reserve(&body, BLOCK);

		n = FCGX_GetStr(to, BLOCK, fcgi.in);
		if (n <= 0)
			break;
		total += (size_t)n;
		if (total <= WIRE_BODY_MAX)
			body.len = total;
	} while (n == BLOCK);
	body.data[body.len] = '\0';
	w->body = body.data;
	w->body_len = body.len;
	w->body_too_big = total > WIRE_BODY_MAX;
	/* A server that sends no length has sent what there is. */
	if (w->content_length)
		w->body_short = !text_to_i64(w->content_length, &announced) || announced < 0 || total != (size_t)announced;
	if (FCGX_GetError(fcgi.in) != 0)
		w->body_short = true;
}

int gateway_accept(struct wire *w)
{
	int rc = FCGX_Accept_r(&fcgi);

	switch (rc) {
	case 0:
		break;
	case -EAGAIN:
#if EWOULDBLOCK != EAGAIN
	case -EWOULDBLOCK:
#endif
	case -EINTR:
	case -ECONNABORTED:
	case -EPROTO:
		return 0;
	case -EMFILE:
	case -ENFILE:
	case -ENOBUFS:
	case -ENOMEM:
		log_warning("accept: %s; waiting a little", strerror(-rc));
		usleep(50000);
		return 0;
	default:
		log_error("accept failed: %s", rc > -4096 ? strerror(-rc) : "libfcgi");
		return -1;
	}
	wire_from_env(w, fcgi.envp);
	read_body(w);
	return 1;
}

static void put(const void *data, size_t len)
{
	while (len > 0) {
		int n = len > INT32_MAX ? INT32_MAX : (int)len;

		if (FCGX_PutStr(data, n, fcgi.out) != n)
			return; /* the client is gone */
		data = (const char *)data + n;
		len -= (size_t)n;
	}
}

/* No more than was announced, should the file grow meanwhile. */
static void send_file(int fd, int64_t left)
{
	char block[65536];
	ssize_t n;

	while (left > 0 && (n = read(fd, block, left < (int64_t)sizeof(block) ? (size_t)left : sizeof(block))) > 0) {
		put(block, (size_t)n);
		left -= n;
		if (FCGX_GetError(fcgi.out) != 0)
			return;
	}
}

static const char *reason_of(int status)
{
	switch (status) {
	case 200: return "OK";
	case 201: return "Created";
	case 202: return "Accepted";
	case 204: return "No Content";
	case 304: return "Not Modified";
	default: return "Error";
	}
}

void gateway_send(struct response *r, bool head_only)
{
	static struct buf head; /* its memory is used again and again */
	bool body = r->status != 204 && r->status != 304;

	buf_reset(&head);
	buf_addf(&head, "Status: %d %s\r\n", r->status, reason_of(r->status));
	if (body)
		buf_addf(&head, "Content-Type: %s\r\nContent-Length: %lld\r\n", r->content_type, (long long)(r->fd != -1 ? r->file_size : (int64_t)r->body.len));
	buf_add(&head, r->headers.data, r->headers.len);
	buf_add(&head, "\r\n", 2);
	if (body && !head_only && r->fd == -1)
		buf_add(&head, r->body.data, r->body.len);
	put(head.data, head.len);
	if (body && !head_only && r->fd != -1)
		send_file(r->fd, r->file_size);
	if (head.cap > (1u << 20))
		buf_clear(&head); /* one large answer must not hold memory for ever */
}

void gateway_finish(void)
{
	FCGX_Finish_r(&fcgi);
}
