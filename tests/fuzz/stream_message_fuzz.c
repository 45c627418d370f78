/* What a client says over the WebSocket, and what stands in the address of an event stream: whatever comes in, the outcome is one of the two that there are. */
#include "config.h"

#include "lib/buf.h"
#include "stream/client_message.h"
#include "stream/handshake.h"
#include "stream/query.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_message(const uint8_t *data, size_t size)
{
	struct client_message m;
	struct err e;

	if (client_message_parse((const char *)data, size, &m, &e) == 0) {
		if ((m.action == CLIENT_SUBSCRIBE && (!m.filter.topics || m.filter.topics & ~LIVE_TOPICS_ALL || m.filter.ids_n > LIVE_IDS_MAX || m.since < -1)) ||
		    (m.action == CLIENT_SINCE && m.since < 0) || (m.action == CLIENT_AUTHENTICATE && !m.token))
			abort();
	} else if (e.code != ERR_INVALID || !e.msg[0]) {
		abort();
	}
	client_message_clear(&m);
}

/* The same bytes as the texts of a request. */
static void check_request(const char *text)
{
	struct handshake h = {text, "lab.example", text, text, text, text};
	enum handshake_credential kind;
	struct query q;
	char *token;
	struct err e;

	err_clear(&e);
	query_init(&q);
	query_add(&q, text, &e);
	query_last_event_id(&q, text, &e);
	if (e.details_n == 0 && q.since < -1)
		abort();
	if (handshake_check(&h, "https://lab.example", &kind, &token, &e) == -1 && token)
		abort();
	free(token);
	h.origin = NULL;
	if (handshake_check(&h, text, &kind, &token, &e) == 0 && kind != HANDSHAKE_NOTHING && (!token || !*token))
		abort();
	free(token);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf text = {0};

	check_message(data, size);
	buf_add(&text, data, size);
	check_request(buf_str(&text));
	buf_clear(&text);
	return 0;
}
