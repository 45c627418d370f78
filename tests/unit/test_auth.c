/* Tokens, passwords, keys: every rule that libjwt leaves to its user is a row. */
#include "config.h"

#include "auth/base64url.h"
#include "auth/keys.h"
#include "auth/password.h"
#include "auth/token.h"
#include "lib/file.h"
#include "lib/mem.h"

#include <check.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOW 1700000000 /* Unix s */
#define SECRET "0123456789abcdef0123456789abcdef"
#define PREVIOUS "ffffffffffffffffffffffffffffffff"

static char dir[64];
static struct conf conf;

static void put(const char *name, const char *text)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	ck_assert_int_eq(file_replace(path, text, strlen(text), 0600, NULL), 0);
}

static void setup(void)
{
	char path[128], text[256];

	snprintf(dir, sizeof(dir), "/tmp/test_auth.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/flopynet.conf", dir);
	snprintf(text, sizeof(text), "[paths]\nstate = %s\n", dir);
	put("flopynet.conf", text);
	put("secret", SECRET "\n");
	ck_assert_int_eq(conf_load(&conf, path, NULL), 0);
}

static void remove_file(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	unlink(path);
}

static void teardown(void)
{
	static const char *const names[] = {"flopynet.conf", "secret", "secret.previous", "public.pem"};
	size_t i;

	for (i = 0; i < ARRAY_LEN(names); i++)
		remove_file(names[i]);
	rmdir(dir);
	conf_clear(&conf);
}

/* header.payload.signature, signed by hand so that it can be wrong in any way. */
static char *forge(const char *header, const char *payload, const char *secret, const EVP_MD *md)
{
	unsigned char mac[EVP_MAX_MD_SIZE];
	unsigned mac_len;
	struct buf b = {0};

	base64url_encode((const unsigned char *)header, strlen(header), &b);
	buf_addc(&b, '.');
	base64url_encode((const unsigned char *)payload, strlen(payload), &b);
	HMAC(md, secret, (int)strlen(secret), (const unsigned char *)b.data, b.len, mac, &mac_len);
	buf_addc(&b, '.');
	base64url_encode(mac, mac_len, &b);
	return buf_take(&b);
}

#define H256 "{\"alg\":\"HS256\",\"typ\":\"JWT\"}"
#define BODY(more) "{\"sub\":\"a\",\"role\":\"viewer\",\"jti\":\"j1\"," more "}"
#define GOOD BODY("\"exp\":1700000100")

static const struct {
	const char *name, *header, *payload, *secret;
	bool good;
} rules[] = {
	{"plain", H256, GOOD, SECRET, true},
	{"typ absent", "{\"alg\":\"HS256\"}", GOOD, SECRET, true},
	{"typ in small letters", "{\"alg\":\"HS256\",\"typ\":\"jwt\"}", GOOD, SECRET, true},
	{"previous secret", H256, GOOD, PREVIOUS, true},
	{"another secret", H256, GOOD, "another secret of thirty-two byte", false},
	{"alg none", "{\"alg\":\"none\"}", GOOD, SECRET, false},
	{"alg in small letters", "{\"alg\":\"hs256\",\"typ\":\"JWT\"}", GOOD, SECRET, false},
	{"alg missing", "{\"typ\":\"JWT\"}", GOOD, SECRET, false},
	{"alg RS256 without a key for it", "{\"alg\":\"RS256\"}", GOOD, SECRET, false},
	{"typ of another kind", "{\"alg\":\"HS256\",\"typ\":\"at+jwt\"}", GOOD, SECRET, false},
	{"typ a number", "{\"alg\":\"HS256\",\"typ\":1}", GOOD, SECRET, false},
	{"crit", "{\"alg\":\"HS256\",\"crit\":[\"exp\"]}", GOOD, SECRET, false},
	{"alg twice", "{\"alg\":\"none\",\"alg\":\"HS256\"}", GOOD, SECRET, false},
	{"header an array", "[\"HS256\"]", GOOD, SECRET, false},
	{"exp past", H256, BODY("\"exp\":1"), SECRET, false},
	{"exp just past, within leeway", H256, BODY("\"exp\":1699999999"), SECRET, true},
	{"exp 59 s ago", H256, BODY("\"exp\":1699999941"), SECRET, true},
	{"exp 61 s ago", H256, BODY("\"exp\":1699999939"), SECRET, false},
	{"exp as text", H256, BODY("\"exp\":\"1700000100\""), SECRET, false},
	{"exp as a fraction", H256, BODY("\"exp\":1700000100.5"), SECRET, false},
	{"exp null", H256, BODY("\"exp\":null"), SECRET, false},
	{"exp negative", H256, BODY("\"exp\":-1"), SECRET, false},
	{"exp huge", H256, BODY("\"exp\":9223372036854775807"), SECRET, true},
	{"exp beyond 64 bits", H256, BODY("\"exp\":9223372036854775808"), SECRET, false},
	{"exp absent", H256, BODY("\"iat\":1"), SECRET, false},
	{"exp twice", H256, BODY("\"exp\":1,\"exp\":1700000100"), SECRET, false},
	{"nbf in 59 s", H256, BODY("\"exp\":1700009999,\"nbf\":1700000059"), SECRET, true},
	{"nbf in 5 min", H256, BODY("\"exp\":1700009999,\"nbf\":1700000300"), SECRET, false},
	{"nbf as text", H256, BODY("\"exp\":1700009999,\"nbf\":\"1\""), SECRET, false},
	{"nbf least", H256, BODY("\"exp\":1700009999,\"nbf\":-9223372036854775808"), SECRET, true},
	{"iat in the future", H256, BODY("\"exp\":1700009999,\"iat\":1700009000"), SECRET, true},
	{"payload an array", H256, "[1]", SECRET, false},
	{"payload null", H256, "null", SECRET, false},
	{"sub missing", H256, "{\"role\":\"viewer\",\"jti\":\"j\",\"exp\":1700000100}", SECRET, false},
	{"sub with a line break", H256, "{\"sub\":\"a\\nb\",\"role\":\"viewer\",\"jti\":\"j\",\"exp\":1700000100}", SECRET, false},
	{"jti missing", H256, "{\"sub\":\"a\",\"role\":\"viewer\",\"exp\":1700000100}", SECRET, false},
	{"role missing", H256, "{\"sub\":\"a\",\"jti\":\"j\",\"exp\":1700000100}", SECRET, false},
	{"role unknown", H256, "{\"sub\":\"a\",\"role\":\"root\",\"jti\":\"j\",\"exp\":1700000100}", SECRET, false},
	{"role none without an experiment", H256, "{\"sub\":\"a\",\"role\":\"none\",\"jti\":\"j\",\"exp\":1700000100}", SECRET, false},
	{"role none with one", H256, "{\"sub\":\"a\",\"role\":\"none\",\"jti\":\"j\",\"exp\":1700000100,\"experiment\":\"exp_007\"}", SECRET, true},
	{"admin with an experiment", H256, "{\"sub\":\"a\",\"role\":\"admin\",\"jti\":\"j\",\"exp\":1700000100,\"experiment\":\"exp_007\"}", SECRET, false},
};

START_TEST(token_rules)
{
	char *text = forge(rules[_i].header, rules[_i].payload, rules[_i].secret, EVP_sha256());
	struct keys *k;
	struct claims c;
	struct err e;

	put("secret.previous", PREVIOUS);
	ck_assert_int_eq(keys_open(&k, &conf, &e), 0);
	ck_assert_msg((token_verify(k, text, NOW, &c, &e) == 0) == rules[_i].good, "%s", rules[_i].name);
	ck_assert_msg(rules[_i].good ? c.expires_at_s <= TOKEN_EXPIRES_MAX_S : e.code == ERR_UNAUTHORIZED, "%s", rules[_i].name);
	free(text);
	keys_close(k);
}
END_TEST

START_TEST(token_other_digests)
{
	char *t384 = forge("{\"alg\":\"HS384\"}", GOOD, SECRET, EVP_sha384()), *t512 = forge("{\"alg\":\"HS512\"}", GOOD, SECRET, EVP_sha512());
	struct keys *k;
	struct claims c;

	ck_assert_int_eq(keys_open(&k, &conf, NULL), 0);
	ck_assert_int_eq(token_verify(k, t384, NOW, &c, NULL), -1);
	ck_assert_int_eq(token_verify(k, t512, NOW, &c, NULL), -1);
	keys_close(k);
	free(t384);
	free(t512);
}
END_TEST

START_TEST(token_shapes)
{
	static const char *const bad[] = {"", ".", "..", "a.b", "a.b.c.d", "e30.e30.", "e30.e30", "%%%.%%%.%%%"};
	char *good = forge(H256, GOOD, SECRET, EVP_sha256()), *big = mem_alloc(12u << 20);
	size_t i, len = strlen(good);
	struct keys *k;
	struct claims c;

	ck_assert_int_eq(keys_open(&k, &conf, NULL), 0);
	for (i = 0; i < ARRAY_LEN(bad); i++)
		ck_assert_msg(token_verify(k, bad[i], NOW, &c, NULL) == -1, "%s", bad[i]);
	/* 12 MB would overflow libjwt's stack. */
	memset(big, 'a', (12u << 20) - 1);
	ck_assert_int_eq(token_verify(k, big, NOW, &c, NULL), -1);
	memcpy(big, good, len);
	ck_assert_int_eq(token_verify(k, big, NOW, &c, NULL), -1);
	/* One letter's unused bits: another spelling of the same bytes. */
	ck_assert_int_eq(token_verify(k, good, NOW, &c, NULL), 0);
	good[len - 1] = (char)(good[len - 1] + 1);
	ck_assert_int_eq(token_verify(k, good, NOW, &c, NULL), -1);
	free(good);
	free(big);
	keys_close(k);
}
END_TEST

START_TEST(token_round_trip)
{
	struct claims in = {.role = ROLE_OPERATOR, .issued_at_s = NOW, .expires_at_s = NOW + 100}, out;
	struct buf text = {0};
	struct keys *k;

	snprintf(in.subject, sizeof(in.subject), "Тест \"q\"");
	ck_assert_int_eq(token_make_jti(in.jti, NULL), 0);
	ck_assert_int_eq(keys_open(&k, &conf, NULL), 0);
	ck_assert_int_eq(token_sign(k, &in, &text, NULL), 0);
	ck_assert_int_eq(token_verify(k, text.data, NOW, &out, NULL), 0);
	ck_assert_str_eq(out.subject, in.subject);
	ck_assert_str_eq(out.jti, in.jti);
	ck_assert_int_eq(out.role, ROLE_OPERATOR);
	ck_assert_int_eq(out.expires_at_s, NOW + 100);
	buf_clear(&text);
	keys_close(k);
}
END_TEST

START_TEST(jti_is_a_word)
{
	char jti[TOKEN_JTI_MAX + 1];
	int i;

	for (i = 0; i < 1000; i++) {
		ck_assert_int_eq(token_make_jti(jti, NULL), 0);
		ck_assert_msg((jti[0] >= 'A' && jti[0] <= 'Z') || (jti[0] >= 'a' && jti[0] <= 'z'), "%s", jti);
	}
}
END_TEST

/* With an outside provider's key both kinds are good, and neither key opens the other's lock. */
START_TEST(token_outside)
{
	static const char *const headers[] = {"{\"alg\":\"RS256\"}", "{\"alg\":\"ES256\"}"};
	EVP_PKEY *key = _i == 0 ? EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048) : EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	char pem_path[128], *local = forge(H256, GOOD, SECRET, EVP_sha256()), *confused;
	struct buf pem = {0};
	struct keys *k;
	struct claims c;
	FILE *f;

	ck_assert_ptr_nonnull(key);
	snprintf(pem_path, sizeof(pem_path), "%s/public.pem", dir);
	f = fopen(pem_path, "w");
	PEM_write_PUBKEY(f, key);
	fclose(f);
	free(conf.auth_public_key_file);
	conf.auth_public_key_file = mem_strdup(pem_path);
	ck_assert_int_eq(file_read(pem_path, 65536, &pem, NULL), 0);
	ck_assert_int_eq(keys_open(&k, &conf, NULL), 0);
	ck_assert_int_eq(token_verify(k, local, NOW, &c, NULL), 0);
	ck_assert(!c.outside);
	/* The public key is public: it must not work as a secret, whatever the header says. */
	confused = forge(H256, GOOD, pem.data, EVP_sha256());
	ck_assert_int_eq(token_verify(k, confused, NOW, &c, NULL), -1);
	free(confused);
	confused = forge(headers[_i], GOOD, pem.data, EVP_sha256());
	ck_assert_int_eq(token_verify(k, confused, NOW, &c, NULL), -1);
	free(confused);
	free(local);
	buf_clear(&pem);
	keys_close(k);
	EVP_PKEY_free(key);
}
END_TEST

START_TEST(token_outside_signed)
{
	static const char header[] = "{\"alg\":\"RS256\"}", payload[] = "{\"sub\":\"x\",\"role\":\"viewer\",\"exp\":1700000100}";
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned char signature[256];
	size_t len = sizeof(signature);
	char pem_path[128];
	struct buf text = {0};
	struct keys *k;
	struct claims c;
	FILE *f;

	snprintf(pem_path, sizeof(pem_path), "%s/public.pem", dir);
	f = fopen(pem_path, "w");
	PEM_write_PUBKEY(f, key);
	fclose(f);
	free(conf.auth_public_key_file);
	conf.auth_public_key_file = mem_strdup(pem_path);
	base64url_encode((const unsigned char *)header, strlen(header), &text);
	buf_addc(&text, '.');
	base64url_encode((const unsigned char *)payload, strlen(payload), &text);
	EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key);
	ck_assert_int_eq(EVP_DigestSign(ctx, signature, &len, (const unsigned char *)text.data, text.len), 1);
	buf_addc(&text, '.');
	base64url_encode(signature, len, &text);
	ck_assert_int_eq(keys_open(&k, &conf, NULL), 0);
	ck_assert_int_eq(token_verify(k, text.data, NOW, &c, NULL), 0);
	ck_assert(c.outside);
	ck_assert_str_eq(c.jti, "");
	buf_clear(&text);
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	keys_close(k);
}
END_TEST

static const struct {
	const char *name, *secret;
	bool good;
} secrets[] = {
	{"none", NULL, false},
	{"empty", "", false},
	{"a newline", "\n", false},
	{"31 bytes and a newline", "0123456789abcdef0123456789abcde\n", false},
	{"32 bytes", SECRET, true},
};

START_TEST(keys_secrets)
{
	struct keys *k;
	struct err e;

	remove_file("secret");
	if (secrets[_i].secret)
		put("secret", secrets[_i].secret);
	ck_assert_msg((keys_open(&k, &conf, &e) == 0) == secrets[_i].good, "%s", secrets[_i].name);
	keys_close(k);
}
END_TEST

START_TEST(keys_rotation)
{
	struct claims in = {.role = ROLE_VIEWER, .expires_at_s = NOW + 100}, out;
	struct buf old = {0}, fresh = {0};
	struct keys *k;

	snprintf(in.subject, sizeof(in.subject), "a");
	snprintf(in.jti, sizeof(in.jti), "j");
	ck_assert_int_eq(keys_open(&k, &conf, NULL), 0);
	token_sign(k, &in, &old, NULL);
	ck_assert(!keys_refresh(k, 1000));
	ck_assert_int_eq(keys_rotate_secret(conf.auth_secret_file, conf.auth_previous_secret_file, NULL), 0);
	ck_assert(!keys_refresh(k, 1500)); /* not yet looked at */
	ck_assert(keys_refresh(k, 2500));
	ck_assert_int_eq(token_verify(k, old.data, NOW, &out, NULL), 0);
	token_sign(k, &in, &fresh, NULL);
	ck_assert_str_ne(old.data, fresh.data);
	/* A file that was spoilt does not take the keys away. */
	put("secret", "short");
	ck_assert(!keys_refresh(k, 9000));
	ck_assert_int_eq(token_verify(k, fresh.data, NOW, &out, NULL), 0);
	/* The second rotation ends the first secret. */
	put("secret", SECRET "-2");
	ck_assert(keys_refresh(k, 12000));
	ck_assert_int_eq(keys_rotate_secret(conf.auth_secret_file, conf.auth_previous_secret_file, NULL), 0);
	ck_assert(keys_refresh(k, 15000));
	ck_assert_int_eq(token_verify(k, old.data, NOW, &out, NULL), -1);
	buf_clear(&old);
	buf_clear(&fresh);
	keys_close(k);
}
END_TEST

START_TEST(passwords)
{
	char hash[PASSWORD_HASH_MAX];

	ck_assert_int_eq(password_check("short", NULL) + password_check("long enough", NULL), -1);
	ck_assert_int_eq(password_check("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", NULL), -1);
	ck_assert_int_eq(password_hash("a long pass phrase", hash, NULL), 0);
	ck_assert(strncmp(hash, "$y$", 3) == 0);
	ck_assert(password_matches("a long pass phrase", hash));
	ck_assert(!password_matches("another pass phrase", hash));
	ck_assert(!password_matches("a long pass phrase", NULL));
	ck_assert(!password_matches("a long pass phrase", "*0"));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("auth");
	TCase *t = tcase_create("auth");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, token_rules, 0, (int)ARRAY_LEN(rules));
	tcase_add_test(t, token_other_digests);
	tcase_add_test(t, token_shapes);
	tcase_add_test(t, token_round_trip);
	tcase_add_test(t, jti_is_a_word);
	tcase_add_loop_test(t, token_outside, 0, 2);
	tcase_add_test(t, token_outside_signed);
	tcase_add_loop_test(t, keys_secrets, 0, (int)ARRAY_LEN(secrets));
	tcase_add_test(t, keys_rotation);
	tcase_add_test(t, passwords);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
