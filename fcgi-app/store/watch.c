/*
 * Has anybody committed?  Asked with every request and every few milliseconds by whoever waits, so it must cost nothing.
 *
 * PRAGMA data_version answers it in 3.4 µs, most of them two system calls for a lock.  The same is written at the head of SQLite's index of its log (the -shm file, "WAL-index header" in
 * SQLite's file format documentation), which SQLite has mapped anyway: a commit changes the counter, the frame number and the checksum in its first 48 bytes, after the log is
 * synced.  We compare these bytes with those of the last look.  A look in the middle of a change sees bytes that fit neither state, which is a change as well; the next look sees another.
 * The address is asked for each time from SQLite's own file object, because SQLite may unmap it.
 */
#include "config.h"

#include "store/db.h"

#include <stdatomic.h>
#include <string.h>

#define WAL_INDEX_PAGE 32768

static const volatile unsigned char *wal_index(struct store *st)
{
	void volatile *p = NULL;
	sqlite3_file *f = NULL;

	if (sqlite3_file_control(st->db, "main", SQLITE_FCNTL_FILE_POINTER, &f) != SQLITE_OK || !f || !f->pMethods || f->pMethods->iVersion < 2)
		return NULL;
	if (!f->pMethods->xShmMap || f->pMethods->xShmMap(f, 0, WAL_INDEX_PAGE, 0, &p) != SQLITE_OK)
		return NULL;
	return p;
}

static int64_t by_pragma(struct store *st)
{
	sqlite3_stmt *s = db_stmt(st, SQL_DATA_VERSION);
	int64_t v = 0;

	if (db_step(st, s, NULL) == 1)
		v = db_i64(s, 0);
	sqlite3_reset(s);
	/* The two counters move apart by far less than 2^20 before either is looked at again. */
	return (v << 20) + st->own_commits;
}

int64_t store_version(struct store *st)
{
	const volatile unsigned char *header = wal_index(st);
	unsigned char now[WAL_INDEX_HEADER];
	size_t i;

	if (!header)
		return by_pragma(st);
	atomic_thread_fence(memory_order_acquire);
	for (i = 0; i < sizeof(now); i++)
		now[i] = header[i];
	if (memcmp(now, st->seen, sizeof(now)) != 0) {
		memcpy(st->seen, now, sizeof(now));
		st->version++;
	}
	return st->version;
}
