/*
 * The rules of the door, on plain text: what a request asks for, whether its Origin may, and which credential it brings.  Pure.
 *
 * A browser sends its cookie to us whoever's page it shows, so a cookie counts only together with an Origin of our own (or a trusted one); and an Origin that
 * is foreign is refused whatever else is there.  Programs send no Origin and bring a bearer token, in a header or in the first message.
 */
#ifndef STREAM_HANDSHAKE_H
#define STREAM_HANDSHAKE_H

#include "lib/err.h"

#include <stdbool.h>
#include <stddef.h>

enum handshake_target { HANDSHAKE_ELSEWHERE, HANDSHAKE_SOCKET, HANDSHAKE_EVENTS };
enum handshake_credential { HANDSHAKE_NOTHING, HANDSHAKE_BEARER, HANDSHAKE_COOKIE };

/* Header values as they came; NULL: absent. */
struct handshake {
	const char *path;
	const char *host;
	const char *origin;
	const char *fetch_site; /* Sec-Fetch-Site */
	const char *authorization;
	const char *cookie;
};

/* By the end of the path, so that a prefix may stand before it. */
enum handshake_target handshake_target(const char *path);
/*
 * Which credential counts; *token is then the caller's.  trusted: origins separated by blanks.  ERR_FORBIDDEN: a foreign origin.  ERR_UNAUTHORIZED: an
 * Authorization header that is not of the form "Bearer TOKEN".
 */
int handshake_check(const struct handshake *h, const char *trusted, enum handshake_credential *kind, char **token, struct err *e);

#endif
