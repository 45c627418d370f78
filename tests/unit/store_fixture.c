/* A store for each test; see store_fixture.h. */
#include "config.h"

#include "store_fixture.h"

#include "lib/file.h"
#include "lib/mem.h"

#include <stdlib.h>
#include <unistd.h>

char *dir, *path;
struct store *st;
struct err e;

void store_setup(void)
{
	static const char pattern[] = "/tmp/flopynet-test.XXXXXX";

	dir = mkdtemp(mem_strdup(pattern));
	ck_assert_ptr_nonnull(dir);
	path = file_join(dir, "flopynet.db");
	OK(store_open(&st, path, STORE_CHECKPOINTER, &e));
}

void store_teardown(void)
{
	static const char *const names[] = {"flopynet.db", "flopynet.db-wal", "flopynet.db-shm", "flopynet.db.lock", "copy.db"};
	size_t i;

	store_close(st);
	for (i = 0; i < ARRAY_LEN(names); i++) {
		char *file = file_join(dir, names[i]);

		unlink(file);
		free(file);
	}
	ck_assert_int_eq(rmdir(dir), 0);
	free(path);
	free(dir);
}
