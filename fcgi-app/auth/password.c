/* crypt(3); see password.h. */
#include "config.h"

#include "auth/password.h"

#include "lib/mem.h"
#include "lib/text.h"

#include <crypt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A setting of the strength that crypt_gensalt() gives, for a user that does not exist. */
#define NOBODY "$y$j9T$4Qk7cXw2nB0mZr5tYv8uE1$"

int password_check(const char *password, struct err *e)
{
	size_t len = strlen(password), n = text_utf8_valid(password, len) ? text_utf8_count(password, len) : 0;

	if (n < PASSWORD_MIN || n > PASSWORD_MAX)
		return err_set(e, ERR_INVALID, "Must have between %d and %d characters", PASSWORD_MIN, PASSWORD_MAX);
	return 0;
}

int password_hash(const char *password, char out[PASSWORD_HASH_MAX], struct err *e)
{
	struct crypt_data *d = mem_alloc(sizeof(*d));
	char setting[CRYPT_GENSALT_OUTPUT_SIZE];
	const char *hash = NULL;
	int rc = 0;

	if (crypt_gensalt_rn("$y$", 0, NULL, 0, setting, sizeof(setting)))
		hash = crypt_r(password, setting, d);
	/* A failure is a text that begins with '*'. */
	if (!hash || hash[0] == '*' || strlen(hash) >= PASSWORD_HASH_MAX)
		rc = err_set(e, ERR_INTERNAL, "crypt(3) does not know yescrypt");
	else
		snprintf(out, PASSWORD_HASH_MAX, "%s", hash);
	explicit_bzero(d, sizeof(*d));
	free(d);
	return rc;
}

bool password_matches(const char *password, const char *hash)
{
	struct crypt_data *d = mem_alloc(sizeof(*d));
	const char *got = crypt_r(password, hash ? hash : NOBODY, d);
	bool same = hash && got && got[0] != '*' && strlen(got) == strlen(hash) && text_equal_secret(got, hash, strlen(hash));

	explicit_bzero(d, sizeof(*d));
	free(d);
	return same;
}
