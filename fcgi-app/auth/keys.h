/*
 * What tokens are signed and verified with: the secret, the one before it (accepted while tokens are exchanged), and optionally the public key of an outside identity
 * provider.  They are files; a process that lives long asks keys_refresh() once in a while and so agrees with the others a second or two after a rotation.
 *
 * A secret shorter than KEYS_SECRET_MIN is refused, because an empty one makes libjwt accept unsigned tokens and a short one can be guessed.
 */
#ifndef AUTH_KEYS_H
#define AUTH_KEYS_H

#include "lib/conf.h"
#include "lib/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KEYS_SECRET_MIN 32
#define KEYS_SECRET_MAX 1024
#define KEYS_REFRESH_MS 1000

enum keys_outside { KEYS_OUTSIDE_NONE, KEYS_OUTSIDE_RS256, KEYS_OUTSIDE_ES256 };

struct keys;

/* ERR_INVALID, ERR_NOTFOUND: the message names the file and says what to do. */
int keys_open(struct keys **out, const struct conf *conf, struct err *e);
void keys_close(struct keys *k);
/*
 * Look whether the files have changed, at most once in KEYS_REFRESH_MS.  True when other keys are in force now: what was verified with the old ones must be verified again.
 * Files that have become unusable are logged, and the old keys stay.
 */
bool keys_refresh(struct keys *k, int64_t now_ms);

/* For auth/token.c.  Borrowed; *len 0: there is none. */
const unsigned char *keys_secret(const struct keys *k, bool previous, size_t *len);
enum keys_outside keys_outside(const struct keys *k, const unsigned char **pem, size_t *len);

/* A new secret file (mode 0600) with 48 random bytes as text; ERR_CONFLICT when path exists. */
int keys_make_secret(const char *path, struct err *e);
/* The secret becomes the previous one, a new one takes its place. */
int keys_rotate_secret(const char *path, const char *previous_path, struct err *e);

#endif
