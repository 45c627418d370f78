/*
 * The one error convention of the tree: a fallible function takes `struct err *` last and returns 0 or -1.
 * The code says which kind of failure (the API turns it into an HTTP status in one place, api/problem.c), the message is one
 * plain sentence that a user may read, and the details name fields with what would be right.
 *
 * A struct err needs no clearing: err_set() starts it afresh, and it owns no memory.
 */
#ifndef LIB_ERR_H
#define LIB_ERR_H

#include <stddef.h>

enum err_code {
	ERR_NONE = 0,
	ERR_INVALID,        /* the caller's input is wrong */
	ERR_UNAUTHORIZED,   /* nobody, or a token that is not good */
	ERR_FORBIDDEN,      /* known, but may not */
	ERR_NOTFOUND,
	ERR_METHOD,         /* the path exists, the method does not */
	ERR_CONFLICT,       /* the state does not allow it */
	ERR_PRECONDITION,   /* If-Match names another version */
	ERR_TOOLARGE,
	ERR_MEDIATYPE,
	ERR_RATE,           /* too many requests */
	ERR_BUSY,           /* the store is locked: try again */
	ERR_UNAVAILABLE,    /* the monitor, an engine or a service is away: try again */
	ERR_FULL,           /* no space left */
	ERR_INTERNAL,       /* our fault; the message goes to the log, not to the user */
	ERR_CODE_MAX
};

#define ERR_FIELD_MAX 64
#define ERR_TEXT_MAX 200
#define ERR_DETAILS_MAX 48 /* more wrong fields than any body of ours has members */

struct err_detail {
	char field[ERR_FIELD_MAX];
	char text[ERR_TEXT_MAX];
};

struct err {
	enum err_code code;
	int retry_after_s; /* 0: none */
	char msg[320];
	size_t details_n;
	struct err_detail details[ERR_DETAILS_MAX];
};

/* Start e (may be NULL) afresh and return -1, so that a caller can write: return err_set(e, ERR_NOTFOUND, "no …"); */
int err_set(struct err *e, enum err_code code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* No error yet, no details: what a validation that collects details begins with. */
void err_clear(struct err *e);
/* Add what is wrong with one field; the first word on a field stands.  Does not touch the code. */
void err_detail(struct err *e, const char *field, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* After a validation: 0 when no detail was added, else -1 with ERR_INVALID and the message. */
int err_collected(struct err *e, const char *msg);

#endif
