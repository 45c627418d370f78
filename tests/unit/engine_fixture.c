/* Temporary directories and synthetic images; see engine_fixture.h. */
#include "config.h"

#include "engine_fixture.h"

#include "engine/rng.h"
#include "lib/err.h"
#include "lib/file.h"
#include "lib/mem.h"

#include <check.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *fixture_dir(void)
{
	const char *tmp = getenv("TMPDIR");
	char *dir = file_join(tmp && *tmp ? tmp : "/tmp", "flopynet-test-XXXXXX");

	ck_assert_ptr_nonnull(mkdtemp(dir));
	return dir;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void fixture_remove(char *dir)
{
	nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	free(dir);
}

void fixture_write(const char *dir, const char *name, const void *data, size_t len)
{
	char *path = file_join(dir, name);
	FILE *f = fopen(path, "wb");

	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(data, 1, len, f), len);
	ck_assert_int_eq(fclose(f), 0);
	free(path);
}

static void put_u32(struct buf *b, uint32_t v)
{
	const char bytes[4] = {(char)(v >> 24), (char)(v >> 16), (char)(v >> 8), (char)v};

	buf_add(b, bytes, 4);
}

void fixture_idx(struct buf *b, uint32_t magic, const uint32_t *sizes, size_t n)
{
	size_t i;

	put_u32(b, magic);
	for (i = 0; i < n; i++)
		put_u32(b, sizes[i]);
}

static void write_part(const char *dir, const char *part, size_t n, uint64_t seed)
{
	const uint32_t sizes[] = {(uint32_t)n, 28, 28};
	struct buf images = {0}, labels = {0}, name = {0};
	uint8_t pixels[784];
	struct rng r;
	size_t i, k;

	rng_init(&r, seed, RNG_SUBSET, 0, 0);
	fixture_idx(&images, 0x803, sizes, 3);
	fixture_idx(&labels, 0x801, sizes, 1);
	for (i = 0; i < n; i++) {
		uint32_t label = rng_below(&r, 10);

		memset(pixels, 0, sizeof(pixels));
		for (k = 0; k < 40; k++)
			pixels[rng_below(&r, 784)] = (uint8_t)rng_below(&r, 256);
		for (k = 4; k < 24; k++)
			pixels[(2 * label + 4) * 28 + k] = (uint8_t)(150 + rng_below(&r, 100));
		buf_add(&images, pixels, sizeof(pixels));
		buf_addc(&labels, (char)label);
	}
	buf_addf(&name, "%s-images-idx3-ubyte", part);
	fixture_write(dir, name.data, images.data, images.len);
	buf_reset(&name);
	buf_addf(&name, "%s-labels-idx1-ubyte", part);
	fixture_write(dir, name.data, labels.data, labels.len);
	buf_clear(&images);
	buf_clear(&labels);
	buf_clear(&name);
}

void fixture_data_set(const char *dir, size_t train_n, size_t test_n)
{
	struct err e;

	ck_assert_int_eq(file_make_dirs(dir, 0700, &e), 0);
	write_part(dir, "train", train_n, 11);
	write_part(dir, "t10k", test_n, 12);
}
