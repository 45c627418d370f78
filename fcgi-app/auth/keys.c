/* Secrets and keys from files; see keys.h. */
#include "config.h"

#include "auth/keys.h"

#include "auth/base64url.h"
#include "lib/buf.h"
#include "lib/file.h"
#include "lib/log.h"
#include "lib/mem.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>

enum { CURRENT, PREVIOUS, OUTSIDE, FILES };

/* What tells one content of a file from another without reading it: a replaced file is another inode. */
struct stamp {
	ino_t inode;
	off_t size;
	struct timespec changed;
};

struct keys {
	const struct conf *conf;
	struct buf text[FILES];
	struct stamp stamps[FILES];
	enum keys_outside outside;
	int64_t looked_at_ms;
};

static const char *path_of(const struct conf *conf, int which)
{
	return which == CURRENT ? conf->auth_secret_file : which == PREVIOUS ? conf->auth_previous_secret_file : conf->auth_public_key_file;
}

static struct stamp stamp_of(const char *path)
{
	struct stamp s = {0};
	struct stat sb;

	if (path[0] && stat(path, &sb) == 0) {
		s.inode = sb.st_ino;
		s.size = sb.st_size;
		s.changed = sb.st_mtim;
	}
	return s;
}

static bool same_stamp(const struct stamp *a, const struct stamp *b)
{
	return a->inode == b->inode && a->size == b->size && a->changed.tv_sec == b->changed.tv_sec && a->changed.tv_nsec == b->changed.tv_nsec;
}

/* The newline at the end belongs to the file, not to the secret. */
static void trim(struct buf *b)
{
	while (b->len > 0 && (b->data[b->len - 1] == '\n' || b->data[b->len - 1] == '\r'))
		b->data[--b->len] = '\0';
}

static int read_secret(const char *path, bool optional, struct buf *out, struct err *e)
{
	struct err why;

	if (file_read(path, KEYS_SECRET_MAX, out, &why) == -1) {
		if (why.code == ERR_NOTFOUND && optional)
			return 0;
		if (why.code == ERR_NOTFOUND)
			return err_set(e, ERR_NOTFOUND, "there is no secret file %s; flopynetctl init makes it", path);
		return err_set(e, why.code, "%s", why.msg);
	}
	trim(out);
	if (out->len < KEYS_SECRET_MIN)
		return err_set(e, ERR_INVALID, "the secret in %s is shorter than %d bytes; flopynetctl secret rotate makes a good one", path, KEYS_SECRET_MIN);
	return 0;
}

/* The kind of key says which one algorithm is accepted with it. */
static int read_public_key(const char *path, struct buf *out, enum keys_outside *kind, struct err *e)
{
	EVP_PKEY *key = NULL;
	BIO *bio;
	int rc = 0;

	*kind = KEYS_OUTSIDE_NONE;
	if (!path[0])
		return 0;
	if (file_read(path, 65536, out, e) == -1)
		return -1;
	bio = BIO_new_mem_buf(out->data, (int)out->len);
	if (bio)
		key = PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);
	if (key && EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA && EVP_PKEY_get_bits(key) >= 2048)
		*kind = KEYS_OUTSIDE_RS256;
	else if (key && EVP_PKEY_get_base_id(key) == EVP_PKEY_EC && EVP_PKEY_get_bits(key) == 256)
		*kind = KEYS_OUTSIDE_ES256;
	else
		rc = err_set(e, ERR_INVALID, "%s is not the PEM of an RSA public key of 2048 bits or more, nor of one on the curve P-256", path);
	EVP_PKEY_free(key);
	BIO_free(bio);
	return rc;
}

/* All files anew into k, or nothing. */
static int read_all(struct keys *k, struct err *e)
{
	struct buf fresh[FILES] = {{0}};
	struct stamp stamps[FILES];
	enum keys_outside outside = KEYS_OUTSIDE_NONE;
	int i, rc;

	/* Before reading: a change during it is then seen at the next look. */
	for (i = 0; i < FILES; i++)
		stamps[i] = stamp_of(path_of(k->conf, i));
	rc = read_secret(k->conf->auth_secret_file, false, &fresh[CURRENT], e);
	if (rc == 0)
		rc = read_secret(k->conf->auth_previous_secret_file, true, &fresh[PREVIOUS], e);
	if (rc == 0)
		rc = read_public_key(k->conf->auth_public_key_file, &fresh[OUTSIDE], &outside, e);
	for (i = 0; i < FILES; i++) {
		struct buf old = rc == 0 ? k->text[i] : fresh[i];

		if (rc == 0)
			k->text[i] = fresh[i];
		k->stamps[i] = stamps[i];
		if (old.data)
			explicit_bzero(old.data, old.cap);
		buf_clear(&old);
	}
	if (rc == 0)
		k->outside = outside;
	return rc;
}

int keys_open(struct keys **out, const struct conf *conf, struct err *e)
{
	struct keys *k = mem_alloc(sizeof(*k));

	*out = NULL;
	k->conf = conf;
	if (read_all(k, e) == -1) {
		keys_close(k);
		return -1;
	}
	*out = k;
	return 0;
}

void keys_close(struct keys *k)
{
	int i;

	if (!k)
		return;
	for (i = 0; i < FILES; i++) {
		if (k->text[i].data)
			explicit_bzero(k->text[i].data, k->text[i].cap);
		buf_clear(&k->text[i]);
	}
	free(k);
}

bool keys_refresh(struct keys *k, int64_t now_ms)
{
	bool changed = false;
	struct err e;
	int i;

	if (now_ms >= k->looked_at_ms && now_ms - k->looked_at_ms < KEYS_REFRESH_MS)
		return false;
	k->looked_at_ms = now_ms;
	for (i = 0; i < FILES; i++) {
		struct stamp now = stamp_of(path_of(k->conf, i));

		changed |= !same_stamp(&now, &k->stamps[i]);
	}
	if (!changed)
		return false;
	if (read_all(k, &e) == -1) {
		log_error("the keys in force stay: %s", e.msg);
		return false;
	}
	log_info("other keys are in force for tokens");
	return true;
}

const unsigned char *keys_secret(const struct keys *k, bool previous, size_t *len)
{
	const struct buf *b = &k->text[previous ? PREVIOUS : CURRENT];

	*len = b->len;
	return (const unsigned char *)b->data;
}

enum keys_outside keys_outside(const struct keys *k, const unsigned char **pem, size_t *len)
{
	*pem = (const unsigned char *)k->text[OUTSIDE].data;
	*len = k->text[OUTSIDE].len;
	return k->outside;
}

static int write_secret(const char *path, struct err *e)
{
	unsigned char random[48];
	struct buf text = {0};
	int rc;

	if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
		return err_set(e, ERR_INTERNAL, "the system gives no random bytes");
	base64url_encode(random, sizeof(random), &text);
	buf_addc(&text, '\n');
	rc = file_replace(path, text.data, text.len, 0600, e);
	explicit_bzero(random, sizeof(random));
	explicit_bzero(text.data, text.cap);
	buf_clear(&text);
	return rc;
}

int keys_make_secret(const char *path, struct err *e)
{
	struct stat sb;

	if (lstat(path, &sb) == 0)
		return err_set(e, ERR_CONFLICT, "%s exists already", path);
	return write_secret(path, e);
}

int keys_rotate_secret(const char *path, const char *previous_path, struct err *e)
{
	struct buf old = {0};
	int rc = file_read(path, KEYS_SECRET_MAX, &old, e);

	/* The previous one first: at no moment is a good token without its secret. */
	if (rc == 0)
		rc = file_replace(previous_path, old.data, old.len, 0600, e);
	if (rc == 0)
		rc = write_secret(path, e);
	if (old.data)
		explicit_bzero(old.data, old.cap);
	buf_clear(&old);
	return rc;
}
