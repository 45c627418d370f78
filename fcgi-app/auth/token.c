/* JSON Web Tokens; see token.h.  The only file that includes jwt.h. */
#include "config.h"

#include "auth/token.h"

#include "auth/base64url.h"
#include "lib/json_in.h"
#include "lib/json_out.h"
#include "lib/text.h"

#include <inttypes.h>
#include <jwt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define NOT_GOOD "The token is not good"

static int refuse(struct err *e, const char *why)
{
	return err_set(e, ERR_UNAUTHORIZED, NOT_GOOD ": %s", why);
}

/* The JSON object in one part of a token. */
static int part_object(const char *text, size_t len, struct json_object **out, struct err *e)
{
	struct buf b = {0};
	int rc = 0;

	*out = NULL;
	if (len == 0 || !base64url_decode(text, len, &b) || json_in_parse_object(buf_str(&b), b.len, out, NULL) == -1)
		rc = refuse(e, "it is not a JSON Web Token");
	buf_clear(&b);
	return rc;
}

static int check_header(struct json_object *header, enum keys_outside outside, bool *is_outside, struct err *e)
{
	const char *alg, *typ, *want = outside == KEYS_OUTSIDE_RS256 ? "RS256" : outside == KEYS_OUTSIDE_ES256 ? "ES256" : "";
	bool has_typ, has_crit;

	if (!json_get_string(header, "alg", &alg))
		return refuse(e, "its header names no algorithm");
	*is_outside = want[0] && strcmp(alg, want) == 0;
	if (!*is_outside && strcmp(alg, "HS256") != 0)
		return refuse(e, "it is signed with another algorithm than this server takes");
	json_get(header, "typ", &has_typ);
	if (has_typ && (!json_get_string(header, "typ", &typ) || strcasecmp(typ, "JWT") != 0))
		return refuse(e, "its type is not JWT");
	json_get(header, "crit", &has_crit);
	if (has_crit)
		return refuse(e, "it asks for extensions that this server does not have");
	return 0;
}

static bool signature_good(const char *token, const unsigned char *key, size_t key_len, jwt_alg_t alg)
{
	jwt_t *jwt = NULL;
	bool good;

	/* An empty key would switch libjwt's check off. */
	if (!key || key_len == 0)
		return false;
	good = jwt_decode(&jwt, token, key, (int)key_len) == 0 && jwt_get_alg(jwt) == alg;
	jwt_free(jwt);
	return good;
}

static int check_signature(const struct keys *k, const char *token, bool outside, bool *previous, struct err *e)
{
	const unsigned char *key;
	size_t len;
	bool good;

	*previous = false;
	if (outside) {
		enum keys_outside kind = keys_outside(k, &key, &len);

		good = signature_good(token, key, len, kind == KEYS_OUTSIDE_RS256 ? JWT_ALG_RS256 : JWT_ALG_ES256);
	} else {
		key = keys_secret(k, false, &len);
		good = signature_good(token, key, len, JWT_ALG_HS256);
		if (!good) {
			key = keys_secret(k, true, &len);
			good = *previous = signature_good(token, key, len, JWT_ALG_HS256);
		}
	}
	return good ? 0 : refuse(e, "its signature does not fit");
}

/* An integer as such: 20.0, "20" and null are none. */
static bool integer(struct json_object *payload, const char *name, int64_t *out, bool *present)
{
	struct json_object *v = json_get(payload, name, present);

	if (!v || json_object_get_type(v) != json_type_int)
		return false;
	*out = json_object_get_int64(v);
	return true;
}

static int check_times(struct json_object *payload, int64_t now_s, struct claims *c, struct err *e)
{
	int64_t nbf;
	bool present;

	if (!integer(payload, "exp", &c->expires_at_s, &present) || c->expires_at_s < 0)
		return refuse(e, "it has no time of expiry (exp) as an integer");
	if (c->expires_at_s > TOKEN_EXPIRES_MAX_S)
		c->expires_at_s = TOKEN_EXPIRES_MAX_S;
	if (!integer(payload, "nbf", &nbf, &present)) {
		if (present)
			return refuse(e, "its nbf is not an integer");
		nbf = 0;
	}
	if (!integer(payload, "iat", &c->issued_at_s, &present) && present)
		return refuse(e, "its iat is not an integer");
	/* Leeway on the side that cannot overflow. */
	if (c->expires_at_s <= now_s - TOKEN_LEEWAY_S)
		return err_set(e, ERR_UNAUTHORIZED, "The token has expired");
	if (nbf > now_s + TOKEN_LEEWAY_S)
		return err_set(e, ERR_UNAUTHORIZED, "The token is not good yet");
	return 0;
}

static bool copy_text(struct json_object *payload, const char *name, char *out, size_t size)
{
	const char *text;

	if (!json_get_string(payload, name, &text) || text[0] == '\0' || strlen(text) >= size)
		return false;
	memcpy(out, text, strlen(text) + 1);
	return true;
}

/* A control character in a name would travel into logs and headers. */
static bool is_printable(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return false;
	return true;
}

static int check_person(struct json_object *payload, struct claims *c, struct err *e)
{
	const char *role, *experiment;
	bool has_experiment, has_jti;

	if (!copy_text(payload, "sub", c->subject, sizeof(c->subject)) || !is_printable(c->subject))
		return refuse(e, "it does not say whose it is (sub)");
	json_get(payload, "jti", &has_jti);
	if (!copy_text(payload, "jti", c->jti, sizeof(c->jti)) && (has_jti || !c->outside))
		return refuse(e, "its number (jti) is missing or too long");
	if (!is_printable(c->jti))
		return refuse(e, "its number (jti) is missing or too long");
	if (!json_get_string(payload, "role", &role) || !role_from_name(role, &c->role))
		return refuse(e, "it has no role of this server");
	json_get(payload, "experiment", &has_experiment);
	if (has_experiment) {
		if (!json_get_string(payload, "experiment", &experiment) || !text_to_id(experiment, "exp_", &c->experiment_id) || c->role != ROLE_NONE)
			return refuse(e, "its experiment is not one");
	} else if (c->role == ROLE_NONE) {
		return refuse(e, "it has no role of this server");
	}
	return 0;
}

int token_verify(const struct keys *k, const char *token, int64_t now_s, struct claims *c, struct err *e)
{
	struct json_object *header = NULL, *payload = NULL;
	const unsigned char *pem;
	const char *dot1, *dot2;
	struct buf signature = {0};
	size_t len, pem_len;
	int rc = -1;

	memset(c, 0, sizeof(*c));
	len = strnlen(token, TOKEN_TEXT_MAX + 1);
	dot1 = len <= TOKEN_TEXT_MAX ? memchr(token, '.', len) : NULL;
	dot2 = dot1 ? strchr(dot1 + 1, '.') : NULL;
	if (!dot2 || strchr(dot2 + 1, '.'))
		return refuse(e, "it is not a JSON Web Token");
	if (part_object(token, (size_t)(dot1 - token), &header, e) == -1 || check_header(header, keys_outside(k, &pem, &pem_len), &c->outside, e) == -1)
		goto out;
	if (!base64url_decode(dot2 + 1, strlen(dot2 + 1), &signature)) {
		refuse(e, "it is not a JSON Web Token");
		goto out;
	}
	if (check_signature(k, token, c->outside, &c->previous, e) == -1 || part_object(dot1 + 1, (size_t)(dot2 - dot1 - 1), &payload, e) == -1)
		goto out;
	if (check_times(payload, now_s, c, e) == -1 || check_person(payload, c, e) == -1)
		goto out;
	rc = 0;
out:
	json_object_put(header);
	json_object_put(payload);
	buf_clear(&signature);
	return rc;
}

static void payload_text(const struct claims *c, struct buf *out)
{
	char id[TEXT_ID_MAX];
	struct json_out j;

	json_out_init(&j, out);
	json_object_begin(&j, NULL);
	json_put_string(&j, "sub", c->subject);
	json_put_string(&j, "role", role_name(c->role));
	json_put_string(&j, "jti", c->jti);
	json_put_i64(&j, "iat", c->issued_at_s);
	json_put_i64(&j, "exp", c->expires_at_s);
	if (c->experiment_id)
		json_put_string(&j, "experiment", text_from_id("exp_", c->experiment_id, id));
	json_object_end(&j);
}

int token_sign(const struct keys *k, const struct claims *c, struct buf *out, struct err *e)
{
	struct buf payload = {0};
	jwt_t *jwt = NULL;
	char *text = NULL;
	const unsigned char *key;
	size_t len;
	int rc = 0;

	key = keys_secret(k, false, &len);
	payload_text(c, &payload);
	if (jwt_new(&jwt) == 0 && jwt_set_alg(jwt, JWT_ALG_HS256, key, (int)len) == 0 && jwt_add_grants_json(jwt, payload.data) == 0)
		text = jwt_encode_str(jwt);
	if (text)
		buf_adds(out, text);
	else
		rc = err_set(e, ERR_INTERNAL, "cannot sign a token");
	free(text);
	jwt_free(jwt);
	buf_clear(&payload);
	return rc;
}

int token_make_jti(char out[TOKEN_JTI_MAX + 1], struct err *e)
{
	unsigned char random[16];
	struct buf text = {0};

	if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
		return err_set(e, ERR_INTERNAL, "the system gives no random bytes");
	/* It begins with a letter: on a command line "-" would begin an option. */
	random[0] &= 0x7f;
	base64url_encode(random, sizeof(random), &text);
	snprintf(out, TOKEN_JTI_MAX + 1, "%s", text.data);
	buf_clear(&text);
	return 0;
}
