/* Headers in, plain answers out; see wire.h. */
#include "config.h"

#include "stream/wire.h"

#include "lib/buf.h"
#include "lib/json_out.h"
#include "lib/log.h"
#include "lib/mem.h"
#include "platform/failure.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

/* Headers of an answer of ours: a handful of short lines. */
#define HEAD_MAX 1024
/* To close in good order; then the socket is cut. */
#define CLOSE_S 5

char *wire_header(struct lws *wsi, enum lws_token_indexes token)
{
	int len = lws_hdr_total_length(wsi, token);
	char *value;

	if (len <= 0)
		return NULL;
	value = mem_alloc((size_t)len + 1);
	if (lws_hdr_copy(wsi, value, len + 1, token) < 0) {
		free(value);
		return NULL;
	}
	return value;
}

char *wire_custom_header(struct lws *wsi, const char *name)
{
	int name_len = (int)strlen(name), len = lws_hdr_custom_length(wsi, name, name_len);
	char *value;

	if (len < 0)
		return NULL;
	value = mem_alloc((size_t)len + 1);
	if (len > 0 && lws_hdr_custom_copy(wsi, value, len + 1, name, name_len) < 0) {
		free(value);
		return NULL;
	}
	return value;
}

void wire_handshake(struct lws *wsi, struct handshake *h)
{
	static const enum lws_token_indexes paths[] = {WSI_TOKEN_GET_URI, WSI_TOKEN_HEAD_URI, WSI_TOKEN_OPTIONS_URI, WSI_TOKEN_POST_URI, WSI_TOKEN_PUT_URI,
						       WSI_TOKEN_PATCH_URI, WSI_TOKEN_DELETE_URI};
	size_t i;

	memset(h, 0, sizeof(*h));
	for (i = 0; i < ARRAY_LEN(paths) && !h->path; i++)
		h->path = wire_header(wsi, paths[i]);
	if (!h->path)
		h->path = mem_strdup("");
	h->host = wire_header(wsi, WSI_TOKEN_HOST);
	h->origin = wire_header(wsi, WSI_TOKEN_ORIGIN);
	h->authorization = wire_header(wsi, WSI_TOKEN_HTTP_AUTHORIZATION);
	h->cookie = wire_header(wsi, WSI_TOKEN_HTTP_COOKIE);
	h->fetch_site = wire_custom_header(wsi, "sec-fetch-site:");
}

void wire_handshake_clear(struct handshake *h)
{
	free((char *)h->path);
	free((char *)h->host);
	free((char *)h->origin);
	free((char *)h->authorization);
	free((char *)h->cookie);
	free((char *)h->fetch_site);
	memset(h, 0, sizeof(*h));
}

static void request_id(char out[17])
{
	uint64_t n = 0;

	if (getrandom(&n, sizeof(n), 0) != sizeof(n))
		n = (uint64_t)(uintptr_t)out;
	snprintf(out, 17, "%016" PRIx64, n);
}

static int header(struct lws *wsi, const char *name, const char *value, unsigned char **p, unsigned char *end)
{
	return lws_add_http_header_by_name(wsi, (const unsigned char *)name, (const unsigned char *)value, (int)strlen(value), p, end);
}

/* Head and body in one write, then the end of the transaction: the connection is closed, since we do not know what a refused client still sends. */
static int answer(struct lws *wsi, int status, const char *extra_name, const char *extra, int retry_s, const char *id, const struct buf *body)
{
	size_t len = body ? body->len : 0;
	unsigned char *room = mem_alloc(LWS_PRE + HEAD_MAX + len), *start = room + LWS_PRE, *p = start, *end = start + HEAD_MAX;
	char number[24];
	int rc = -1;

	if (lws_add_http_common_headers(wsi, (unsigned)status, body ? "application/json" : NULL, LWS_ILLEGAL_HTTP_CONTENT_LEN, &p, end))
		goto out;
	snprintf(number, sizeof(number), "%zu", len);
	if ((status != 204 && header(wsi, "content-length:", number, &p, end)) || header(wsi, "cache-control:", "no-store", &p, end))
		goto out;
	if (extra_name && header(wsi, extra_name, extra, &p, end))
		goto out;
	snprintf(number, sizeof(number), "%d", retry_s);
	if ((retry_s > 0 && header(wsi, "retry-after:", number, &p, end)) || (id && header(wsi, "x-request-id:", id, &p, end)))
		goto out;
	if (lws_finalize_http_header(wsi, &p, end))
		goto out;
	if (len)
		memcpy(p, body->data, len);
	if (lws_write(wsi, start, (size_t)(p - start) + len, LWS_WRITE_HTTP_HEADERS) < 0)
		goto out;
	rc = lws_http_transaction_completed(wsi) ? -1 : 0;
out:
	free(room);
	return rc;
}

int wire_refuse(struct lws *wsi, const struct err *e, const char *path)
{
	bool head = lws_hdr_total_length(wsi, WSI_TOKEN_HEAD_URI) > 0;
	struct buf body = {0};
	struct json_out j;
	char id[17];
	int rc;

	request_id(id);
	log_request(id);
	log_info("refused path=\"%s\" status=%d code=%s reason=\"%s\"", path, failure_status(e->code), failure_word(e->code), e->msg);
	log_request(NULL);
	json_out_init(&j, &body);
	failure_put(&j, e, id);
	rc = answer(wsi, failure_status(e->code), e->code == ERR_UNAUTHORIZED ? "www-authenticate:" : e->code == ERR_METHOD ? "allow:" : NULL,
		    e->code == ERR_UNAUTHORIZED ? "Bearer realm=\"flopynet\"" : "GET, HEAD, OPTIONS", failure_retry_s(e), id, head ? NULL : &body);
	buf_clear(&body);
	return rc;
}

int wire_allow(struct lws *wsi)
{
	return answer(wsi, 204, "allow:", "GET, HEAD, OPTIONS", 0, NULL, NULL);
}

void wire_wake(void *arg)
{
	struct wire *w = arg;

	lws_callback_on_writable(w->wsi);
	/* Where it cannot even be written to any more, it is cut. */
	if (w->session && w->session->end)
		lws_set_timeout(w->wsi, PENDING_TIMEOUT_CLOSE_SEND, CLOSE_S);
}
