/*
 * IDX files, the format of MNIST: big-endian, a magic number 0x00000803 (images: count, rows, columns) or 0x00000801 (labels: count), then unsigned bytes.
 * Plain or gzip-compressed; which of the two is seen from the content.  What the header claims is checked before memory is taken for it.
 */
#ifndef ENGINE_IDX_H
#define ENGINE_IDX_H

#include "lib/err.h"

#include <stddef.h>
#include <stdint.h>

#define IDX_ITEMS_MAX 1000000u /* over sixteen times the largest set we know; a header that says more is damaged */
#define IDX_SIDE_MAX 1024u

struct idx {
	size_t n;
	size_t rows, cols; /* 0 for labels */
	uint8_t *data;     /* n * rows * cols bytes, or n labels */
};

/*
 * Read a whole file.  what is for messages (the path).  fd is closed in any case.  Release with idx_clear() in either case.
 * ERR_INVALID for anything that is not such a file, exactly: wrong magic, impossible sizes, too few or too many bytes, damaged gzip.
 */
int idx_read_images(struct idx *x, int fd, const char *what, struct err *e);
int idx_read_labels(struct idx *x, int fd, const char *what, struct err *e);
void idx_clear(struct idx *x);

#endif
