/* monitor/probe_*.c: what the answers of services mean.  Each row is a talk: what is asked, what comes, and what is then known; nothing is connected to. */
#include "config.h"

#include "lib/buf.h"
#include "lib/mem.h"
#include "monitor/mongodb_answer.h"
#include "monitor/probe.h"
#include "monitor/redis_answer.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define JSON "application/json"
#define HTML "<!doctype html><title>Log in</title>"

struct talk {
	const char *name;
	enum probe_kind kind;
	const char *url, *json_path, *json_value, *metrics;
	int expect_status;
	bool policy_configured, policy_fresh, was_stopped;
	uint64_t nth;
	struct {
		const char *path; /* that must be asked for; NULL: the end */
		int status;       /* 0: no answer */
		const char *type, *body;
		const char *header;
		bool cut, incomplete;
	} said[PROBE_STEPS_MAX];
	const char *want; /* state, version; values; issues */
};

static const struct talk talks[] = {
	/* FLOPY-NET's collector */
	{"collector", PROBE_COLLECTOR, .said = {{"/health", 200, JSON, "{\"status\":\"ok\",\"timestamp\":\"2025-11-24T12:00:00\",\"collector_version\":\"v1.0.0\",\"monitors\":{\"fl\":true}}"},
	 {"/api/metrics?limit=1", 200, JSON, "{\"status\":\"ok\",\"count\":1,\"limit\":1,\"total\":1250,\"metrics\":[{\"data\":{\"rx_errors\":18446744073709551615}}]}"}},
	 .want = "well v1.0.0; metrics_processed=1250 queue_size=null"},
	{"a collector that names its queue", PROBE_COLLECTOR, .said = {{"/health", 200, "application/json; charset=utf-8", "{\"status\":\"healthy\",\"queue_size\":5,\"metrics_processed\":7}"},
	 {"/api/metrics?limit=1", 200, JSON, "{}"}}, .want = "well; metrics_processed=7 queue_size=5"},
	{"a collector without its list", PROBE_COLLECTOR, .said = {{"/health", 200, JSON, "{\"status\":\"ok\"}"}, {"/api/metrics?limit=1", 500, "text/html", HTML}},
	 .want = "degraded; metrics_processed=null queue_size=null; /api/metrics?limit=1 answered 500"},
	{"its list is slow", PROBE_COLLECTOR, .said = {{"/health", 200, JSON, "{\"status\":\"ok\"}"}, {"/api/metrics?limit=1", 0, .body = "No answer within 2000 ms"}},
	 .want = "degraded; metrics_processed=null queue_size=null; It is alive, but does not answer /api/metrics?limit=1: No answer within 2000 ms"},
	{"error in its own word", PROBE_COLLECTOR, .said = {{"/health", 200, JSON, "{\"status\":\"error\"}"}},
	 .want = "failed; metrics_processed=null queue_size=null; It says \"error\" of itself"},
	{"a login page", PROBE_COLLECTOR, .said = {{"/health", 200, "text/html; charset=utf-8", HTML}}, .want = "degraded;; /health answered with text/html; charset=utf-8 where JSON is expected"},
	{"nothing in it", PROBE_COLLECTOR, .said = {{"/health", 200, JSON, ""}}, .want = "degraded;; /health answered with nothing where JSON is expected"},
	{"no content", PROBE_COLLECTOR, .said = {{"/health", 204, "", ""}, {"/api/metrics?limit=1", 204, "", ""}}, .want = "well;"},
	{"503 with a healthy body", PROBE_COLLECTOR, .said = {{"/health", 503, JSON, "{\"status\":\"healthy\"}"}}, .want = "failed;; /health answered 503"},
	{"half of it", PROBE_COLLECTOR, .said = {{"/health", 200, JSON, "{\"status\": "}}, .want = "degraded;; /health answered with JSON that cannot be read: *"},
	{"a list", PROBE_COLLECTOR, .said = {{"/health", 200, JSON, "[\"healthy\"]"}}, .want = "degraded;; /health answered with JSON that is not an object"},
	{"null", PROBE_COLLECTOR, .said = {{"/health", 200, JSON, "null"}}, .want = "degraded;; /health answered with JSON that is not an object"},
	{"no word", PROBE_COLLECTOR, .said = {{"/health", 200, JSON, "{\"status\":5}"}}, .want = "degraded; metrics_processed=null queue_size=null; /health has no member status"},
	{"a redirect", PROBE_COLLECTOR, .said = {{"/health", 302, "", ""}}, .want = "degraded;; /health answered with a redirect (302), which is not followed"},
	{"credentials", PROBE_COLLECTOR, .said = {{"/health", 401, "text/html", HTML}}, .want = "degraded;; /health wants credentials (401)"},
	{"not there", PROBE_COLLECTOR, .said = {{"/health", 404, "text/html", HTML}}, .want = "degraded;; /health answered 404"},
	{"too much", PROBE_COLLECTOR, .said = {{"/health", 200, JSON, "{", .cut = true}}, .want = "degraded;; /health answered with more than 64 KiB"},
	{"too slowly", PROBE_COLLECTOR, .said = {{"/health", 200, JSON, "{", .incomplete = true}}, .want = "degraded;; /health began to answer and did not finish"},
	{"silent", PROBE_COLLECTOR, .said = {{"/health", 0, .body = "Connection refused"}}, .want = "failed;; Connection refused"},
	{"a hostile word", PROBE_COLLECTOR, .said = {{"/health", 200, JSON, "{\"status\":\"<b>\\u001b[31m\\n\\u202e\",\"collector_version\":\"1\\n2\"}"}},
	 .want = "failed 1 2; metrics_processed=null queue_size=null; It says \"<b> [31m \u202e\" of itself"},

	/* Its policy engine */
	{"policy engine", PROBE_POLICY_ENGINE, .said = {{"/health", 200, JSON, "{\"status\":\"ok\",\"version\":7}"},
	 {"/metrics", 200, JSON, "{\"version\":\"1.0.0\",\"uptime_seconds\":5123.25,\"policy_count\":20,\"enabled_policy_count\":20,\"policy_checks_total\":123,\"policy_checks_allowed\":118,"
	  "\"policy_checks_denied\":5,\"policy_requesters\":[NaN,Infinity]}"}},
	 .want = "well 7; policies=20 policies_active=20 decisions=123 decisions_allowed=118 decisions_denied=5 uptime_seconds=5123.25"},
	{"not a number for a count", PROBE_POLICY_ENGINE, .said = {{"/health", 200, JSON, "{\"status\":\"ok\",\"version\":\"2.1\"}"},
	 {"/metrics", 200, JSON, "{\"policy_count\":NaN,\"policy_checks_total\":18446744073709551615,\"uptime_seconds\":\"long\"}"}},
	 .want = "well 2.1; policies=null decisions=null"},

	/* Its SDN controller */
	{"sdn", PROBE_SDN, .policy_configured = true, .said = {{"/health", 200, JSON, "{\"status\":\"healthy\",\"uptime_seconds\":912.5,\"switches\":2,\"policy_engine_connected\":true}"},
	 {"/status", 200, JSON, "{\"switches_connected\":2,\"hosts_learned\":4,\"links_discovered\":0,\"policies_active\":3}"}},
	 .want = "well; switches=2 uptime_seconds=912.5 policy_engine_connected=true hosts=4 links=0 policies_active=3"},
	{"sdn without its policy engine", PROBE_SDN, .policy_configured = true, .said = {{"/health", 200, JSON, "{\"status\":\"healthy\",\"policy_engine_connected\":false}"},
	 {"/status", 200, JSON, "{}"}}, .want = "degraded; policy_engine_connected=false; It is not connected to the policy engine"},
	{"sdn where there is no policy engine", PROBE_SDN, .said = {{"/health", 200, JSON, "{\"status\":\"healthy\",\"policy_engine_connected\":false}"}, {"/status", 200, JSON, "{}"}},
	 .want = "well; policy_engine_connected=false"},
	{"sdn says unhealthy", PROBE_SDN, .said = {{"/health", 500, JSON, "{\"status\":\"unhealthy\"}"}}, .want = "failed;; /health answered 500"},

	/* Its FL server */
	{"fl server, training", PROBE_FL_SERVER, .said = {{"/health", 200, JSON, "{\"status\":\"healthy\",\"timestamp\":1763980000.25}"},
	 {"/status", 200, JSON, "{\"server_status\":\"training\",\"training_active\":true,\"training_paused\":false,\"current_round\":3,\"max_rounds\":10,\"connected_clients\":2}"},
	 {"/metrics", 200, JSON, "{\"last_round_accuracy\":0.8712,\"last_round_loss\":NaN,\"model_size_mb\":1.63,\"policy_checks_performed\":123,\"policy_checks_denied\":5,"
	  "\"data_state\":\"initializing\",\"last_round_metrics\":{\"raw_metrics\":{\"loss\":NaN,\"n\":18446744073709551615}}}"}},
	 .want = "well; training_state=running current_round=3 max_rounds=10 active_clients=2 accuracy=0.8712 loss=null model_size_mb=1.63 policy_checks=123 policy_checks_denied=5"},
	{"fl server, complete: it says ready, and two clients that are gone", PROBE_FL_SERVER, .said = {{"/health", 200, JSON, "{\"status\":\"healthy\"}"},
	 {"/status", 200, JSON, "{\"server_status\":\"ready\",\"training_active\":false,\"current_round\":10,\"max_rounds\":10,\"connected_clients\":2}"}, {"/metrics", 200, JSON, "{}"}},
	 .want = "well; training_state=completed current_round=10 max_rounds=10 active_clients=null"},
	{"fl server, stopped by a policy: it says paused and active", PROBE_FL_SERVER, .policy_fresh = true, .said = {{"/health", 200, JSON, "{\"status\":\"healthy\"}"},
	 {"/status", 200, JSON, "{\"server_status\":\"paused\",\"training_active\":true,\"training_stopped_by_policy\":true,\"stop_reason\":\"accuracy_improvement <= 0.001\",\"current_round\":31,"
	  "\"max_rounds\":1000}"}, {"/metrics", 200, JSON, "{}"}},
	 .want = "well; training_state=stopped current_round=31 max_rounds=1000 active_clients=null stop_reason=accuracy_improvement <= 0.001"},
	{"fl server, paused", PROBE_FL_SERVER, .said = {{"/health", 200, JSON, "{\"status\":\"healthy\"}"},
	 {"/status", 200, JSON, "{\"training_active\":true,\"training_paused\":true,\"pause_reason\":\"Round 5: quiet hours\",\"current_round\":4,\"max_rounds\":10,\"connected_clients\":2}"},
	 {"/metrics", 200, JSON, "{}"}}, .want = "well; training_state=paused current_round=4 max_rounds=10 active_clients=2 pause_reason=Round 5: quiet hours"},
	{"fl server, nobody there yet", PROBE_FL_SERVER, .said = {{"/health", 200, JSON, "{\"status\":\"healthy\"}"},
	 {"/status", 200, JSON, "{\"training_active\":true,\"current_round\":0,\"max_rounds\":10,\"connected_clients\":0}"}, {"/metrics", 200, JSON, "{}"}},
	 .want = "well; training_state=waiting current_round=0 max_rounds=10 active_clients=0"},
	{"fl server, ended early", PROBE_FL_SERVER, .said = {{"/health", 200, JSON, "{\"status\":\"healthy\"}"},
	 {"/status", 200, JSON, "{\"training_active\":false,\"current_round\":2,\"max_rounds\":10}"}, {"/metrics", 200, JSON, "{}"}},
	 .want = "well; training_state=idle current_round=2 max_rounds=10 active_clients=null"},
	{"an older fl server without a status", PROBE_FL_SERVER, .said = {{"/health", 200, JSON, "{\"status\":\"healthy\"}"}, {"/status", 404, JSON, "{\"error\":\"Not Found\"}"},
	 {"/metrics", 404, JSON, "{}"}}, .want = "well;"},
	{"stopped, and its policy engine was not seen: its status is left alone", PROBE_FL_SERVER, .policy_configured = true, .was_stopped = true,
	 .said = {{"/health", 200, JSON, "{\"status\":\"healthy\"}"}}, .want = "well, as before;"},
	{"stopped, and no policy engine is known: its status is asked now and then", PROBE_FL_SERVER, .was_stopped = true, .nth = 24, .said = {{"/health", 200, JSON, "{\"status\":\"healthy\"}"},
	 {"/status", 200, JSON, "{\"training_active\":true,\"current_round\":1,\"max_rounds\":2}"}, {"/metrics", 404, JSON, "{}"}},
	 .want = "well; training_state=running current_round=1 max_rounds=2"},
	{"stopped, and no policy engine is known: not each time", PROBE_FL_SERVER, .was_stopped = true, .nth = 25, .said = {{"/health", 200, JSON, "{\"status\":\"healthy\"}"}},
	 .want = "well, as before;"},
	{"it hangs at its status while its policy engine is away", PROBE_FL_SERVER, .policy_configured = true, .said = {{"/health", 200, JSON, "{\"status\":\"healthy\"}"}, {"/status", 0, .body = "mute"}},
	 .want = "degraded, hung;; It is alive, but says nothing about its training: mute"},
	{"stopped, and it hangs with its policy engine", PROBE_FL_SERVER, .policy_configured = true, .was_stopped = true, .said = {{"/health", 0, .body = "No answer within 2000 ms"}},
	 .want = "failed;; No answer within 2000 ms (a policy has stopped it, and it may be waiting for the policy engine)"},
	{"it hangs at its status", PROBE_FL_SERVER, .said = {{"/health", 200, JSON, "{\"status\":\"healthy\"}"}, {"/status", 0, .body = "No answer within 2000 ms"}},
	 .want = "degraded;; It is alive, but says nothing about its training: No answer within 2000 ms"},
	{"through the collector", PROBE_FL_SERVER, "http://c/api/metrics/fl/", .said = {{"/status", 200, JSON, "{\"training_active\":true,\"current_round\":5,\"max_rounds\":10,"
	  "\"latest_accuracy\":0.81,\"latest_loss\":null,\"connected_clients\":2,\"fl_server_available\":true}"}},
	 .want = "well; training_state=running current_round=5 max_rounds=10 active_clients=2 accuracy=0.81 loss=null"},
	{"through the collector, which cannot reach it and says 200", PROBE_FL_SERVER, "http://c/api/metrics/fl", .said = {{"/status", 200, JSON, "{\"training_active\":false,\"current_round\":0,"
	  "\"fl_server_available\":false,\"error\":\"HTTPConnectionPool(host='10.0.0.7', port=8081)\"}"}}, .want = "failed;; The collector cannot reach it"},
	{"a status of other types", PROBE_FL_SERVER, .said = {{"/health", 200, JSON, "{\"status\":\"healthy\"}"},
	 {"/status", 200, JSON, "{\"training_active\":\"yes\",\"training_stopped_by_policy\":[],\"current_round\":\"3\",\"max_rounds\":1e400,\"connected_clients\":{}}"}, {"/metrics", 200, JSON, "{}"}},
	 .want = "well; training_state=idle max_rounds=null active_clients=null"},

	/* Anything over HTTP */
	{"http", PROBE_HTTP, .said = {{"", 200, "text/html", HTML}}, .want = "well;"},
	{"any success", PROBE_HTTP, .said = {{"", 204, "", ""}}, .want = "well;"},
	{"another status", PROBE_HTTP, .said = {{"", 500, "", ""}}, .want = "failed;; It answered 500 where 200 is expected"},
	{"the status that is expected", PROBE_HTTP, .expect_status = 401, .said = {{"", 401, "", ""}}, .want = "well;"},
	{"a redirect that is expected", PROBE_HTTP, .expect_status = 302, .said = {{"", 302, "", ""}}, .want = "well;"},
	{"a redirect that is not", PROBE_HTTP, .said = {{"", 301, "", ""}}, .want = "degraded;; It answered with a redirect (301), which is not followed"},
	{"endless", PROBE_HTTP, .said = {{"", 200, "", "x", .cut = true}}, .want = "degraded;; It answered with more than 64 KiB"},
	{"json", PROBE_JSON, .json_path = "checks.1.state", .json_value = "up", .said = {{"", 200, JSON, "{\"load\":0.5,\"checks\":[{},{\"state\":\"up\"}],\"on\":true,\"Big\":1,\"text\":\"x\",\"nan\":NaN}"}},
	 .want = "well; load=0.5 on=true nan=null"},
	{"json of another value", PROBE_JSON, .json_path = "a.b", .json_value = "1", .said = {{"", 200, JSON, "{\"a\":{\"b\":2}}"}}, .want = "failed;; a.b is 2 where 1 is expected"},
	{"the same number", PROBE_JSON, .json_path = "a", .json_value = "1", .said = {{"", 200, JSON, "{\"a\":1.0}"}}, .want = "well; a=1"},
	{"a boolean", PROBE_JSON, .json_path = "a", .json_value = "true", .said = {{"", 200, JSON, "{\"a\":true}"}}, .want = "well; a=true"},
	{"json without the member", PROBE_JSON, .json_path = "a.b", .said = {{"", 200, JSON, "{\"a\":null}"}}, .want = "failed; a=null; Its answer has no member a.b"},
	{"an index beyond", PROBE_JSON, .json_path = "a.7", .said = {{"", 200, JSON, "{\"a\":[1]}"}}, .want = "failed;; Its answer has no member a.7"},
	{"json of an expected failure", PROBE_JSON, .expect_status = 503, .json_path = "a", .json_value = "1", .said = {{"", 503, JSON, "{\"a\":1}"}}, .want = "well; a=1"},
	{"a page where json is expected", PROBE_JSON, .said = {{"", 200, "text/html", HTML}}, .want = "degraded;; It answered with text/html where JSON is expected"},
	{"a compressed answer that nobody asked for", PROBE_JSON, .said = {{"", 200, JSON, "\x1f\x8b\x08"}}, .want = "degraded;; It answered with JSON that cannot be read: *"},

	/* Text exposition */
	{"prometheus", PROBE_PROMETHEUS, .said = {{"/metrics", 200, "text/plain; version=0.0.4",
	  "# HELP go_threads n\n# TYPE go_threads gauge\ngo_threads 7\nnode_exporter_build_info{branch=\"x\",goversion=\"go1.19\",version=\"1.5.0\"} 1\nnode_load1 0.25 1700000000000\r\n"
	  "node_cpu{cpu=\"0 } 1\"} 3\nnode_odd NaN\nnode_Big 1\nprocess_resident_memory_bytes 1.5e+07\n"}},
	 .want = "well 1.5.0; memory_usage=15 node_load1=0.25 node_big=1 go_threads=7 process_resident_memory_bytes=15000000"},
	{"what is listed of it", PROBE_PROMETHEUS, .metrics = " node_memory_MemAvailable_bytes job:up:sum node_disk go_threads  typo ", .said = {{"/metrics", 200, "text/plain",
	  "node_load1 1\nnode_memory_MemAvailable_bytes 5e9\nnode_disk{d=\"a\"} 3\nnode_disk{d=\"b c\",x=\"}\"} 4\nnode_disk{d=\"n\"} NaN\nnode_disk2 9\ngo_threads 7\njob:up:sum 2\n"}},
	 .want = "well; memory_usage=null node_memory_memavailable_bytes=5000000000 job_up_sum=2 node_disk=7 go_threads=7 typo=null"},
	{"an address with a path", PROBE_PROMETHEUS, "http://h:1/probe?target=x", .said = {{"", 200, "text/plain", "a 1\n"}}, .want = "well; memory_usage=null a=1"},
	{"no exposition: JSON", PROBE_PROMETHEUS, .said = {{"/metrics", 200, JSON, "{\"status\":\"ok\"}"}}, .want = "degraded; memory_usage=null; /metrics has no samples of the text exposition"},
	{"no exposition: a page", PROBE_PROMETHEUS, .said = {{"/metrics", 200, "text/html", "<p>a 1</p>\n{} 1\n1 2\n"}}, .want = "degraded; memory_usage=null; /metrics has no samples of the text exposition"},
	{"a part of a long one: half a number is none", PROBE_PROMETHEUS, .said = {{"/metrics", 200, "text/plain", "a 1\nb 12", .cut = true}}, .want = "well; memory_usage=null a=1"},
	{"whole without a last line end", PROBE_PROMETHEUS, .said = {{"/metrics", 200, "text/plain", "a 1\nb 12"}}, .want = "well; memory_usage=null a=1 b=12"},
	{"lines that are none", PROBE_PROMETHEUS, .said = {{"/metrics", 200, "text/plain", "a{\na{x=\"\\\na{x=\"}\" 1\na\na \nb 1x\nc 0x\n 1\nd\x80 1\ne{} 5\n"}}, .want = "well; memory_usage=null"},
	{"503", PROBE_PROMETHEUS, .said = {{"/metrics", 503, "text/plain", "a 1\n"}}, .want = "failed;; /metrics answered 503"},

	/* InfluxDB */
	{"influxdb 1.6", PROBE_INFLUXDB, .said = {{"/ping", 204, "", "", "1.6.7~rc0"}, {"/health", 404, "text/plain", "404 page not found"}}, .want = "well 1.6.7~rc0;"},
	{"influxdb 2", PROBE_INFLUXDB, .said = {{"/ping", 204, "", "", "v2.7.1"}, {"/health", 200, JSON, "{\"name\":\"influxdb\",\"message\":\"ready\",\"status\":\"pass\",\"version\":\"v2.7.1\"}"}},
	 .want = "well 2.7.1;"},
	{"influxdb 2 that fails", PROBE_INFLUXDB, .said = {{"/ping", 204, "", "", "2.7.1"}, {"/health", 503, JSON, "{\"status\":\"fail\",\"message\":\"disk\"}"}},
	 .want = "failed 2.7.1;; It says \"fail\" of itself: disk"},
	{"something else at its address", PROBE_INFLUXDB, .said = {{"/ping", 200, "text/html", HTML, ""}, {"/health", 200, JSON, "[1]"}}, .want = "degraded;; /ping names no version: it may not be InfluxDB"},
	{"influxdb with a login", PROBE_INFLUXDB, .said = {{"/ping", 401, JSON, "{}", ""}, {"/health", 401, JSON, "{}"}}, .want = "degraded;; /ping wants credentials (401)"},
};

static const char *state_of(const struct probe_result *r)
{
	return r->seen == SEEN_FAILED ? "failed" : r->hung ? "degraded, hung" : r->seen == SEEN_DEGRADED ? "degraded" : r->keep_values ? "well, as before" : "well";
}

/* "well 1.2; a=1 b=null; An issue | Another" */
static void render(const struct probe_result *r, struct buf *out)
{
	size_t i;

	buf_addf(out, "%s%s%s;", state_of(r), r->version[0] ? " " : "", r->version);
	for (i = 0; i < r->values_n; i++) {
		const struct probe_value *v = &r->values[i];

		buf_addf(out, " %s=", v->name);
		if (v->type == PROBE_NUMBER)
			buf_addf(out, "%.12g", v->number);
		else
			buf_adds(out, v->type == PROBE_TEXT ? v->text : v->type == PROBE_NULL ? "null" : v->number > 0 ? "true" : "false");
	}
	for (i = 0; i < r->issues_n; i++)
		buf_addf(out, "%s %s", i ? " |" : ";", r->issues[i]);
}

/* A "*" at the end of want stands for anything. */
static void expect(const char *name, const struct probe_result *r, const char *want)
{
	struct buf got = {0};
	size_t len = strlen(want);
	bool open = len > 0 && want[len - 1] == '*';

	render(r, &got);
	ck_assert_msg(open ? strncmp(buf_str(&got), want, len - 1) == 0 : strcmp(buf_str(&got), want) == 0, "%s:\n   got %s\nwanted %s", name, buf_str(&got), want);
	buf_clear(&got);
}

static void silent(const struct probe_driver *driver, const struct probe_context *c, int step, const struct probe_request *q, const char *why, struct probe_result *r)
{
	if (driver->silent)
		driver->silent(c, step, why, r);
	else
		probe_silent(step, q->path, why, r);
}

START_TEST(adapters)
{
	const struct talk *t = &talks[_i];
	struct service_config config = {.kind = t->kind, .url = (char *)(uintptr_t)(t->url ? t->url : "http://h:1"), .json_path = (char *)(uintptr_t)t->json_path,
					.json_value = (char *)(uintptr_t)t->json_value, .metrics = (char *)(uintptr_t)t->metrics, .expect_status = t->expect_status};
	struct probe_context c = {.config = &config, .policy_configured = t->policy_configured, .policy_fresh = t->policy_fresh, .was_stopped = t->was_stopped, .nth = t->nth};
	const struct probe_driver *driver = probe_drivers[t->kind];
	struct probe_request q;
	struct probe_result r;
	int step;

	probe_result_init(&r);
	for (step = 0; memset(&q, 0, sizeof(q)), driver->ask(&c, step, &r, &q); step++) {
		struct probe_answer a = {.path = q.path[0] ? q.path : "It", .later = step > 0, .status = t->said[step].status, .content_type = t->said[step].type, .header = t->said[step].header,
					 .body = t->said[step].body, .cut = t->said[step].cut, .incomplete = t->said[step].incomplete};

		ck_assert_msg(step < PROBE_STEPS_MAX && t->said[step].path, "%s: asks for %s, too", t->name, q.path);
		ck_assert_msg(strcmp(q.path, t->said[step].path) == 0, "%s: asks for %s, wanted %s", t->name, q.path, t->said[step].path);
		if (a.status == 0) {
			silent(driver, &c, step++, &q, a.body, &r);
			break;
		}
		a.body_len = strlen(a.body);
		a.header = a.header ? a.header : "";
		driver->read(&c, step, &a, &r);
	}
	ck_assert_msg(step == PROBE_STEPS_MAX || !t->said[step].path, "%s: does not ask for %s", t->name, t->said[step].path);
	expect(t->name, &r, t->want);
}
END_TEST

START_TEST(redis)
{
	struct probe_result r;

	probe_result_init(&r);
	redis_read_info(&r, "# Server\r\nredis_version:7.0.15\r\nuptime_in_seconds:12\r\n\r\n# Clients\r\nconnected_clients:3\r\nused_memory_rss:12500000\r\nloading:0\r\n"
			"master_link_status:up\r\ninstantaneous_ops_per_sec:40\r\nno colon\r\n:\r\n", 178);
	expect("INFO", &r, "well 7.0.15; uptime_seconds=12 connected_clients=3 memory_usage=12.5 operations_per_s=40");
	probe_result_init(&r);
	redis_read_info(&r, "redis_version:7\nloading:1\nmaster_link_status:down\nused_memory_rss:much\nconnected_clients:1e999", 95);
	expect("odd INFO", &r, "degraded 7;; It is loading its data | It is a replica and has lost its master");
	probe_result_init(&r);
	redis_read_info(&r, NULL, 0);
	expect("no text", &r, "degraded;; Its answer to INFO cannot be read");
	probe_result_init(&r);
	redis_read_info(&r, "<html>", 6);
	expect("another text", &r, "degraded;; Its answer to INFO names no version: it may not be Redis");
	probe_result_init(&r);
	redis_read_refusal(&r, REDIS_PING, "NOAUTH Authentication required.", 31);
	redis_read_refusal(&r, REDIS_AUTH, "WRONGPASS invalid\r\n", 19);
	redis_read_refusal(&r, REDIS_INFO, "LOADING Redis is loading the dataset in memory", 46);
	expect("refusals", &r, "degraded;; It wants a password | It refuses the password: WRONGPASS invalid   | It is loading its data");
}
END_TEST

START_TEST(mongodb)
{
	static const struct {
		const char *name;
		double ms;
		const char *version;
		enum mongodb_error kind;
		const char *said, *want;
	} answers[] = {
		{"well", 1.5, "7.0.1", MONGODB_LOCAL, NULL, "well 7.0.1;"},
		{"no library's address", NAN, "", MONGODB_LOCAL, "No suitable servers found: [connection refused calling hello on '10.0.0.7:27017']", "failed;; Connection refused"},
		{"mute", NAN, "", MONGODB_LOCAL, "No suitable servers found: [socket timeout calling hello on '10.0.0.7:27017']", "failed;; No answer in time"},
		{"no name of it", NAN, "", MONGODB_LOCAL, "Failed to resolve 'secret.lab'", "failed;; It cannot be connected to"},
		{"wrong password", NAN, "", MONGODB_AUTH, "Authentication failed: x@10.0.0.7", "degraded;; It refuses the user name or the password"},
		{"ping refused", NAN, "", MONGODB_SAID, "not\nauthorized", "degraded;; It refuses: not authorized"},
		{"buildInfo refused", 2, "", MONGODB_SAID, "not authorized", "degraded;; It does not tell its version: It refuses: not authorized"},
		{"buildInfo without it", 2, "", MONGODB_SAID, NULL, "degraded;; It does not tell its version"},
	};
	struct probe_result r;
	size_t i;

	for (i = 0; i < ARRAY_LEN(answers); i++) {
		struct mongodb_answer a = {.ms = answers[i].ms};

		snprintf(a.version, sizeof(a.version), "%s", answers[i].version);
		if (answers[i].said)
			mongodb_error_take(&a, answers[i].kind, answers[i].said);
		probe_result_init(&r);
		mongodb_read(&r, &a);
		expect(answers[i].name, &r, answers[i].want);
		ck_assert(isnan(answers[i].ms) ? isnan(r.response_ms) : r.response_ms > 1);
	}
}
END_TEST

/* More values than there is room for: none beyond it, and memory_usage is among them. */
START_TEST(bounds)
{
	struct service_config config = {.kind = PROBE_PROMETHEUS, .url = (char *)(uintptr_t)"http://h"};
	struct probe_context c = {.config = &config};
	struct probe_answer a = {.path = "/metrics", .status = 200, .content_type = "text/plain", .header = ""};
	struct buf body = {0};
	struct probe_result r;
	char text[8];
	int i;

	for (i = 0; i < 1000; i++)
		buf_addf(&body, "go_x%d 1\nmetric_%d %d\n", i, i, i);
	buf_adds(&body, "process_resident_memory_bytes 3e6\n");
	a.body = buf_str(&body);
	a.body_len = body.len;
	probe_result_init(&r);
	probe_prometheus.read(&c, 0, &a, &r);
	ck_assert_uint_eq(r.values_n, PROBE_VALUES_MAX);
	ck_assert_str_eq(r.values[0].name, "memory_usage");
	ck_assert(r.values[0].number > 2.9 && r.values[0].number < 3.1);
	ck_assert_str_eq(r.values[PROBE_VALUES_MAX - 1].name, "metric_30");
	buf_clear(&body);

	for (i = 0; i < 2 * PROBE_ISSUES_MAX; i++)
		probe_degrade(&r, "%d", i);
	ck_assert_uint_eq(r.issues_n, PROBE_ISSUES_MAX);
	ck_assert_str_eq(probe_clean("a\xff\xc3\xa4\x01\x7f", 6, text, sizeof(text)), "a?\xc3\xa4  ");
	ck_assert_str_eq(probe_clean("123456\xc3\xa4", 8, text, sizeof(text)), "123456");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("probes");
	TCase *t = tcase_create("probes");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(t, adapters, 0, (int)ARRAY_LEN(talks));
	tcase_add_test(t, redis);
	tcase_add_test(t, mongodb);
	tcase_add_test(t, bounds);
	suite_add_tcase(suite, t);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
