/* init, check, backup, secret rotate. */
#include "config.h"

#include "ctl/ctl.h"
#include "experiment/scenario.h"
#include "lib/file.h"
#include "lib/mem.h"
#include "lib/shared.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

static int make_dir(const char *path, struct err *e)
{
	struct stat sb;

	if (stat(path, &sb) == 0)
		return 0;
	if (file_make_dirs(path, 0750, e) == -1)
		return -1;
	printf("made %s\n", path);
	return 0;
}

static int make_secret(const struct ctl *c, struct err *e)
{
	struct err why;

	if (keys_make_secret(c->conf.auth_secret_file, &why) == 0) {
		printf("made %s\n", c->conf.auth_secret_file);
		return 0;
	}
	return why.code == ERR_CONFLICT ? 0 : err_set(e, why.code, "%s", why.msg);
}

static int make_counters(const struct ctl *c, struct err *e)
{
	char *path = file_join(c->conf.state, "shared.bin");
	struct shared *s;
	int rc = shared_open(&s, path, e);

	if (rc == 0)
		shared_close(s);
	free(path);
	return rc;
}

COMMAND(ctl_init)
{
	struct store *st = NULL;
	struct keys *k = NULL;
	struct stat sb;
	bool fresh = stat(c->conf.store, &sb) == -1;
	int rc = -1;

	if (make_dir(c->conf.state, e) == -1 || make_dir(c->conf.runs, e) == -1 || make_secret(c, e) == -1 || make_counters(c, e) == -1)
		return -1;
	if (ctl_store(c, &st, e) == 0 && ctl_keys(c, &k, e) == 0) {
		rc = 0;
		if (fresh)
			printf("made %s\n", c->conf.store);
	}
	keys_close(k);
	store_close(st);
	return rc;
}

static void good(const char *what)
{
	printf("good  %s\n", what);
}

/* Others must not read what signs tokens. */
static int check_secret_mode(const struct ctl *c, struct err *e)
{
	struct stat sb;

	if (stat(c->conf.auth_secret_file, &sb) == 0 && (sb.st_mode & 077) != 0)
		return err_set(e, ERR_INVALID, "others may read %s; chmod 600 it and rotate the secret", c->conf.auth_secret_file);
	return 0;
}

static int check_space(const struct ctl *c, struct err *e)
{
	struct statvfs fs;

	/* What a backup and the log of a busy hour may need. */
	if (statvfs(c->conf.state, &fs) == 0 && fs.f_bavail * fs.f_frsize < 64u << 20)
		return err_set(e, ERR_FULL, "less than 64 MB are free for %s", c->conf.state);
	return 0;
}

COMMAND(ctl_check)
{
	struct catalog catalog = {0};
	struct store *st = NULL;
	struct keys *k = NULL;
	int rc = -1;

	good(c->conf_path);
	if (catalog_load(&catalog, c->conf.engines, c->conf.scenarios, e) == -1)
		goto out;
	printf("good  %zu engines, %zu scenarios\n", catalog.engines_n, catalog.scenarios_n);
	if (ctl_keys(c, &k, e) == -1 || check_secret_mode(c, e) == -1)
		goto out;
	good(c->conf.auth_secret_file);
	if (check_space(c, e) == -1 || ctl_store(c, &st, e) == -1 || store_check(st, e) == -1)
		goto out;
	printf("good  %s, schema %d\n", c->conf.store, store_schema_version(st));
	rc = 0;
out:
	store_close(st);
	keys_close(k);
	catalog_clear(&catalog);
	return rc;
}

COMMAND(ctl_backup)
{
	struct store *st;
	struct stat sb;
	int rc;

	/* Opening makes a store where there is none: an empty copy would look like a good one. */
	if (stat(c->conf.store, &sb) == -1)
		return err_set(e, ERR_NOTFOUND, "there is no store %s", c->conf.store);
	if (ctl_store(c, &st, e) == -1)
		return -1;
	rc = store_backup(st, c->argument, e);
	store_close(st);
	return rc;
}

COMMAND(ctl_secret_rotate)
{
	struct stat sb;

	if (stat(c->conf.auth_secret_file, &sb) == -1)
		return err_set(e, ERR_NOTFOUND, "there is no secret file %s; flopynetctl init makes it", c->conf.auth_secret_file);
	if (keys_rotate_secret(c->conf.auth_secret_file, c->conf.auth_previous_secret_file, e) == -1)
		return -1;
	puts("tokens signed before are good until the next rotation; the programs take the new secret within two seconds");
	return 0;
}
