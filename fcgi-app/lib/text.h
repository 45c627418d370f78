/* Small rules for text from outside: UTF-8, numbers, ids, lists. */
#ifndef LIB_TEXT_H
#define LIB_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* True for well-formed UTF-8 (no overlong forms, no surrogates, at most U+10FFFF) without NUL. */
bool text_utf8_valid(const char *s, size_t len);
/* Code points in well-formed UTF-8. */
size_t text_utf8_count(const char *s, size_t len);
/* A whole decimal integer, optional '-', no sign otherwise, no spaces; false on overflow or anything else. */
bool text_to_i64(const char *s, int64_t *v);
/* A whole finite decimal number in JSON's notation. */
bool text_to_double(const char *s, double *v);
/* True when s is 1 to max characters of [A-Za-z0-9_-]. */
bool text_is_name(const char *s, size_t max);
/* True when s is a small letter and then small letters, digits and '_', up to max in all: the name of a service or a metric. */
bool text_is_word(const char *s, size_t max);
/* "exp_001" → 1: the prefix, then at least three digits without needless zeros, value ≥ 1.  False for anything else. */
bool text_to_id(const char *s, const char *prefix, int64_t *id);

#define TEXT_ID_MAX 32
/* 1 → "exp_001" for the prefix "exp_".  Returns out. */
const char *text_from_id(const char *prefix, int64_t id, char out[TEXT_ID_MAX]);

/* "45MB": bytes in the reference's notation: B, KB, MB, GB, TB of 1000 each; one decimal below ten ("4.5MB"), none from there on.  Returns out. */
const char *text_from_bytes(int64_t bytes, char *out, size_t size);
/* Equal in constant time. */
bool text_equal_secret(const void *a, const void *b, size_t len);
/* FNV-1a, 64 bit: for tables in memory, never for secrets. */
uint64_t text_hash(const void *data, size_t len);

#endif
