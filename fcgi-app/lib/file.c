/* Whole small files; see file.h. */
#include "config.h"

#include "lib/file.h"

#include "lib/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum err_code code_of(int errnum)
{
	switch (errnum) {
	case ENOENT:
		return ERR_NOTFOUND;
	case ENOSPC:
	case EDQUOT:
		return ERR_FULL;
	default:
		return ERR_INTERNAL;
	}
}

static int fail(struct err *e, const char *what, const char *path)
{
	int errnum = errno;

	return err_set(e, code_of(errnum), "cannot %s %s: %s", what, path, strerror(errnum));
}

int file_read(const char *path, size_t max, struct buf *out, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t start = out->len;
	ssize_t n;

	if (fd == -1)
		return fail(e, "open", path);
	for (;;) {
		n = read(fd, buf_reserve(out, 65536), 65536);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		out->len += (size_t)n;
		if (out->len - start > max)
			break;
	}
	close(fd);
	out->data[out->len] = '\0';
	if (n == -1)
		return fail(e, "read", path);
	if (out->len - start > max)
		return err_set(e, ERR_TOOLARGE, "%s is larger than %zu bytes", path, max);
	return 0;
}

static int write_all(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t n = write(fd, data, len);

		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return -1;
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

static int sync_dir_of(const char *path)
{
	char *copy = mem_strdup(path);
	int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc = -1;

	if (fd != -1) {
		rc = fsync(fd);
		close(fd);
	}
	free(copy);
	return rc;
}

int file_replace(const char *path, const void *data, size_t len, mode_t mode, struct err *e)
{
	struct buf tmp = {0};
	int fd, rc = -1;

	buf_addf(&tmp, "%s.XXXXXX", path);
	fd = mkostemp(tmp.data, O_CLOEXEC);
	if (fd == -1) {
		rc = fail(e, "create", path);
		goto out;
	}
	if (write_all(fd, data, len) == -1 || fchmod(fd, mode) == -1 || fsync(fd) == -1 || rename(tmp.data, path) == -1 || sync_dir_of(path) == -1) {
		rc = fail(e, "write", path);
		unlink(tmp.data);
	} else {
		rc = 0;
	}
	close(fd);
out:
	buf_clear(&tmp);
	return rc;
}

char *file_join(const char *dir, const char *name)
{
	struct buf b = {0};

	if (name[0] == '/')
		return mem_strdup(name);
	if (strcmp(name, ".") == 0)
		return mem_strdup(dir);
	buf_addf(&b, "%s/%s", dir, name);
	return buf_take(&b);
}

int file_make_dirs(const char *path, mode_t mode, struct err *e)
{
	char *copy = mem_strdup(path), *p = copy;
	int rc = 0;

	while (rc == 0 && p) {
		p = strchr(p + 1, '/');
		if (p)
			*p = '\0';
		if (mkdir(copy, mode) == -1 && errno != EEXIST)
			rc = fail(e, "make directory", copy);
		if (p)
			*p = '/';
	}
	free(copy);
	return rc;
}
