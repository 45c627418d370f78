/* Passwords: yescrypt through crypt(3), about a tenth of a second each on purpose. */
#ifndef AUTH_PASSWORD_H
#define AUTH_PASSWORD_H

#include "lib/err.h"

#include <stdbool.h>

#define PASSWORD_MIN 10  /* code points */
#define PASSWORD_MAX 200 /* code points: long enough for phrases, short enough that hashing one costs no more than another */
#define PASSWORD_HASH_MAX 384

/* ERR_INVALID where the length is out of bounds. */
int password_check(const char *password, struct err *e);
int password_hash(const char *password, char out[PASSWORD_HASH_MAX], struct err *e);
/* hash NULL (no such user): takes the same time and is false. */
bool password_matches(const char *password, const char *hash);

#endif
