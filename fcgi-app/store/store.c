/* Opening, transactions, checkpoint, backup; see store.h. */
#include "config.h"

#include "store/store.h"

#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/mem.h"
#include "store/db.h"
#include "store/migrate.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

/* From statfs(2) and the kernel's sources; not all are in linux/magic.h. */
#define MAGIC_CIFS 0xff534d42
#define MAGIC_SMB2 0xfe534d42

/* realpath() of the directory once, so that all programs use one name for the file. */
static char *resolve(const char *path, struct err *e)
{
	char *copy = mem_strdup(path), *copy2 = mem_strdup(path), *dir = realpath(dirname(copy), NULL);
	struct buf b = {0};

	if (dir)
		buf_addf(&b, "%s/%s", dir, basename(copy2));
	else
		err_set(e, ERR_NOTFOUND, "cannot open the store: no directory for %s", path);
	free(copy);
	free(copy2);
	if (!dir)
		return NULL;
	free(dir);
	return buf_take(&b);
}

static int refuse_network_fs(const char *path, struct err *e)
{
	char *copy = mem_strdup(path);
	struct statfs fs;
	int rc = 0;

	if (statfs(dirname(copy), &fs) == 0) {
		switch ((unsigned long)fs.f_type) {
		case NFS_SUPER_MAGIC:
		case SMB_SUPER_MAGIC:
		case MAGIC_CIFS:
		case MAGIC_SMB2:
		case FUSE_SUPER_MAGIC:
			rc = err_set(e, ERR_INVALID, "%s is on a network file system (or FUSE), where the store would be damaged; use a local disk", path);
		}
	}
	free(copy);
	return rc;
}

/*
 * Who waits for the lock looks again after a millisecond or so, as long as its patience lasts.  SQLite's own waiting grows to 100 ms a look, which leaves the lock idle, and
 * somebody without luck waiting for seconds, when several write at once; a commit takes one or two milliseconds.
 */
static int wait_for_lock(void *arg, int n)
{
	struct store *st = arg;
	int64_t now_ms = clock_mono_ms();

	if (n == 0)
		st->waiting_since_ms = now_ms;
	if (now_ms - st->waiting_since_ms >= st->wait_ms)
		return 0;
	/* Not all in step: half to one and a half. */
	usleep(500 + (useconds_t)((unsigned)getpid() * 7919u + (unsigned)n * 104729u) % 1000);
	return 1;
}

static int open_db(struct store *st, struct err *e)
{
	int on = 1;

	if (sqlite3_open_v2(st->path, &st->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW, NULL) != SQLITE_OK)
		return err_set(e, ERR_INTERNAL, "cannot open the store %s: %s", st->path, st->db ? sqlite3_errmsg(st->db) : "no memory");
	store_set_patience(st, STORE_BUSY_MS);
	sqlite3_busy_handler(st->db, wait_for_lock, st);
	sqlite3_extended_result_codes(st->db, 0);
	sqlite3_db_config(st->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, on, NULL);
	sqlite3_db_config(st->db, SQLITE_DBCONFIG_DEFENSIVE, on, NULL);
	return db_exec(st, "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0; PRAGMA foreign_keys = ON; PRAGMA mmap_size = 0; "
			   "PRAGMA journal_size_limit = 8388608; PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY",
		       e);
}

/* 200 statements take 1.6 MB in each of six processes, and a process uses few of them: only what every transaction needs is prepared before it is needed. */
static int prepare_transactions(struct store *st, struct err *e)
{
	static const enum sql which[] = {SQL_BEGIN, SQL_READ_BEGIN, SQL_COMMIT, SQL_ROLLBACK, SQL_DATA_VERSION};
	size_t i;

	for (i = 0; i < ARRAY_LEN(which); i++)
		if (!db_stmt(st, which[i]))
			return db_fail(st, e);
	return 0;
}

static int prepare_all(struct store *st, struct err *e)
{
	int i;

	for (i = 0; i < SQL_MAX; i++)
		if (!db_stmt(st, (enum sql)i))
			return err_set(e, ERR_INTERNAL, "store: %s in: %.120s", sqlite3_errmsg(st->db), sql_texts[i]);
	return 0;
}

int store_open(struct store **out, const char *path, enum store_mode mode, struct err *e)
{
	struct store *st = mem_alloc(sizeof(*st));

	*out = NULL;
	st->mode = mode;
	st->path = resolve(path, e);
	if (!st->path || refuse_network_fs(st->path, e) == -1 || open_db(st, e) == -1 || migrate(st, e) == -1 || prepare_transactions(st, e) == -1) {
		store_close(st);
		return -1;
	}
	if (mode == STORE_CHECKPOINTER && sqlite3_libversion_number() < 3051003)
		log_info("sqlite %s: one process only checkpoints, because versions before 3.51.3 need it", sqlite3_libversion());
	*out = st;
	return 0;
}

void store_close(struct store *st)
{
	int i;

	if (!st)
		return;
	for (i = 0; i < SQL_MAX; i++)
		sqlite3_finalize(st->stmts[i]);
	sqlite3_close(st->db);
	free(st->path);
	free(st);
}

void store_set_patience(struct store *st, int ms)
{
	st->patience_ms = st->wait_ms = ms;
}

int store_begin(struct store *st, struct err *e)
{
	return db_run(st, db_stmt(st, SQL_BEGIN), e);
}

/* The pragma acts when it is prepared, so it cannot be a statement of the table. */
static void relax(struct store *st, bool relaxed)
{
	if (st->relaxed == relaxed)
		return;
	st->relaxed = relaxed;
	db_exec(st, relaxed ? "PRAGMA synchronous = NORMAL" : "PRAGMA synchronous = FULL", NULL);
}

int store_begin_relaxed(struct store *st, struct err *e)
{
	int rc;

	relax(st, true);
	st->wait_ms = 0;
	rc = store_begin(st, e);
	st->wait_ms = st->patience_ms;
	if (rc == -1)
		relax(st, false);
	return rc;
}

int store_read_begin(struct store *st, struct err *e)
{
	return db_run(st, db_stmt(st, SQL_READ_BEGIN), e);
}

int store_commit(struct store *st, struct err *e)
{
	if (db_run(st, db_stmt(st, SQL_COMMIT), e) == -1) {
		store_rollback(st);
		return -1;
	}
	st->own_commits++;
	relax(st, false);
	return 0;
}

void store_rollback(struct store *st)
{
	if (!sqlite3_get_autocommit(st->db))
		db_run(st, db_stmt(st, SQL_ROLLBACK), NULL);
	relax(st, false);
}

int store_end(struct store *st, int rc, struct err *e)
{
	if (rc == 0)
		return store_commit(st, e);
	store_rollback(st);
	return -1;
}

bool store_settle(struct store *st)
{
	bool open = !sqlite3_get_autocommit(st->db);
	sqlite3_stmt *s;

	for (s = sqlite3_next_stmt(st->db, NULL); s; s = sqlite3_next_stmt(st->db, s))
		if (sqlite3_stmt_busy(s)) {
			sqlite3_reset(s);
			open = true;
		}
	store_rollback(st);
	return open;
}

int store_bytes(struct store *st, int64_t *bytes, struct err *e)
{
	sqlite3_stmt *s = db_stmt(st, SQL_STORE_PAGES);

	if (db_step(st, s, e) != 1)
		return -1;
	*bytes = (db_i64(s, 0) - db_i64(s, 1)) * db_i64(s, 2);
	sqlite3_reset(s);
	return 0;
}

int64_t store_wal_bytes(const struct store *st)
{
	struct buf path = {0};
	struct stat sb;
	int64_t n = 0;

	buf_addf(&path, "%s-wal", st->path);
	if (stat(path.data, &sb) == 0)
		n = sb.st_size;
	buf_clear(&path);
	return n;
}

int store_checkpoint(struct store *st, struct err *e)
{
	int rc;

	if (st->mode != STORE_CHECKPOINTER)
		return err_set(e, ERR_INTERNAL, "only the monitor may checkpoint");
	/* A short wait: whoever is in the way is gone at the next turn, and the turn must not be held up. */
	st->wait_ms = 50;
	rc = sqlite3_wal_checkpoint_v2(st->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	st->wait_ms = st->patience_ms;
	return rc == SQLITE_OK ? 0 : db_fail(st, e);
}

int store_schema_version(struct store *st)
{
	sqlite3_stmt *s;
	int v = 0;

	if (sqlite3_prepare_v2(st->db, "PRAGMA user_version", -1, &s, NULL) == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW)
		v = sqlite3_column_int(s, 0);
	sqlite3_finalize(s);
	return v;
}

/* The first row of a pragma that says "ok", or says nothing, when all is well. */
static int expect_ok(sqlite3 *db, const char *pragma, struct err *e)
{
	sqlite3_stmt *s = NULL;
	int rc = 0;

	if (sqlite3_prepare_v2(db, pragma, -1, &s, NULL) != SQLITE_OK)
		return err_set(e, ERR_INTERNAL, "%s: %s", pragma, sqlite3_errmsg(db));
	if (sqlite3_step(s) == SQLITE_ROW) {
		const char *text = db_text(s, 0);

		if (!text || strcmp(text, "ok") != 0)
			rc = err_set(e, ERR_INTERNAL, "%s says: %s", pragma, text ? text : "(nothing)");
	}
	sqlite3_finalize(s);
	return rc;
}

int store_check(struct store *st, struct err *e)
{
	if (prepare_all(st, e) == -1 || expect_ok(st->db, "PRAGMA quick_check", e) == -1)
		return -1;
	return expect_ok(st->db, "PRAGMA foreign_key_check", e);
}

static int check_copy(const char *path, struct err *e)
{
	sqlite3 *db = NULL;
	int rc = -1;

	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK)
		rc = expect_ok(db, "PRAGMA quick_check", e);
	else
		err_set(e, ERR_INTERNAL, "cannot open the copy %s", path);
	sqlite3_close(db);
	return rc;
}

static int sync_and_rename(const char *from, const char *to, struct err *e)
{
	int fd = open(from, O_RDONLY | O_CLOEXEC), rc = 0;

	/* link(2) instead of rename(2): it does not replace what appeared meanwhile. */
	if (fd == -1 || fsync(fd) == -1 || link(from, to) == -1)
		rc = err_set(e, errno == ENOSPC ? ERR_FULL : ERR_INTERNAL, "cannot finish %s: %s", to, strerror(errno));
	if (fd != -1)
		close(fd);
	return rc;
}

int store_backup(struct store *st, const char *target, struct err *e)
{
	struct buf tmp = {0};
	sqlite3_stmt *s = NULL;
	int rc = -1;

	if (access(target, F_OK) == 0)
		return err_set(e, ERR_CONFLICT, "%s exists already; choose another name", target);
	buf_addf(&tmp, "%s.%d.tmp", target, (int)getpid());
	unlink(tmp.data);
	if (sqlite3_prepare_v2(st->db, "VACUUM INTO ?1", -1, &s, NULL) != SQLITE_OK) {
		db_fail(st, e);
		goto out;
	}
	db_bind_text(s, 1, tmp.data);
	if (db_run(st, s, e) == -1 || check_copy(tmp.data, e) == -1 || chmod(tmp.data, 0600) == -1 || sync_and_rename(tmp.data, target, e) == -1)
		goto out;
	rc = 0;
out:
	sqlite3_finalize(s);
	unlink(tmp.data);
	buf_clear(&tmp);
	return rc;
}
