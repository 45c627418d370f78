/*
 * A growing byte string.  Invariants: data is NUL-terminated once anything was added (data[len] == 0) and len does not count it;
 * a zeroed struct buf is an empty one.
 */
#ifndef LIB_BUF_H
#define LIB_BUF_H

#include <stddef.h>

struct buf {
	char *data; /* NULL while nothing was ever added */
	size_t len;
	size_t cap;
};

/* Release; the struct is empty again. */
void buf_clear(struct buf *b);
/* Forget the content, keep the memory. */
void buf_reset(struct buf *b);
/* Room for n more bytes (and a NUL); returns where they go.  The caller then adds to len. */
char *buf_reserve(struct buf *b, size_t n);
void buf_add(struct buf *b, const void *data, size_t len);
void buf_addc(struct buf *b, char c);
void buf_adds(struct buf *b, const char *s);
void buf_addf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The content as a C string, "" when empty; borrowed. */
const char *buf_str(const struct buf *b);
/* The content becomes the caller's (free()); the buffer is empty again.  Never NULL. */
char *buf_take(struct buf *b);

#endif
