/* platform/settings and platform/url: addresses, merging, masks, typed views. */
#include "config.h"

#include "lib/json_in.h"
#include "lib/mem.h"
#include "platform/settings.h"
#include "platform/url.h"

#include <arpa/inet.h>
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct err e;
static struct buf merged, difference;

static void setup(void)
{
	err_clear(&e);
}

static void teardown(void)
{
	buf_clear(&merged);
	buf_clear(&difference);
}

/* Merge a patch; both buffers are fresh. */
static int merge(const char *document, const char *patch)
{
	struct json_object *p;
	int rc;

	buf_clear(&merged);
	buf_clear(&difference);
	ck_assert_msg(json_in_parse_object(patch, strlen(patch), &p, &e) == 0, "%s: %s", patch, e.msg);
	rc = settings_merge(document, p, &merged, &difference, &e);
	json_object_put(p);
	return rc;
}

static const char *detail(const char *field)
{
	size_t i;

	for (i = 0; i < e.details_n; i++)
		if (strcmp(e.details[i].field, field) == 0)
			return e.details[i].text;
	return NULL;
}

static char *shown(const char *document)
{
	struct buf b = {0};
	struct json_out j;

	json_out_init(&j, &b);
	json_object_begin(&j, NULL);
	settings_show(document, &j);
	json_object_end(&j);
	return buf_take(&b);
}

static const struct {
	const char *text, *schemes;
	bool good;
} addresses[] = {
	{"http://localhost:8083", "http https", true},
	{"HTTP://Host.Example/a/b?c=d", "http https", true},
	{"https://[::1]:8443/", "http https", true},
	{"https://[fd12::1]", "http https", true},
	{"http://10.0.0.7", "http https", true},
	{"http://127.0.0.1:5000", "http https", true},
	{"redis://cache_1:6379/0", "redis", true},
	{"file:///etc/passwd", "http https", false},
	{"gopher://h/", "http https", false},
	{"ftp://h/", "http https", false},
	{"http:///x", "http https", false},
	{"http:/h", "http https", false},
	{"http//h", "http https", false},
	{"", "http https", false},
	{"://h", "http https", false},
	{"http://user:pw@h/", "http https", false},
	{"http://user@h/", "http https", false},
	{"http://h/\r\nX: y", "http https", false},
	{"http://h /", "http https", false},
	{"http://h/\xc3\xa9", "http https", false},
	{"http://h/#frag", "http https", false},
	{"http://h:0/", "http https", false},
	{"http://h:65536/", "http https", false},
	{"http://h:/", "http https", false},
	{"http://h:8o/", "http https", false},
	{"http://-h/", "http https", false},
	{"http://a..b/", "http https", false},
	{"http://169.254.169.254/", "http https", false},
	{"http://169.254.169.254./", "http https", false},
	{"http://2852039166/", "http https", false},
	{"http://0xa9fea9fe/", "http https", false},
	{"http://0251.0376.0251.0376/", "http https", false},
	{"http://169.254.43518/", "http https", false},
	{"http://[fe80::1]/", "http https", false},
	{"http://[fe80::1%25eth0]/", "http https", false},
	{"http://[::ffff:169.254.169.254]/", "http https", false},
	{"http://[fd00:ec2::254]/", "http https", false},
	{"http://[64:ff9b::a9fe:a9fe]/", "http https", false},
	{"http://224.0.0.1/", "http https", false},
	{"http://255.255.255.255/", "http https", false},
	{"http://[::1/", "http https", false},
	{"http://[]/", "http https", false},
	{"http://[::1]x/", "http https", false},
};

START_TEST(address)
{
	char why[200] = "";
	struct url u;
	bool good = url_parse(addresses[_i].text, addresses[_i].schemes, &u, why, sizeof(why));

	ck_assert_msg(good == addresses[_i].good, "%s: %s", addresses[_i].text, why);
	ck_assert(good || why[0]);
}
END_TEST

START_TEST(address_parts)
{
	char why[200];
	struct url u;

	ck_assert(url_parse("HTTPS://[::1]:8443/a?b", "http https", &u, why, sizeof(why)));
	ck_assert_str_eq(u.scheme, "https");
	ck_assert_str_eq(u.host, "::1");
	ck_assert(u.ipv6);
	ck_assert_int_eq(u.port, 8443);
	ck_assert_uint_eq(u.path_at, strlen("HTTPS://[::1]:8443"));
	ck_assert(!url_parse("x", "http https", &u, why, sizeof(why)));
	ck_assert_str_eq(why, "Must begin with http:// or https://");
}
END_TEST

START_TEST(ports)
{
	static const struct {
		const char *text;
		int port;
	} of[] = {{"http://h", 80}, {"https://h/p", 443}, {"smtp://h", 25}, {"smtps://h", 465}, {"https://h:8443", 8443}, {"redis://h", 6379}, {"redis://h:1", 1}};
	struct url u;
	char why[200];
	size_t i;

	for (i = 0; i < ARRAY_LEN(of); i++) {
		ck_assert(url_parse(of[i].text, "http https smtp smtps redis", &u, why, sizeof(why)));
		ck_assert_int_eq(url_port(&u, 6379), of[i].port);
	}
}
END_TEST

START_TEST(connect_address)
{
	struct sockaddr_in a = {.sin_family = AF_INET};
	struct sockaddr_in6 b = {.sin6_family = AF_INET6};
	struct sockaddr c = {.sa_family = AF_UNIX};

	inet_pton(AF_INET, "127.0.0.1", &a.sin_addr);
	ck_assert(url_address_allowed((struct sockaddr *)&a));
	inet_pton(AF_INET, "169.254.1.1", &a.sin_addr);
	ck_assert(!url_address_allowed((struct sockaddr *)&a));
	inet_pton(AF_INET6, "::1", &b.sin6_addr);
	ck_assert(url_address_allowed((struct sockaddr *)&b));
	inet_pton(AF_INET6, "fe80::1", &b.sin6_addr);
	ck_assert(!url_address_allowed((struct sockaddr *)&b));
	ck_assert(!url_address_allowed(&c));
}
END_TEST

START_TEST(defaults)
{
	struct settings s;
	char *text;

	settings_read(NULL, &s);
	ck_assert_int_eq(s.refresh_interval_ms, 5000);
	ck_assert_int_eq(s.max_experiments, 10);
	ck_assert_int_eq(s.retention_days, 30);
	ck_assert(s.real_time_metrics && s.experiment_scheduling && s.alert_notifications);
	text = shown(NULL);
	ck_assert_ptr_nonnull(strstr(text, "\"collector_url\":\"http://localhost:8083\""));
	ck_assert_ptr_nonnull(strstr(text, "\"services\":{}"));
	free(text);
}
END_TEST

/* What is not named stays. */
START_TEST(partial)
{
	struct settings s;
	char *first;

	ck_assert_int_eq(merge(NULL, "{\"dashboard\":{\"refresh_interval\":3000,\"max_experiments\":15}}"), 0);
	ck_assert_str_eq(buf_str(&difference), "[{\"path\":\"dashboard.refresh_interval\",\"from\":5000,\"to\":3000},"
					       "{\"path\":\"dashboard.max_experiments\",\"from\":10,\"to\":15}]");
	settings_read(merged.data, &s);
	ck_assert_int_eq(s.refresh_interval_ms, 3000);
	ck_assert_int_eq(s.retention_days, 30);
	first = buf_take(&merged);
	/* Again and again is the same; 3000.0 is 3000. */
	ck_assert_int_eq(merge(first, "{\"dashboard\":{\"refresh_interval\":3000.0}}"), 0);
	ck_assert_str_eq(buf_str(&difference), "[]");
	ck_assert_str_eq(buf_str(&merged), first);
	free(first);
}
END_TEST

static const struct {
	const char *patch, *field, *text;
} wrong[] = {
	{"{\"dashboard\":{\"refresh_interval\":0}}", "dashboard.refresh_interval", "Must be between 1000 and 3600000"},
	{"{\"dashboard\":{\"refresh_interval\":3000.5}}", "dashboard.refresh_interval", "Must be a whole number between 1000 and 3600000"},
	{"{\"dashboard\":{\"refresh_interval\":\"3000\"}}", "dashboard.refresh_interval", "Must be a whole number between 1000 and 3600000"},
	{"{\"dashboard\":{\"refresh_interval\":null}}", "dashboard.refresh_interval", NULL},
	{"{\"dashboard\":{\"refresh_interval\":true}}", "dashboard.refresh_interval", NULL},
	{"{\"dashboard\":{\"retention_days\":-1}}", "dashboard.retention_days", NULL},
	{"{\"dashboard\":[]}", "dashboard", "Must be an object"},
	{"{\"dashboard\":null}", "dashboard", "Must be an object"},
	{"{\"dashboard\":{\"colour\":1}}", "dashboard.colour", "Unknown member"},
	{"{\"features\":{\"real_time_metrics\":1}}", "features.real_time_metrics", "Must be true or false"},
	{"{\"version\":3}", "version", "Unknown member"},
	{"{\"services\":{\"gpu\":{\"metrics\":\"load1 load-5\"}}}", "services.gpu.metrics",
	 "Must be names of series, separated by spaces, each of at most 63 letters, digits, _ and :, with a letter first"},
	{"{\"services\":{\"gpu\":{\"metrics\":\"_hidden\"}}}", "services.gpu.metrics", NULL},
	{"{\"services\":{\"gpu\":{\"metrics\":\"s23456789_123456789_123456789_123456789_123456789_123456789_1234\"}}}", "services.gpu.metrics", NULL},
	{"{\"services\":{\"gpu\":{\"metrics\":\"  \"}}}", "services.gpu.metrics", "Must be 1 to 28 names of series, separated by spaces, or null"},
	{"{\"services\":{\"gpu\":{\"metrics\":\"s0 s1 s2 s3 s4 s5 s6 s7 s8 s9 s10 s11 s12 s13 s14 s15 s16 s17 s18 s19 s20 s21 s22 s23 s24 s25 s26 s27 s28\"}}}", "services.gpu.metrics",
	 "Must be 1 to 28 names of series, separated by spaces, or null"},
	{"{}", "body", NULL},
	{"{\"integration\":{\"collector_url\":\"file:///etc/passwd\"}}", "integration.collector_url", "Must begin with http:// or https://"},
	{"{\"integration\":{\"collector_url\":\"\"}}", "integration.collector_url", NULL},
	{"{\"integration\":{\"collector_url\":\"http://u:p@h/\"}}", "integration.collector_url", NULL},
	{"{\"integration\":{\"redis_url\":\"http://h/\"}}", "integration.redis_url", "Must begin with redis://"},
	{"{\"notifications\":{\"min_severity\":\"high\"}}", "notifications.min_severity", "Must be one of: info warning critical"},
	{"{\"notifications\":{\"mail_to\":[\"a b@c\"]}}", "notifications.mail_to", NULL},
	{"{\"notifications\":{\"mail_to\":\"a@c\"}}", "notifications.mail_to", NULL},
	{"{\"notifications\":{\"mail_from\":\"a@b\\r\\nBcc: x@y\"}}", "notifications.mail_from", NULL},
	{"{\"notifications\":{\"smtp_url\":\"smtp://h\"}}", "notifications.mail_from", "Needed while smtp_url is set"},
	{"{\"notifications\":{\"webhook_secret\":\"********\"}}", "notifications.webhook_secret", NULL},
	{"{\"notifications\":{\"webhook_secret\":\"\"}}", "notifications.webhook_secret", NULL},
	{"{\"services\":{\"gpu\":{}}}", "services.gpu.kind", NULL},
	{"{\"services\":{\"gpu\":{\"kind\":\"http\"}}}", "services.gpu.url", NULL},
	{"{\"services\":{\"gpu\":{\"kind\":\"http\",\"url\":\"redis://h\"}}}", "services.gpu.url", NULL},
	{"{\"services\":{\"gpu\":{\"kind\":\"tcp\",\"url\":\"tcp://h\"}}}", "services.gpu.url", NULL},
	{"{\"services\":{\"gpu\":{\"kind\":\"process\"}}}", "services.gpu.url", NULL},
	{"{\"services\":{\"gpu\":5}}", "services.gpu", NULL},
	{"{\"services\":{\"GPU\":{\"kind\":\"tcp\",\"url\":\"tcp://h:1\"}}}", "services.GPU", NULL},
	{"{\"services\":{\"dashboard\":{\"kind\":\"tcp\",\"url\":\"tcp://h:1\"}}}", "services.dashboard", NULL},
	{"{\"services\":{\"redis\":{\"url\":\"redis://h\"}}}", "services.redis.url", "Set integration.redis_url instead"},
	{"{\"services\":{\"redis\":{\"interval_ms\":500}}}", "services.redis.timeout_ms", NULL},
	{"{\"services\":{\"redis\":{\"kind\":\"tcp\"}}}", "services.redis.kind", NULL},
	{"{\"services\":{\"redis\":{\"pid_file\":\"x\"}}}", "services.redis.pid_file", "Must be an absolute path"},
	{"{\"services\":{\"redis\":{\"colour\":1}}}", "services.redis.colour", "Unknown member"},
};

START_TEST(refused)
{
	ck_assert_int_eq(merge(NULL, wrong[_i].patch), -1);
	ck_assert_int_eq(e.code, ERR_INVALID);
	ck_assert_msg(detail(wrong[_i].field) != NULL, "%s: no detail for %s", wrong[_i].patch, wrong[_i].field);
	if (wrong[_i].text)
		ck_assert_str_eq(detail(wrong[_i].field), wrong[_i].text);
	ck_assert_uint_eq(merged.len, 0);
	ck_assert_uint_eq(difference.len, 0);
}
END_TEST

/* All or nothing, and everything that is wrong is told. */
START_TEST(all_wrong_fields)
{
	ck_assert_int_eq(merge(NULL, "{\"dashboard\":{\"refresh_interval\":3000,\"retention_days\":-1,\"max_experiments\":0},\"nope\":1}"), -1);
	ck_assert_uint_eq(e.details_n, 3);
	ck_assert_uint_eq(merged.len, 0);
}
END_TEST

START_TEST(secrets)
{
	char *one, *text;
	struct notify_config n;

	ck_assert_int_eq(merge(NULL, "{\"notifications\":{\"webhook_url\":\"https://hooks.example/services/T0/B0\",\"webhook_secret\":\"hush\"},"
				     "\"services\":{\"redis\":{\"password\":\"pw\"}}}"), 0);
	ck_assert_ptr_null(strstr(buf_str(&difference), "hush"));
	ck_assert_ptr_null(strstr(buf_str(&difference), "T0"));
	one = buf_take(&merged);
	text = shown(one);
	ck_assert_ptr_null(strstr(text, "hush"));
	ck_assert_ptr_null(strstr(text, "\"pw\""));
	ck_assert_ptr_nonnull(strstr(text, "\"webhook_url\":\"https://hooks.example/********\""));
	/* What is shown can be given back whole. */
	ck_assert_msg(merge(one, text) == 0, "%s", e.details[0].text);
	ck_assert_str_eq(buf_str(&difference), "[]");
	ck_assert_str_eq(buf_str(&merged), one);
	free(text);
	settings_notify(one, &n);
	ck_assert_str_eq(n.webhook_secret, "hush");
	ck_assert_str_eq(n.webhook_url, "https://hooks.example/services/T0/B0");
	settings_notify_clear(&n);
	/* A change of a secret shows as a change, not as what it is. */
	ck_assert_int_eq(merge(one, "{\"notifications\":{\"webhook_secret\":\"other\"}}"), 0);
	ck_assert_str_eq(buf_str(&difference), "[{\"path\":\"notifications.webhook_secret\",\"from\":\"********\",\"to\":\"********\"}]");
	free(one);
}
END_TEST

START_TEST(revert)
{
	char *one, *two;

	ck_assert_int_eq(merge(NULL, "{\"dashboard\":{\"max_experiments\":3},\"notifications\":{\"webhook_secret\":\"old\"}}"), 0);
	one = buf_take(&merged);
	ck_assert_int_eq(merge(one, "{\"dashboard\":{\"max_experiments\":7},\"notifications\":{\"webhook_secret\":\"new\"},"
				    "\"services\":{\"gpu\":{\"kind\":\"tcp\",\"url\":\"tcp://h:1\"}}}"), 0);
	two = buf_take(&merged);
	buf_clear(&difference);
	ck_assert_int_eq(settings_replace(two, one, &merged, &difference, &e), 0);
	ck_assert_ptr_nonnull(strstr(buf_str(&merged), "\"max_experiments\":3"));
	ck_assert_ptr_nonnull(strstr(buf_str(&merged), "\"webhook_secret\":\"new\""));
	ck_assert_ptr_null(strstr(buf_str(&merged), "gpu"));
	ck_assert_ptr_nonnull(strstr(buf_str(&difference), "\"path\":\"services.gpu.url\",\"from\":\"tcp://h:1\",\"to\":null"));
	free(one);
	free(two);
}
END_TEST

START_TEST(services)
{
	struct service_config *list;
	char *one;
	size_t n;

	settings_services(NULL, &list, &n);
	ck_assert_uint_eq(n, 7);
	ck_assert_str_eq(list[0].name, "collector");
	ck_assert(list[0].url_by_default);
	ck_assert(list[4].dependency);
	ck_assert_int_eq(list[0].interval_ms, 5000);
	settings_services_free(list, n);
	ck_assert_int_eq(merge(NULL, "{\"integration\":{\"sdn_url\":null,\"collector_url\":\"http://c:1\"},\"services\":{"
				     "\"redis\":{\"interval_ms\":1000,\"timeout_ms\":500,\"degraded_ms\":null},"
				     "\"zeta\":{\"kind\":\"tcp\",\"url\":\"tcp://h:1\"},"
				     "\"alpha\":{\"kind\":\"json\",\"url\":\"http://h/\",\"json_path\":\"ok\",\"json_value\":true,\"role\":\"dependency\"}}}"), 0);
	one = buf_take(&merged);
	settings_services(one, &list, &n);
	ck_assert_uint_eq(n, 9);
	ck_assert(!list[0].url_by_default);
	ck_assert_ptr_null(list[3].url);
	ck_assert_int_eq(list[5].interval_ms, 1000);
	ck_assert_int_eq(list[5].degraded_ms, 0);
	ck_assert_str_eq(list[7].name, "alpha");
	ck_assert(list[7].dependency);
	ck_assert_str_eq(list[7].json_value, "true");
	ck_assert_int_eq(list[7].kind, PROBE_JSON);
	ck_assert_str_eq(list[8].name, "zeta");
	settings_services_free(list, n);
	/* Back to the default is as if it had never been set; null removes. */
	ck_assert_int_eq(merge(one, "{\"services\":{\"redis\":{\"interval_ms\":5000,\"timeout_ms\":2000,\"degraded_ms\":1000},\"zeta\":null,\"alpha\":null,\"nope\":null}}"), 0);
	ck_assert_ptr_nonnull(strstr(buf_str(&merged), "\"services\":{}"));
	free(one);
}
END_TEST

START_TEST(many_services)
{
	struct buf patch = {0};
	struct service_config *list;
	size_t i, n;

	buf_adds(&patch, "{\"services\":{");
	for (i = 0; i < SERVICES_MAX; i++)
		buf_addf(&patch, "%s\"s%zu\":{\"kind\":\"tcp\",\"url\":\"tcp://127.0.0.1:%zu\"}", i ? "," : "", i, 10000 + i);
	buf_adds(&patch, "}}");
	ck_assert_msg(merge(NULL, patch.data) == 0, "%s", e.msg);
	settings_services(merged.data, &list, &n);
	ck_assert_uint_eq(n, SERVICES_MAX + 7);
	settings_services_free(list, n);
	buf_clear(&patch);
}
END_TEST

/* A document that is damaged or from another time still gives sound values. */
START_TEST(odd_documents)
{
	static const char *const documents[] = {
		"", "[]", "{", "{\"dashboard\":5}", "{\"dashboard\":{\"retention_days\":\"x\"}}", "{\"services\":[]}", "{\"services\":{\"a\":1}}",
		"{\"integration\":{\"collector_url\":\"file:///x\"}}", "{\"later\":{\"x\":1}}"};
	struct service_config *list;
	struct settings s;
	size_t i, n;

	for (i = 0; i < ARRAY_LEN(documents); i++) {
		settings_read(documents[i], &s);
		ck_assert_int_eq(s.retention_days, 30);
		settings_services(documents[i], &list, &n);
		ck_assert_str_eq(list[0].url, "http://localhost:8083");
		settings_services_free(list, n);
	}
}
END_TEST

START_TEST(described)
{
	struct json_object *parsed;
	struct buf b = {0};
	struct json_out j;

	json_out_init(&j, &b);
	settings_describe(&j);
	ck_assert_int_eq(json_in_parse(b.data, b.len, &parsed, &e), 0);
	ck_assert_uint_gt(json_object_array_length(parsed), 40);
	json_object_put(parsed);
	buf_clear(&b);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("settings");
	TCase *t = tcase_create("settings");
	SRunner *r = srunner_create(s);
	int failed;

	suite_add_tcase(s, t);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, address, 0, ARRAY_LEN(addresses));
	tcase_add_test(t, address_parts);
	tcase_add_test(t, ports);
	tcase_add_test(t, connect_address);
	tcase_add_test(t, defaults);
	tcase_add_test(t, partial);
	tcase_add_loop_test(t, refused, 0, ARRAY_LEN(wrong));
	tcase_add_test(t, all_wrong_fields);
	tcase_add_test(t, secrets);
	tcase_add_test(t, revert);
	tcase_add_test(t, services);
	tcase_add_test(t, many_services);
	tcase_add_test(t, odd_documents);
	tcase_add_test(t, described);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
