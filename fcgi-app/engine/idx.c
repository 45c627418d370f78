/* IDX files; see idx.h. */
#include "config.h"

#include "engine/idx.h"

#include "lib/mem.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#define MAGIC_IMAGES 0x00000803u
#define MAGIC_LABELS 0x00000801u
#define READ_BUFFER 131072u

struct source {
	gzFile gz;
	const char *what;
	struct err *e;
};

static int bad(const struct source *s, const char *why)
{
	return err_set(s->e, ERR_INVALID, "%s is not a usable IDX file: %s", s->what, why);
}

/* gzread() hands plain files through as they are. */
static int take(const struct source *s, uint8_t *out, size_t len)
{
	while (len) {
		unsigned want = len > (1u << 20) ? 1u << 20 : (unsigned)len;
		int n = gzread(s->gz, out, want);

		if (n < 0)
			return bad(s, "it is damaged");
		if (n == 0)
			return bad(s, "it is shorter than its header says");
		out += n;
		len -= (size_t)n;
	}
	return 0;
}

static int take_u32(const struct source *s, uint32_t *v)
{
	uint8_t b[4];

	if (take(s, b, sizeof(b)) == -1)
		return -1;
	*v = (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
	return 0;
}

/* Nothing may follow, and a gzip stream must be whole up to its checksum. */
static int at_end(const struct source *s)
{
	uint8_t more;
	int n = gzread(s->gz, &more, 1), code;

	if (n > 0)
		return bad(s, "it is longer than its header says");
	gzerror(s->gz, &code);
	return n == 0 && (code == Z_OK || code == Z_STREAM_END) ? 0 : bad(s, "it is damaged");
}

static int take_header(struct idx *x, const struct source *s, uint32_t magic)
{
	uint32_t v, n, rows = 0, cols = 0;

	if (take_u32(s, &v) == -1)
		return -1;
	if (v != magic)
		return bad(s, magic == MAGIC_IMAGES ? "it does not begin with the number of an image file (0x00000803)"
		                                    : "it does not begin with the number of a label file (0x00000801)");
	if (take_u32(s, &n) == -1)
		return -1;
	if (magic == MAGIC_IMAGES && (take_u32(s, &rows) == -1 || take_u32(s, &cols) == -1))
		return -1;
	if (n == 0 || n > IDX_ITEMS_MAX)
		return bad(s, "its number of items is not possible");
	if (magic == MAGIC_IMAGES && (rows == 0 || cols == 0 || rows > IDX_SIDE_MAX || cols > IDX_SIDE_MAX))
		return bad(s, "its image size is not possible");
	x->n = n;
	x->rows = rows;
	x->cols = cols;
	return 0;
}

/*
 * Memory grows with what is really there (in steps of 16 MB), so that a header of a few bytes cannot claim a terabyte.
 */
static int take_data(struct idx *x, const struct source *s, size_t len)
{
	const size_t step = (size_t)16 << 20;
	size_t have = 0;

	while (have < len) {
		size_t next = len - have > step ? step : len - have;

		x->data = mem_resize(x->data, have + next);
		if (take(s, x->data + have, next) == -1)
			return -1;
		have += next;
	}
	return at_end(s);
}

static int read_file(struct idx *x, int fd, const char *what, uint32_t magic, struct err *e)
{
	struct source s = {.what = what, .e = e};
	int rc = -1;

	memset(x, 0, sizeof(*x));
	s.gz = gzdopen(fd, "rb");
	if (!s.gz) {
		close(fd);
		return err_set(e, ERR_INTERNAL, "cannot read %s", what);
	}
	gzbuffer(s.gz, READ_BUFFER);
	if (take_header(x, &s, magic) == 0)
		rc = take_data(x, &s, magic == MAGIC_IMAGES ? x->n * x->rows * x->cols : x->n);
	gzclose_r(s.gz);
	return rc;
}

int idx_read_images(struct idx *x, int fd, const char *what, struct err *e)
{
	return read_file(x, fd, what, MAGIC_IMAGES, e);
}

int idx_read_labels(struct idx *x, int fd, const char *what, struct err *e)
{
	return read_file(x, fd, what, MAGIC_LABELS, e);
}

void idx_clear(struct idx *x)
{
	free(x->data);
	memset(x, 0, sizeof(*x));
}
