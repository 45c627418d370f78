/* What comes in from outside, as tables: messages of clients, credentials, queries. */
#include "config.h"

#include "lib/mem.h"
#include "stream/client_message.h"
#include "stream/handshake.h"
#include "stream/query.h"
#include "stream/session.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *text, *field; /* field NULL: good; "": wrong as a whole */
} client_messages[] = {
	{"{\"action\":\"subscribe\",\"topics\":[\"experiments\",\"metrics\",\"alerts\"],\"experiment_ids\":[\"exp_001\",\"exp_002\"]}", NULL},
	{"{\"action\":\"subscribe\",\"topics\":[\"experiments\"],\"since\":0,\"interval\":0,\"ref\":\"a1\"}", NULL},
	{"{\"action\":\"subscribe\",\"topics\":[\"alerts\"],\"experiment_ids\":[]}", NULL},
	{"{\"action\":\"unsubscribe\"}", NULL},
	{"{\"action\":\"unsubscribe\",\"topics\":[\"metrics\"]}", NULL},
	{"{\"action\":\"since\",\"since\":1042}", NULL},
	{"{\"action\":\"ping\"}", NULL},
	{"{\"action\":\"authenticate\",\"token\":\"x.y.z\"}", NULL},
	{"", ""},
	{"hello", ""},
	{"[]", ""},
	{"null", ""},
	{"{\"action\":\"subscribe\",\"topics\":[\"experiments\"]} x", ""},
	{"{}", "action"},
	{"{\"action\":\"SUBSCRIBE\"}", "action"},
	{"{\"action\":1}", "action"},
	{"{\"action\":\"subscribe\"}", "topics"},
	{"{\"action\":\"subscribe\",\"topics\":\"alerts\"}", "topics"},
	{"{\"action\":\"subscribe\",\"topics\":[]}", "topics"},
	{"{\"action\":\"subscribe\",\"topics\":[\"nosuch\"]}", "topics"},
	{"{\"action\":\"subscribe\",\"topics\":[1]}", "topics"},
	{"{\"action\":\"subscribe\",\"topics\":null}", "topics"},
	{"{\"action\":\"subscribe\",\"topics\":[\"alerts\"],\"experiment_ids\":\"exp_001\"}", "experiment_ids"},
	{"{\"action\":\"subscribe\",\"topics\":[\"alerts\"],\"experiment_ids\":[\"EXP_001\"]}", "experiment_ids"},
	{"{\"action\":\"subscribe\",\"topics\":[\"alerts\"],\"experiment_ids\":[1]}", "experiment_ids"},
	{"{\"action\":\"subscribe\",\"topics\":[\"alerts\"],\"since\":-1}", "since"},
	{"{\"action\":\"subscribe\",\"topics\":[\"alerts\"],\"since\":\"5\"}", "since"},
	{"{\"action\":\"subscribe\",\"topics\":[\"alerts\"],\"since\":1.5}", "since"},
	{"{\"action\":\"subscribe\",\"topics\":[\"alerts\"],\"since\":null}", "since"},
	{"{\"action\":\"subscribe\",\"topics\":[\"alerts\"],\"interval\":3601}", "interval"},
	{"{\"action\":\"subscribe\",\"topics\":[\"alerts\"],\"ref\":5}", "ref"},
	{"{\"action\":\"subscribe\",\"topics\":[\"alerts\"],\"experiments\":[]}", "experiments"},
	{"{\"action\":\"since\"}", "since"},
	{"{\"action\":\"authenticate\"}", "token"},
	{"{\"action\":\"authenticate\",\"token\":\"\"}", "token"},
	{"{\"action\":\"ping\",\"pong\":1}", "pong"},
};

START_TEST(client_message_rows)
{
	struct client_message m;
	struct err e;
	int rc = client_message_parse(client_messages[_i].text, strlen(client_messages[_i].text), &m, &e);

	if (!client_messages[_i].field) {
		ck_assert_msg(rc == 0, "%s: %s", client_messages[_i].text, e.msg);
	} else {
		ck_assert_msg(rc == -1 && e.code == ERR_INVALID, "%s", client_messages[_i].text);
		if (client_messages[_i].field[0])
			ck_assert_msg(e.details_n == 1 && strcmp(e.details[0].field, client_messages[_i].field) == 0, "%s: %zu %s", client_messages[_i].text,
				      e.details_n, e.details[0].field);
	}
	client_message_clear(&m);
}
END_TEST

static const struct {
	struct handshake h;
	enum err_code code; /* ERR_NONE: let through */
	enum handshake_credential kind;
	const char *token;
} handshakes[] = {
	{{"/ws/dashboard", "h", NULL, NULL, NULL, NULL}, ERR_NONE, HANDSHAKE_NOTHING, NULL},
	{{"/ws/dashboard", "h", NULL, NULL, "Bearer abc", NULL}, ERR_NONE, HANDSHAKE_BEARER, "abc"},
	{{"/ws/dashboard", "h", NULL, NULL, "bearer  abc ", NULL}, ERR_NONE, HANDSHAKE_BEARER, "abc"},
	{{"/ws/dashboard", "h", NULL, NULL, "Bearer", NULL}, ERR_UNAUTHORIZED, HANDSHAKE_NOTHING, NULL},
	{{"/ws/dashboard", "h", NULL, NULL, "Bearer a b", NULL}, ERR_UNAUTHORIZED, HANDSHAKE_NOTHING, NULL},
	{{"/ws/dashboard", "h", NULL, NULL, "Basic abc", NULL}, ERR_UNAUTHORIZED, HANDSHAKE_NOTHING, NULL},
	{{"/ws/dashboard", "h", "http://h", NULL, NULL, "a=b; flopynet_session=tok; c=d"}, ERR_NONE, HANDSHAKE_COOKIE, "tok"},
	{{"/ws/dashboard", "h", "http://h", NULL, NULL, "xflopynet_session=tok"}, ERR_NONE, HANDSHAKE_NOTHING, NULL},
	{{"/ws/dashboard", "h", NULL, NULL, NULL, "flopynet_session=tok"}, ERR_NONE, HANDSHAKE_NOTHING, NULL}, /* no Origin: the cookie does not count */
	{{"/ws/dashboard", "h", "http://evil", NULL, NULL, "flopynet_session=tok"}, ERR_FORBIDDEN, HANDSHAKE_NOTHING, NULL},
	{{"/ws/dashboard", "h", "http://evil", NULL, "Bearer abc", NULL}, ERR_FORBIDDEN, HANDSHAKE_NOTHING, NULL},
	{{"/ws/dashboard", "h", "null", NULL, "Bearer abc", NULL}, ERR_FORBIDDEN, HANDSHAKE_NOTHING, NULL},
	{{"/x/api/v1/events/stream", "h", NULL, "same-origin", NULL, "flopynet_session=tok"}, ERR_NONE, HANDSHAKE_COOKIE, "tok"},
	{{"/x/api/v1/events/stream", "h", NULL, NULL, NULL, "flopynet_session=tok"}, ERR_NONE, HANDSHAKE_COOKIE, "tok"},
	{{"/x/api/v1/events/stream", "h", NULL, "cross-site", NULL, "flopynet_session=tok"}, ERR_NONE, HANDSHAKE_NOTHING, NULL},
};

START_TEST(handshake_rows)
{
	enum handshake_credential kind;
	char *token;
	struct err e;
	int rc = handshake_check(&handshakes[_i].h, "", &kind, &token, &e);

	ck_assert_int_eq(rc, handshakes[_i].code == ERR_NONE ? 0 : -1);
	if (rc == -1)
		ck_assert_int_eq(e.code, handshakes[_i].code);
	ck_assert_int_eq(kind, handshakes[_i].kind);
	ck_assert_pstr_eq(token, handshakes[_i].token);
	free(token);
}
END_TEST

START_TEST(handshake_targets)
{
	ck_assert_int_eq(handshake_target("/ws/dashboard"), HANDSHAKE_SOCKET);
	ck_assert_int_eq(handshake_target("/lab/flopynet/ws/dashboard"), HANDSHAKE_SOCKET);
	ck_assert_int_eq(handshake_target("/lab/api/v1/events/stream"), HANDSHAKE_EVENTS);
	ck_assert_int_eq(handshake_target("/ws/dashboard/"), HANDSHAKE_ELSEWHERE);
	ck_assert_int_eq(handshake_target("/xws/dashboard"), HANDSHAKE_ELSEWHERE);
	ck_assert_int_eq(handshake_target(""), HANDSHAKE_ELSEWHERE);
}
END_TEST

static const struct {
	const char *pairs[3];
	const char *field; /* NULL: good */
} queries[] = {
	{{NULL}, NULL},
	{{"topics=alerts,metrics", "experiment_ids=exp_001,exp_012", "since=5"}, NULL},
	{{"interval=0"}, NULL},
	{{"topics="}, "topics"},
	{{"topics=alerts,"}, "topics"},
	{{"topics"}, "topics"},
	{{"experiment_ids=exp_1"}, "experiment_ids"},
	{{"since=-1"}, "since"},
	{{"since=99999999999999999999"}, "since"},
	{{"interval=x"}, "interval"},
	{{"since=1", "since=1"}, "since"},
	{{"Topics=alerts"}, "Topics"},
};

START_TEST(query_rows)
{
	struct query q;
	struct err e;
	int i;

	err_clear(&e);
	query_init(&q);
	for (i = 0; i < 3 && queries[_i].pairs[i]; i++)
		query_add(&q, queries[_i].pairs[i], &e);
	ck_assert_int_eq((int)e.details_n, queries[_i].field ? 1 : 0);
	if (queries[_i].field)
		ck_assert_str_eq(e.details[0].field, queries[_i].field);
}
END_TEST

START_TEST(reason_is_cut_between_characters)
{
	char out[SESSION_REASON_MAX], in[400];
	size_t i;

	for (i = 0; i + 2 < sizeof(in); i += 2)
		memcpy(in + i, "é", 2);
	in[i] = '\0';
	session_reason(out, in);
	ck_assert_uint_eq(strlen(out), SESSION_REASON_MAX - 2);
	session_reason(out, "short");
	ck_assert_str_eq(out, "short");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("stream_door");
	TCase *tc = tcase_create("all");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tc, client_message_rows, 0, (int)ARRAY_LEN(client_messages));
	tcase_add_loop_test(tc, handshake_rows, 0, (int)ARRAY_LEN(handshakes));
	tcase_add_test(tc, handshake_targets);
	tcase_add_loop_test(tc, query_rows, 0, (int)ARRAY_LEN(queries));
	tcase_add_test(tc, reason_is_cut_between_characters);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
