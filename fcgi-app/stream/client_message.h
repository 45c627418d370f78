/*
 * What a client may say over the WebSocket, parsed and checked; pure.
 *
 *	{"action":"subscribe","topics":["experiments"],"experiment_ids":["exp_001"],"since":1042,"interval":5}
 *	{"action":"unsubscribe","topics":["metrics"]}
 *	{"action":"since","since":1042}
 *	{"action":"ping"}
 *	{"action":"authenticate","token":"eyJ…"}
 *
 * Each may have "ref", a short text that comes back in the answer.
 */
#ifndef STREAM_CLIENT_MESSAGE_H
#define STREAM_CLIENT_MESSAGE_H

#include "lib/err.h"
#include "platform/live.h"

#include <stddef.h>
#include <stdint.h>

#define CLIENT_MESSAGE_MAX (16u * 1024u) /* bytes of one message */
#define CLIENT_TOKEN_MAX 8192u           /* longer ones are no tokens; which are good is authorize.h's business */
#define CLIENT_REF_MAX 64u               /* code points */

enum client_action { CLIENT_SUBSCRIBE, CLIENT_UNSUBSCRIBE, CLIENT_SINCE, CLIENT_PING, CLIENT_AUTHENTICATE };

struct client_message {
	enum client_action action;
	struct live_filter filter; /* subscribe */
	int64_t since;             /* subscribe: -1 when absent; since */
	unsigned topics;           /* unsubscribe: which; all when absent */
	char *token;               /* authenticate */
	char *ref;                 /* NULL when absent; also set when the rest is wrong, so that the error can carry it */
};

/* ERR_INVALID with details that name the members that are wrong.  Release with client_message_clear() in either case. */
int client_message_parse(const char *text, size_t len, struct client_message *m, struct err *e);
void client_message_clear(struct client_message *m);

#endif
