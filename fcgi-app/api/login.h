/*
 * Slowing down who guesses passwords: failed logins are counted per user and per address over a quarter of an hour, in shared memory.  The right password for a user that has
 * been tried too often is refused too, or guessing would only need patience.
 */
#ifndef API_LOGIN_H
#define API_LOGIN_H

#include "api/request.h"

#define LOGIN_WINDOW_MS (INT64_C(900) * 1000)
#define LOGIN_USER_MAX 5     /* failures for one user */
#define LOGIN_ADDRESS_MAX 20 /* failures from one address, which may be a proxy or a whole lab */

/* ERR_RATE when it is too much.  Counts the attempt as failed beforehand, so that many at once get no further than one after the other. */
int login_attempt(const struct request *q, const char *user, struct err *e);
/* It was the right password: the user's failures are forgiven, the address's count is not raised. */
void login_succeeded(const struct request *q, const char *user);
/* It was not. */
void login_failed(const struct request *q);

#endif
