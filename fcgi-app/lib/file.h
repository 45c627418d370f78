/* Whole small files: read with a ceiling, replaced atomically. */
#ifndef LIB_FILE_H
#define LIB_FILE_H

#include "lib/buf.h"
#include "lib/err.h"

#include <sys/types.h>

/* The content of path is added to out; more than max bytes is ERR_TOOLARGE, no such file ERR_NOTFOUND. */
int file_read(const char *path, size_t max, struct buf *out, struct err *e);
/* Replace path by data: a temporary file beside it, fsync, rename, fsync of the directory.  ERR_FULL when there is no space. */
int file_replace(const char *path, const void *data, size_t len, mode_t mode, struct err *e);
/* dir + "/" + name, owned by the caller; name alone when it begins with '/', dir alone when it is ".". */
char *file_join(const char *dir, const char *name);
/* mkdir -p with the mode for what is made. */
int file_make_dirs(const char *path, mode_t mode, struct err *e);

#endif
