/* Migrations; see migrate.h. */
#include "config.h"

#include "store/migrate.h"

#include "lib/buf.h"
#include "lib/log.h"
#include "store/db.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

static int refuse_newer(struct store *st, int version, struct err *e)
{
	return err_set(e, ERR_INVALID, "the store %s is of schema %d, newer than this program knows (%d); install the newer version", st->path, version,
		       migrations_n);
}

static int run_one(struct store *st, int number, struct err *e)
{
	const struct migration *m = &migrations[number - 1];
	char pragma[48];

	snprintf(pragma, sizeof(pragma), "PRAGMA user_version = %d", number);
	if (db_exec(st, "BEGIN IMMEDIATE", e) == -1)
		return -1;
	if (db_exec(st, m->sql, e) == -1 || db_exec(st, pragma, e) == -1 || db_exec(st, "COMMIT", e) == -1) {
		sqlite3_exec(st->db, "ROLLBACK", NULL, NULL, NULL);
		return -1;
	}
	log_info("store migrated to %s", m->name);
	return 0;
}

static int backup_first(struct store *st, int version, struct err *e)
{
	struct buf path = {0};
	int rc;

	buf_addf(&path, "%s.before-%03d", st->path, version + 1);
	unlink(path.data); /* left by a try that did not come to its end; the store is still the old one */
	rc = store_backup(st, path.data, e);
	buf_clear(&path);
	return rc;
}

/* False too when it cannot be read: the locked part then says why. */
static bool is_wal(struct store *st)
{
	sqlite3_stmt *s = NULL;
	bool wal = sqlite3_prepare_v2(st->db, "PRAGMA journal_mode", -1, &s, NULL) == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW &&
		   strcmp((const char *)sqlite3_column_text(s, 0), "wal") == 0;

	sqlite3_finalize(s);
	return wal;
}

static int migrate_locked(struct store *st, struct err *e)
{
	int version = store_schema_version(st), n;

	if (version > migrations_n)
		return refuse_newer(st, version, e);
	/*
	 * The journal mode is in the file: set by the one who holds the lock (a race here answers BUSY at once), when the store is new or was restored: a
	 * backup is one plain file, without a log.
	 */
	if (db_exec(st, "PRAGMA journal_mode = WAL", e) == -1)
		return -1;
	if (version > 0 && version < migrations_n && backup_first(st, version, e) == -1)
		return -1;
	for (n = version + 1; n <= migrations_n; n++)
		if (run_one(st, n, e) == -1)
			return -1;
	return 0;
}

int migrate(struct store *st, struct err *e)
{
	struct buf path = {0};
	int version = store_schema_version(st), fd, rc = -1;

	if (version == migrations_n && is_wal(st))
		return 0;
	if (version > migrations_n)
		return refuse_newer(st, version, e);
	buf_addf(&path, "%s.lock", st->path);
	fd = open(path.data, O_RDWR | O_CREAT | O_CLOEXEC, 0660);
	if (fd == -1 || flock(fd, LOCK_EX) == -1)
		err_set(e, ERR_INTERNAL, "cannot lock %s: %s", path.data, strerror(errno));
	else
		rc = migrate_locked(st, e);
	if (fd != -1)
		close(fd);
	buf_clear(&path);
	return rc;
}
