/*
 * Memory that never fails: out of memory ends the process with a line in the log.  A half-served request or a half-read
 * event is worse than a restart, which every program here is built to survive.
 */
#ifndef LIB_MEM_H
#define LIB_MEM_H

#include <stddef.h>

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* Zeroed memory, owned by the caller, released with free(). */
void *mem_alloc(size_t size);
/* Zeroed memory for n items of size bytes; aborts on overflow of the product. */
void *mem_array(size_t n, size_t size);
/* Resized block; bytes beyond the old size are not initialised. */
void *mem_resize(void *p, size_t size);
char *mem_strdup(const char *s);
/* A NUL-terminated copy of len bytes. */
char *mem_strndup(const char *s, size_t len);

#endif
