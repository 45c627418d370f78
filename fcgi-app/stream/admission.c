/* The decision at the door; see admission.h. */
#include "config.h"

#include "stream/admission.h"

#include <stdlib.h>
#include <string.h>

static void known(struct server *srv, struct admission *a, struct err *e)
{
	if (roster_check(srv->roster, &a->who, e) == 0)
		a->outcome = ADMISSION_KNOWN;
	else
		server_probe(srv, &a->who);
}

static void nobody(struct server *srv, enum session_kind kind, struct admission *a, struct err *e)
{
	if (kind == SESSION_EVENTS)
		err_set(e, ERR_UNAUTHORIZED, "Send a token: Authorization: Bearer TOKEN, or log in");
	else if (srv->unknown_n >= SESSION_UNKNOWN_MAX)
		err_set(e, ERR_UNAVAILABLE, "Too many connections have not authenticated yet: try again in a moment");
	else
		a->outcome = ADMISSION_UNKNOWN;
}

/* What a page would not see is said by a close. */
static void turn(struct admission *a, const struct err *e)
{
	switch (e->code) {
	case ERR_UNAUTHORIZED:
		a->end = SESSION_END_UNAUTHORIZED;
		break;
	case ERR_FORBIDDEN:
		a->end = SESSION_END_FORBIDDEN;
		break;
	case ERR_RATE:
		a->end = SESSION_END_TRY_LATER;
		break;
	default:
		return;
	}
	a->outcome = ADMISSION_TURNED;
	session_reason(a->reason, e->msg);
}

void admission_decide(struct server *srv, const struct handshake *h, enum session_kind kind, struct admission *a, struct err *e)
{
	enum handshake_credential credential;
	char *token = NULL;

	memset(a, 0, sizeof(*a));
	a->outcome = ADMISSION_REFUSED;
	if (srv->stopping) {
		err_set(e, ERR_UNAVAILABLE, "Live updates restart: come back in a moment");
		e->retry_after_s = 1;
		return;
	}
	if (handshake_check(h, srv->conf->api_trusted_origins, &credential, &token, e) == -1)
		return;
	if (!authorize_required(srv->auth)) {
		authorize_anyone(&a->who);
		known(srv, a, e);
	} else if (credential == HANDSHAKE_NOTHING) {
		nobody(srv, kind, a, e);
	} else if (authorize_token(srv->auth, token, srv->now_ms, &a->who, e) == 0) {
		known(srv, a, e);
	}
	if (a->outcome == ADMISSION_REFUSED && credential == HANDSHAKE_COOKIE && kind == SESSION_SOCKET)
		turn(a, e);
	free(token);
}
