/* For the engine's tests: a temporary directory, and a small data set in IDX files that a model can learn. */
#ifndef TEST_ENGINE_FIXTURE_H
#define TEST_ENGINE_FIXTURE_H

#include "lib/buf.h"

#include <stddef.h>
#include <stdint.h>

/* A new directory; owned by the caller. */
char *fixture_dir(void);
/* Remove it and all that is in it. */
void fixture_remove(char *dir);
void fixture_write(const char *dir, const char *name, const void *data, size_t len);
/* An IDX header: magic, then n sizes. */
void fixture_idx(struct buf *b, uint32_t magic, const uint32_t *sizes, size_t n);
/* The four files of a set of train_n and test_n images under dir: class k is a bright bar in row 2k + 4, with noise. */
void fixture_data_set(const char *dir, size_t train_n, size_t test_n);

#endif
