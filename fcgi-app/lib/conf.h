/*
 * The configuration file of all programs (INI, read with libinih): what must be known before the store is open.  What people change
 * while it runs (GET /config) is in the store instead.  Every key, its default and its range stand in one table in conf.c;
 * an unknown key or a value out of range is an error that names the line.
 */
#ifndef LIB_CONF_H
#define LIB_CONF_H

#include "lib/err.h"

#include <stdbool.h>
#include <stdint.h>

struct conf {
	/* [paths]; all absolute after conf_load: relative ones are taken from state, and state itself from the file's directory */
	char *state;     /* what the programs write */
	char *store;     /* the SQLite file */
	char *runs;      /* one directory a run */
	char *engines;   /* NAME.json */
	char *scenarios; /* NAME.json */
	char *data;      /* data sets, searched first; "" for none */
	/* [api] */
	int64_t api_workers;
	int64_t api_request_timeout_s; /* a worker that takes longer is replaced */
	int64_t api_control_wait_ms;   /* how long a control call waits for the engine before it answers 202 */
	char *api_trusted_origins;     /* space separated; other origins that may call with credentials */
	bool api_log_all;              /* log every request, not only errors and changes */
	/* [auth] */
	bool auth_enabled;          /* false is refused unless everything listens on loopback */
	char *auth_secret_file;     /* at least 32 bytes */
	char *auth_previous_secret_file; /* accepted, not used for signing; need not exist */
	char *auth_public_key_file; /* PEM of an outside identity provider (RS256, ES256); "" for none */
	int64_t auth_session_hours; /* life of a browser login */
	/* [rate] per token, else per address; 0 is no limit */
	int64_t rate_standard_per_hour;
	int64_t rate_live_per_hour;
	int64_t rate_connections;   /* live connections at once */
	/* [stream] */
	int64_t stream_port;        /* on 127.0.0.1 */
	/* [monitor] */
	int64_t monitor_tick_ms;
	int64_t monitor_heartbeat_timeout_s;
};

/* Read path; c is filled with defaults first.  ERR_INVALID names file and line.  Release with conf_clear() in either case. */
int conf_load(struct conf *c, const char *path, struct err *e);
void conf_clear(struct conf *c);

#endif
