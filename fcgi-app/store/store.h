/*
 * The store: one SQLite file in WAL mode, shared by all programs.
 *
 * - Open it in the process that uses it; a handle never crosses a fork.
 * - Whoever opens first migrates, under an exclusive lock on `<store>.lock` and in one transaction a migration, after a backup when there was something to lose.
 *   A store newer than the program is refused.
 * - Every commit is synced (synchronous=FULL) before it returns.
 * - Nobody checkpoints but the monitor: SQLite before 3.51.3 can lose pages when a checkpoint meets a commit that resets the log, so one process only does it, with
 *   TRUNCATE, which holds the writer lock.
 * - A network file system is refused: WAL needs shared memory.
 *
 * Writing is always: store_begin (BEGIN IMMEDIATE), read what the decision needs, write, store_commit.  Functions whose comment says
 * "in a transaction" must be called between the two.  ERR_BUSY: someone held the lock for longer than STORE_BUSY_MS; nothing was written; try again.
 * ERR_FULL: no space; nothing was written; reads go on.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "lib/err.h"

#include <stdbool.h>
#include <stdint.h>

#define STORE_BUSY_MS 5000

struct store;

enum store_mode {
	STORE_USER,        /* everyone else */
	STORE_CHECKPOINTER /* the monitor, and flopynetctl while nothing runs */
};

/* Open, and create or migrate as needed.  ERR_INVALID: newer than this program, or a network file system. */
int store_open(struct store **out, const char *path, enum store_mode mode, struct err *e);
void store_close(struct store *st);

/* How long a call waits for another's lock before it gives ERR_BUSY; STORE_BUSY_MS unless told otherwise. */
void store_set_patience(struct store *st, int ms);

int store_begin(struct store *st, struct err *e);
/*
 * The same for what may be lost: it does not wait for another writer (ERR_BUSY at once), and the commit does not wait for the disk: a power cut may take the newest of these away, never the
 * store's soundness, and nothing when only the process dies.  For samples.
 */
int store_begin_relaxed(struct store *st, struct err *e);
int store_commit(struct store *st, struct err *e);
/* Harmless outside a transaction. */
void store_rollback(struct store *st);
/* The end of a transaction whose steps gave rc: committed when that is 0, else rolled back.  0 or -1. */
int store_end(struct store *st, int rc, struct err *e);
/*
 * Between two requests: a transaction or a statement that was left open is ended.  True when there was one, which is a bug: an open read makes the next write fail and the log grow.
 */
bool store_settle(struct store *st);
/* A consistent view for several reads; end it with store_rollback(), before a byte of the answer is sent. */
int store_read_begin(struct store *st, struct err *e);

/*
 * A number that moves when anybody's commit, including our own through this handle, may have changed the store.  A look costs well under a microsecond (watch.c).
 */
int64_t store_version(struct store *st);
/* Milliseconds to sleep between looks at store_version() while waiting for a change. */
#define STORE_POLL_MS 10

/* Only with STORE_CHECKPOINTER: move the log into the file.  ERR_BUSY when readers or a writer are in the way: try again at the next turn. */
int store_checkpoint(struct store *st, struct err *e);
/* Bytes of the store that are in use, without the log and without free pages. */
int store_bytes(struct store *st, int64_t *bytes, struct err *e);
/* Bytes of the log file. */
int64_t store_wal_bytes(const struct store *st);
/* A checked, consistent copy (VACUUM INTO a temporary name, quick_check, fsync, rename) while everything runs.  The target must not exist. */
int store_backup(struct store *st, const char *target, struct err *e);
/* All statements, PRAGMA quick_check and foreign_key_check; the first finding is the message. */
int store_check(struct store *st, struct err *e);
/* Number of the newest migration in the store. */
int store_schema_version(struct store *st);

#endif
