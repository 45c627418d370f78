/*
 * Who asks: from the Authorization header or the cookie of a login to a struct identity.
 *
 * Verified tokens are remembered (their text, exactly) until they expire or the keys change.  When the store has moved since the last look, only the row is read again, so that a
 * revocation counts with the next request and a busy client costs no signature.
 *
 * With authentication switched off everybody on this machine is a local admin, and nobody else is anybody: a request that came through another proxy, or was sent to a name that is not
 * localhost (a page that had its name point here), is not from this machine.
 */
#ifndef API_IDENTITY_H
#define API_IDENTITY_H

#include "api/request.h"
#include "api/wire.h"
#include "auth/token.h"

#define SESSION_COOKIE "flopynet_session"

struct identities *identities_new(void);
void identities_free(struct identities *all);

/*
 * Fill q->who and q->by_cookie.  0 also when nothing was shown (who is then nobody, with subject "anonymous"); ERR_UNAUTHORIZED, ERR_FORBIDDEN (authentication is off, and this is not
 * this machine), or what the store says.  version: store_version() of this request.
 */
int identity_find(struct request *q, const struct wire *w, int64_t version, struct err *e);
/* The claims of a token that is good now. */
int identity_check(struct app *app, const char *token, int64_t version, int64_t now_ms, const struct claims **claims, struct err *e);

#endif
