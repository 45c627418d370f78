/*
 * Probes: how a service of each kind is asked, and what its answers mean.  One driver, one file, one struct; probe.c lists them.
 *
 * Most kinds speak HTTP and are pure adapters: they say what to ask next, and read an answer into a result.  They see no network, no clock, no store; the tests and the fuzzer feed
 * them bodies.  Kinds with a protocol of their own (redis, mongodb, tcp) or none (process) bring functions that run inside the monitor's loop; see check.h for what they get.
 *
 * Nothing that a service says is trusted: bodies are capped, texts are cut, cleaned to valid UTF-8 without control characters, and numbers that are not finite are null.
 */
#ifndef MONITOR_PROBE_H
#define MONITOR_PROBE_H

#include "platform/health.h"
#include "platform/settings.h"

#include <json-c/json_object.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PROBE_BODY_MAX (64 * 1024) /* of one answer; the largest recorded answer that a probe asks for has 1 KB */
#define PROBE_TEXT_MAX 200         /* of an issue or a text value, in bytes */
#define PROBE_ISSUES_MAX 6
#define PROBE_VALUES_MAX 32        /* metrics of one check */
#define PROBE_NAME_MAX 64
#define PROBE_STEPS_MAX 4          /* requests of one check */

enum probe_type { PROBE_NUMBER, PROBE_TEXT, PROBE_BOOLEAN, PROBE_NULL };

struct probe_value {
	char name[PROBE_NAME_MAX];
	enum probe_type type;
	double number; /* also of a boolean */
	char text[PROBE_TEXT_MAX];
};

/* What a check found. */
struct probe_result {
	enum health_seen seen;      /* the worst so far; SEEN_WELL to begin with */
	double response_ms;         /* of the first request; NAN: none came */
	char version[PROBE_NAME_MAX]; /* "": it does not say */
	char issues[PROBE_ISSUES_MAX][PROBE_TEXT_MAX];
	size_t issues_n;
	struct probe_value values[PROBE_VALUES_MAX];
	size_t values_n;
	bool keep_values;           /* the values of the check before are still the newest */
	bool hung;                  /* fl_server: it hung at its status, as it does while a policy has stopped it and the policy engine is away */
};

void probe_result_init(struct probe_result *r);
/* It does not work, or there is something wrong: with the reason, as one sentence without a full stop.  The first failure is the one that stands. */
void probe_fail(struct probe_result *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void probe_degrade(struct probe_result *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void probe_version(struct probe_result *r, const char *version);
/* A later value of a name replaces an earlier one; beyond PROBE_VALUES_MAX they are dropped. */
void probe_number(struct probe_result *r, const char *name, double v);
void probe_text(struct probe_result *r, const char *name, const char *v);
void probe_bool(struct probe_result *r, const char *name, bool v);
void probe_null(struct probe_result *r, const char *name);
/* A copy of what came from outside: valid UTF-8, no control characters, cut between characters.  Returns out. */
const char *probe_clean(const char *text, size_t len, char *out, size_t size);

/* What a driver knows beside the answer. */
struct probe_context {
	const struct service_config *config;
	bool policy_configured; /* a policy engine is configured */
	bool policy_fresh;      /* and was seen to be well within its last intervals */
	bool was_stopped;       /* this service last said that a policy has stopped it, or hung as it then does */
	uint64_t nth;           /* check of this service */
};

/* One request. */
struct probe_request {
	char path[256];         /* appended to the configured address; "" asks that address itself */
	const char *header;     /* an answer's header to hand on; NULL: none */
};

/* One answer. */
struct probe_answer {
	const char *path;       /* that was asked for, for messages */
	bool later;             /* not the first of this check: it has answered already */
	int status;
	const char *content_type; /* "" when there is none */
	const char *header;     /* the one asked for, cleaned; "" when absent */
	const char *body;
	size_t body_len;
	bool cut;               /* there was more than PROBE_BODY_MAX */
	bool incomplete;        /* the time was up, or it hung up, before it was complete */
};

struct check;

struct probe_driver {
	const char *schemes;    /* of its address, space separated; NULL: it has none */
	int default_port;       /* where the address names none (HTTP knows its own) */

	/* HTTP: the request of step 0, 1, … with what is known so far; false: the check is complete. */
	bool (*ask)(const struct probe_context *c, int step, const struct probe_result *r, struct probe_request *q);
	/* HTTP: what came. */
	void (*read)(const struct probe_context *c, int step, const struct probe_answer *a, struct probe_result *r);
	/* HTTP: no answer came at all, in words; NULL: probe_silent(). */
	void (*silent)(const struct probe_context *c, int step, const char *why, struct probe_result *r);

	/* Others; see check.h. */
	void (*begin)(struct check *c);
	void (*ready)(struct check *c, unsigned events);
	void (*look)(struct check *c); /* every turn while it runs */
	void (*stop)(struct check *c);
};

extern const struct probe_driver probe_http, probe_json, probe_fl_server, probe_collector, probe_policy_engine, probe_sdn, probe_prometheus, probe_influxdb, probe_tcp,
	probe_redis, probe_mongodb, probe_process;

/* By kind. */
extern const struct probe_driver *const probe_drivers[PROBE_MAX];

/*
 * The common first steps of reading a JSON answer: status, size, type, syntax.  The object is the caller's to put; NULL when there is none, and then r says why (or, for 204,
 * that all is well).
 */
struct json_object *probe_read_json(const struct probe_answer *a, struct probe_result *r);
/* The status alone: false when it says that nothing should be read.  5xx is a failure in the first answer, later an issue. */
bool probe_read_status(const struct probe_answer *a, struct probe_result *r);
/* What no answer at all means to most: a failure in step 0; later, when it has answered already, an issue. */
void probe_silent(int step, const char *path, const char *why, struct probe_result *r);
/* A service's own word on itself ("ok", "healthy", "degraded", "error" …). */
void probe_read_word(const char *word, struct probe_result *r);
/* The member, when it is a number, a boolean or null, under a name of ours. */
void probe_take_number(struct probe_result *r, const struct json_object *o, const char *member, const char *name);
void probe_take_text(struct probe_result *r, const struct json_object *o, const char *member, const char *name);

#endif
