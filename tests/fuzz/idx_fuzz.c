/* IDX files, plain and gzip: whatever comes in, the memory that is promised is there, and nothing is taken for a file that is not exactly one. */
#include "config.h"

#include "engine/idx.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int file_of(const uint8_t *data, size_t size)
{
	int fd = memfd_create("idx", MFD_CLOEXEC);

	if (fd == -1 || write(fd, data, size) != (ssize_t)size || lseek(fd, 0, SEEK_SET) != 0)
		abort();
	return fd;
}

static void check(int (*read_it)(struct idx *, int, const char *, struct err *), const uint8_t *data, size_t size, size_t header)
{
	struct idx x;
	struct err e;
	size_t i, bytes, sum = 0;
	int fd = file_of(data, size), rc = read_it(&x, fd, "it", &e);

	bytes = x.rows ? x.n * x.rows * x.cols : x.n;
	if (rc == 0 && (!x.n || x.n > IDX_ITEMS_MAX || (size >= 2 && data[0] != 0x1f && bytes + header != size)))
		abort();
	for (i = 0; rc == 0 && i < bytes; i++)
		sum += x.data[i];
	if (rc == -1 && (e.code == ERR_NONE || !e.msg[0]))
		abort();
	idx_clear(&x);
	if (sum > bytes * 255 || fcntl(fd, F_GETFD) != -1)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check(idx_read_images, data, size, 16);
	check(idx_read_labels, data, size, 8);
	return 0;
}
