/* experiment/: state machine, network notation, derived values, scenarios. */
#include "config.h"

#include "experiment/lifecycle.h"
#include "experiment/network.h"
#include "experiment/progress.h"
#include "experiment/scenario.h"
#include "lib/file.h"
#include "lib/json_in.h"
#include "lib/mem.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct {
	const char *state, *allowed;
} allowed_rows[] = {
	{"created", "start"},
	{"queued", "stop, abort"},
	{"starting", "stop, abort"},
	{"running", "pause, stop, abort"},
	{"pausing", "stop, abort"},
	{"paused", "resume, stop, abort"},
	{"resuming", "stop, abort"},
	{"stopping", "abort"},
	{"aborting", "none"},
	{"completed", "none"},
	{"stopped", "none"},
	{"aborted", "none"},
	{"failed", "none"},
};

START_TEST(allowed)
{
	enum status s;
	char text[64];

	ck_assert(status_from_name(allowed_rows[_i].state, &s));
	ck_assert_str_eq(lifecycle_allowed(s, text, sizeof(text)), allowed_rows[_i].allowed);
}
END_TEST

static const struct {
	const char *name, *state, *reported, *next; /* next NULL: nothing changes */
} confirm_rows[] = {
	{"start", "starting", "running", "running"},
	{"held from the start", "starting", "paused", "paused"},
	{"pause", "pausing", "paused", "paused"},
	{"late running", "pausing", "running", NULL},
	{"resume", "resuming", "running", "running"},
	{"late paused", "resuming", "paused", NULL},
	{"by itself", "running", "paused", "paused"},
	{"said again", "running", "running", NULL},
	{"abort is not revived", "aborting", "running", NULL},
	{"abort", "aborting", "aborted", "aborted"},
	{"done before the abort", "aborting", "completed", "completed"},
	{"stop", "stopping", "stopped", "stopped"},
	{"failure while stopping", "stopping", "failed", "failed"},
	{"nothing follows an end", "aborted", "running", NULL},
	{"nothing follows an end 2", "completed", "failed", NULL},
	{"not started", "created", "running", NULL},
	{"not started 2", "queued", "running", NULL},
};

START_TEST(confirmations)
{
	enum status s, reported, next;
	bool moved;

	ck_assert(status_from_name(confirm_rows[_i].state, &s) && status_from_name(confirm_rows[_i].reported, &reported));
	moved = lifecycle_confirm(s, reported, &next);
	ck_assert_msg(moved == (confirm_rows[_i].next != NULL), "%s", confirm_rows[_i].name);
	if (moved)
		ck_assert_msg(strcmp(status_name(next), confirm_rows[_i].next) == 0, "%s: %s", confirm_rows[_i].name, status_name(next));
	else
		ck_assert_int_eq(next, s);
}
END_TEST

static const struct {
	const char *in;
	int64_t bits;  /* 0: refused */
} bandwidths[] = {
	{"10Mbps", 10000000}, {"10 Mbps", 10000000}, {"1.5Gbps", 1500000000}, {"800kbps", 800000}, {"9600bps", 9600}, {"100Gbps", 100000000000},
	{"10mbps", 0}, {"10", 0}, {"Mbps", 0}, {"-1Mbps", 0}, {"0Mbps", 0}, {"101Gbps", 0}, {"1e3Mbps", 0}, {"0x10Mbps", 0}, {"10Mbps ", 0}, {"", 0}, {"10MB/s", 0},
};

START_TEST(bandwidth)
{
	int64_t bits = 0;

	ck_assert_msg(network_parse_bandwidth(bandwidths[_i].in, &bits) == (bandwidths[_i].bits != 0), "%s", bandwidths[_i].in);
	if (bandwidths[_i].bits)
		ck_assert_int_eq(bits, bandwidths[_i].bits);
}
END_TEST

START_TEST(latency_and_object)
{
	static const struct {
		const char *in, *wrong; /* wrong: the field named first, NULL: good */
	} rows[] = {
		{"{}", NULL},
		{"{\"bandwidth_limit\":\"10Mbps\",\"latency\":\"50ms\",\"packet_loss\":0.01}", NULL},
		{"{\"latency\":\"1.5s\",\"packet_loss\":0}", NULL},
		{"{\"latency\":50}", "network_settings.latency"},
		{"{\"latency\":\"61s\"}", "network_settings.latency"},
		{"{\"packet_loss\":1}", "network_settings.packet_loss"},
		{"{\"packet_loss\":\"1%\"}", "network_settings.packet_loss"},
		{"{\"jitter\":1}", "network_settings.jitter"},
		{"[]", "network_settings"},
	};
	struct json_object *v;
	struct network n;
	struct err e;
	size_t i;

	for (i = 0; i < ARRAY_LEN(rows); i++) {
		ck_assert_int_eq(json_in_parse(rows[i].in, strlen(rows[i].in), &v, NULL), 0);
		err_clear(&e);
		network_parse(v, &n, &e);
		ck_assert_msg((err_collected(&e, "x") == 0) == (rows[i].wrong == NULL), "%s", rows[i].in);
		if (rows[i].wrong)
			ck_assert_str_eq(e.details[0].field, rows[i].wrong);
		json_object_put(v);
	}
}
END_TEST

START_TEST(derived)
{
	struct progress_round r[] = {{1000, 0.5}, {1100, 0.6}, {9000, 0.7}, {1200, 0.8}};
	const char *why;

	ck_assert_int_eq(progress_estimate_end_ms(r, 2, 10, 5000, &why), 0);
	ck_assert_ptr_nonnull(why);
	/* The median of four is the mean of the two in the middle: one round of 9 s does not spoil it. */
	ck_assert_int_eq(progress_estimate_end_ms(r, 4, 10, 5000, &why), 5000 + 10 * 1150);
	ck_assert_ptr_null(why);
	ck_assert_int_eq(progress_estimate_end_ms(r, 4, -1, 5000, &why), 5000);
	/* An engine may say what it likes. */
	ck_assert_int_eq(progress_estimate_end_ms(r, 4, INT64_MAX, 5000, &why), 0);
	ck_assert_ptr_nonnull(why);
	ck_assert_int_eq(progress_estimate_end_ms(r, 4, 220349826778, 5000, &why), 253402300799700);
	ck_assert_ptr_null(why);
	ck_assert_double_eq_tol(progress_convergence_rate(r, 4), 0.1, 1e-12);
	ck_assert(isnan(progress_convergence_rate(r, 1)));
	r[1].accuracy = NAN;
	ck_assert_double_eq_tol(progress_convergence_rate(r, 3), 0.2, 1e-12);
}
END_TEST

static void write_file(const char *dir, const char *name, const char *text)
{
	char *path = file_join(dir, name);

	ck_assert_int_eq(file_replace(path, text, strlen(text), 0600, NULL), 0);
	free(path);
}

static const char engine_text[] =
	"{\"name\":\"e\",\"command\":[\"x\"],\"members\":{\"rounds\":{\"type\":\"integer\",\"min\":1,\"max\":100,\"default\":20},"
	"\"clients\":{\"type\":\"integer\",\"min\":1,\"max\":200,\"default\":5},\"clients_per_round\":{\"type\":\"integer\",\"min\":1,\"max\":200,\"default\":3},"
	"\"learning_rate\":{\"type\":\"number\",\"min\":0.000001,\"max\":10,\"default\":0.01},\"dataset\":{\"type\":\"string\",\"enum\":[\"mnist\",\"b\"],\"default\":\"mnist\"},"
	"\"verbose\":{\"type\":\"boolean\",\"default\":false}},"
	"\"rules\":[{\"less_or_equal\":[\"clients_per_round\",\"clients\"],\"message\":\"Must not be greater than clients\"}]}";

static const struct {
	const char *given, *wrong; /* "field: text; field: text" */
} configurations[] = {
	{"{}", ""},
	{"{\"rounds\":100,\"learning_rate\":1,\"dataset\":\"b\",\"verbose\":true}", ""},
	{"{\"rounds\":20.0}", ""},
	{"{\"rounds\":1e1}", ""},
	{"{\"clients\":2}", ""}, /* a default that nobody asked for gives way */
	{"{\"rounds\":0,\"clients_per_round\":0}", "rounds: Must be between 1 and 100; clients_per_round: Must be between 1 and 200; "},
	{"{\"rounds\":101}", "rounds: Must be between 1 and 100; "},
	{"{\"rounds\":-5}", "rounds: Must be between 1 and 100; "},
	{"{\"rounds\":20.5}", "rounds: Must be between 1 and 100; "},
	{"{\"rounds\":\"20\"}", "rounds: Must be between 1 and 100; "},
	{"{\"rounds\":true}", "rounds: Must be between 1 and 100; "},
	{"{\"rounds\":null}", "rounds: Must be between 1 and 100; "},
	{"{\"rounds\":3000000000}", "rounds: Must be between 1 and 100; "},
	{"{\"learning_rate\":1e308}", "learning_rate: Must be between 1e-06 and 10; "},
	{"{\"learning_rate\":0}", "learning_rate: Must be between 1e-06 and 10; "},
	{"{\"learning_rate\":\"0.01\"}", "learning_rate: Must be between 1e-06 and 10; "},
	{"{\"dataset\":\"cifar\"}", "dataset: Must be one of mnist, b; "},
	{"{\"dataset\":5}", "dataset: Must be one of mnist, b; "},
	{"{\"verbose\":1}", "verbose: Must be true or false; "},
	{"{\"clients\":2,\"clients_per_round\":3}", "clients_per_round: Must not be greater than clients; "},
	{"{\"ruonds\":2}", "ruonds: Unknown member for scenario s; "},
	{"[]", "configuration: Must be an object; "},
};

START_TEST(scenario_files)
{
	char dir[] = "/tmp/flopynet-test.XXXXXX", *engines, *scenarios;
	struct json_object *given, *done;
	struct buf wrong = {0};
	struct catalog c;
	struct err e;
	size_t i, k;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	engines = file_join(dir, "engines");
	scenarios = file_join(dir, "scenarios");
	ck_assert(mkdir(engines, 0700) == 0 && mkdir(scenarios, 0700) == 0);
	write_file(engines, "e.json", engine_text);
	write_file(scenarios, "s.json", "{\"name\":\"s\",\"engine\":\"e\",\"defaults\":{\"rounds\":7}}");
	ck_assert_msg(catalog_load(&c, engines, scenarios, &e) == 0, "%s", e.msg);
	for (i = 0; i < ARRAY_LEN(configurations); i++) {
		buf_reset(&wrong);
		ck_assert_int_eq(json_in_parse(configurations[i].given, strlen(configurations[i].given), &given, &e), 0);
		err_clear(&e);
		done = scenario_configure(catalog_scenario(&c, "s"), given, &e);
		for (k = 0; k < e.details_n; k++)
			buf_addf(&wrong, "%s: %s; ", e.details[k].field, e.details[k].text);
		ck_assert_msg(strcmp(buf_str(&wrong), configurations[i].wrong) == 0, "%s gave %s", configurations[i].given, buf_str(&wrong));
		if (e.details_n == 0 && i == 0)
			ck_assert_int_eq(configuration_i64(done, "rounds", 0), 7);
		if (e.details_n == 0 && strstr(configurations[i].given, "\"clients\":2"))
			ck_assert_int_eq(configuration_i64(done, "clients_per_round", 0), 2);
		json_object_put(done);
		json_object_put(given);
	}
	catalog_clear(&c);
	write_file(scenarios, "s.json", "{\"name\":\"s\",\"engine\":\"e\",\"defaults\":{\"rounds\":700}}");
	ck_assert_int_eq(catalog_load(&c, engines, scenarios, &e), -1);
	ck_assert_ptr_nonnull(strstr(e.msg, "default of rounds"));
	write_file(scenarios, "s.json", "{\"name\":\"s\",\"engine\":\"none\"}");
	ck_assert_int_eq(catalog_load(&c, engines, scenarios, &e), -1);
	write_file(scenarios, "s.json", "{\"name\":\"t\",\"engine\":\"e\"}");
	ck_assert_int_eq(catalog_load(&c, engines, scenarios, &e), -1);
	write_file(scenarios, "s.json", "{oops");
	ck_assert_int_eq(catalog_load(&c, engines, scenarios, &e), -1);
	ck_assert_ptr_nonnull(strstr(e.msg, "s.json"));
	for (i = 0; i < 2; i++) {
		char *file = file_join(i ? engines : scenarios, i ? "e.json" : "s.json");

		unlink(file);
		free(file);
	}
	rmdir(engines);
	rmdir(scenarios);
	rmdir(dir);
	free(engines);
	free(scenarios);
	buf_clear(&wrong);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("experiment");
	TCase *t = tcase_create("experiment");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(t, allowed, 0, (int)ARRAY_LEN(allowed_rows));
	tcase_add_loop_test(t, confirmations, 0, (int)ARRAY_LEN(confirm_rows));
	tcase_add_loop_test(t, bandwidth, 0, (int)ARRAY_LEN(bandwidths));
	tcase_add_test(t, latency_and_object);
	tcase_add_test(t, derived);
	tcase_add_test(t, scenario_files);
	suite_add_tcase(suite, t);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
