/*
 * A request as the web server handed it over, without FastCGI: what the gateway fills and the dispatcher reads.  Tests and the fuzzer make one by hand.
 * Everything is borrowed.
 *
 * Only REMOTE_ADDR says who calls.  X-Forwarded-For and its kin are looked at for one thing: that they are there, which means that somebody stands between.
 */
#ifndef API_WIRE_H
#define API_WIRE_H

#include <stdbool.h>
#include <stddef.h>

struct wire {
	/* NULL: absent or empty */
	const char *method;
	const char *uri;         /* REQUEST_URI, as sent */
	const char *script_name; /* where this API is mounted, decoded */
	const char *remote_addr;
	const char *server_addr;
	const char *https; /* HTTPS, or REQUEST_SCHEME where the server sets that */
	const char *host;
	const char *content_type;
	const char *content_length;
	const char *content_encoding;
	const char *authorization;
	const char *cookie;
	const char *origin;
	const char *sec_fetch_site;
	const char *if_none_match;
	const char *if_match;
	const char *idempotency_key;
	const char *forwarded_proto;
	const char *forwarded;  /* any of the forwarded headers */
	const char *duplicated; /* name of a header that stands there twice: one of them may be forged (X_Forwarded_For beside X-Forwarded-For) */

	const char *body; /* NUL-terminated, "" when there is none */
	size_t body_len;
	bool body_short;   /* not as many bytes came as CONTENT_LENGTH said */
	bool body_too_big; /* more than WIRE_BODY_MAX; body holds only the beginning */
};

/* No route takes more, and the web server's own limit is the same; what is beyond is not kept. */
#define WIRE_BODY_MAX ((size_t)256 * 1024)

/* Fill w from NAME=value strings, NULL-terminated; the body is left empty. */
void wire_from_env(struct wire *w, char *const *env);

#endif
