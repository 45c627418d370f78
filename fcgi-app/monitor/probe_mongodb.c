/*
 * Kind mongodb: ping and buildInfo.  libmongoc blocks, so a check is a job in a thread; its own timeouts end it soon after the check's, but not its own lookup of the name.  A job
 * that is still at it is what the next check waits for, so that a service never has two at once.
 */
#include "config.h"

#include "monitor/check.h"

#ifdef HAVE_MONGOC
#include "lib/buf.h"
#include "lib/mem.h"
#include "monitor/job.h"
#include "monitor/mongodb_answer.h"

#include <math.h>
/* The inline functions of its headers are not written for -Wconversion. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#include <mongoc/mongoc.h>
#pragma GCC diagnostic pop
#include <netdb.h>
#include <stdlib.h>
#include <string.h>

/* All that the thread touches is its own copy. */
struct ping {
	mongoc_uri_t *uri;
	char *host;       /* to be allowed first; NULL for mongodb+srv, whose hosts libmongoc finds */
	struct mongodb_answer answer;
};

static bool allowed(struct ping *p)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list = NULL, *a;
	int rc = getaddrinfo(p->host, NULL, &hints, &list);
	bool good = rc == 0;

	if (rc != 0)
		snprintf(p->answer.why, sizeof(p->answer.why), "Name lookup failed: %s", gai_strerror(rc));
	for (a = list; a && good; a = a->ai_next) {
		good = url_address_allowed(a->ai_addr);
		if (!good)
			snprintf(p->answer.why, sizeof(p->answer.why), "Its name leads to an address that is never called (link-local, multicast or broadcast)");
	}
	if (list)
		freeaddrinfo(list);
	return good;
}

/* The kind of an error, as far as it matters here. */
static enum mongodb_error kind_of(const bson_error_t *e)
{
	if (e->domain == MONGOC_ERROR_SERVER)
		return MONGODB_SAID;
	if (e->domain == MONGOC_ERROR_SCRAM || e->domain == MONGOC_ERROR_SASL || (e->domain == MONGOC_ERROR_CLIENT && e->code == MONGOC_ERROR_CLIENT_AUTHENTICATE))
		return MONGODB_AUTH;
	return MONGODB_LOCAL;
}

static bool command(mongoc_client_t *client, struct ping *p, const char *name, bson_t *reply)
{
	bson_t *ask = BCON_NEW(name, BCON_INT32(1));
	bson_error_t e;
	bool ok = mongoc_client_command_simple(client, "admin", ask, NULL, reply, &e);

	if (!ok)
		mongodb_error_take(&p->answer, kind_of(&e), e.message);
	bson_destroy(ask);
	return ok;
}

static void ask(struct ping *p, mongoc_client_t *client)
{
	int64_t begun_us = net_now_us();
	bson_iter_t it;
	bson_t reply;

	if (!command(client, p, "ping", &reply)) {
		bson_destroy(&reply);
		return;
	}
	bson_destroy(&reply);
	p->answer.ms = (double)(net_now_us() - begun_us) / 1000;
	if (command(client, p, "buildInfo", &reply) && bson_iter_init_find(&it, &reply, "version") && BSON_ITER_HOLDS_UTF8(&it))
		snprintf(p->answer.version, sizeof(p->answer.version), "%s", bson_iter_utf8(&it, NULL));
	bson_destroy(&reply);
}

static void run(void *data)
{
	struct ping *p = data;
	mongoc_client_t *client;

	if (p->host && !allowed(p))
		return;
	client = mongoc_client_new_from_uri(p->uri);
	if (!client) {
		snprintf(p->answer.why, sizeof(p->answer.why), "Its address cannot be used");
		return;
	}
	mongoc_client_set_error_api(client, MONGOC_ERROR_API_VERSION_2);
	ask(p, client);
	mongoc_client_destroy(client);
}

static void release(void *data)
{
	struct ping *p = data;

	mongoc_uri_destroy(p->uri);
	free(p->host);
	free(p);
}

/* Debug lines of the library have no place in our log. */
static void no_log(mongoc_log_level_t level, const char *domain, const char *message, void *arg)
{
	(void)level;
	(void)domain;
	(void)message;
	(void)arg;
}

static mongoc_uri_t *address(const struct check *c)
{
	int32_t timeout = (int32_t)c->config->timeout_ms;
	mongoc_uri_t *uri = mongoc_uri_new(c->config->url);

	if (!uri)
		return NULL;
	mongoc_uri_set_option_as_int32(uri, MONGOC_URI_CONNECTTIMEOUTMS, timeout);
	mongoc_uri_set_option_as_int32(uri, MONGOC_URI_SOCKETTIMEOUTMS, timeout);
	mongoc_uri_set_option_as_int32(uri, MONGOC_URI_SERVERSELECTIONTIMEOUTMS, timeout);
	mongoc_uri_set_option_as_bool(uri, MONGOC_URI_SERVERSELECTIONTRYONCE, true);
	if (c->config->insecure && mongoc_uri_get_tls(uri))
		mongoc_uri_set_option_as_bool(uri, MONGOC_URI_TLSINSECURE, true);
	if (c->config->username)
		mongoc_uri_set_username(uri, c->config->username);
	if (c->config->password)
		mongoc_uri_set_password(uri, c->config->password);
	return uri;
}

/* At a later turn when there are too many threads already. */
static void start(struct check *c)
{
	struct ping *p = mem_alloc(sizeof(*p));

	p->answer.ms = NAN;
	p->uri = address(c);
	if (!p->uri) {
		free(p);
		probe_fail(&c->result, "Its address cannot be used");
		check_end(c);
		return;
	}
	p->host = strchr(c->url.scheme, '+') ? NULL : mem_strdup(c->url.host);
	c->own = job_start(run, release, p, net_wake_fd(c->net));
	if (!c->own)
		release(p);
}

static void begin(struct check *c)
{
	static bool ready;

	if (!ready) {
		mongoc_log_set_handler(no_log, NULL);
		mongoc_init();
		ready = true;
	}
	c->own = c->lookup->work;
	c->lookup->work = NULL;
	/* What it found after its own check had given up is from then: a database that has come back since would still be called silent. */
	if (c->own && job_done(c->own)) {
		job_free(c->own);
		c->own = NULL;
	}
	if (!c->own)
		start(c);
}

static void look(struct check *c)
{
	if (!c->own)
		start(c);
	if (!c->own || !job_done(c->own))
		return;
	mongodb_read(&c->result, &((const struct ping *)job_data(c->own))->answer);
	check_end(c);
}

static void stop(struct check *c)
{
	if (c->own && !job_done(c->own))
		c->lookup->work = c->own;
	else
		job_free(c->own);
	c->own = NULL;
}

const struct probe_driver probe_mongodb = {.schemes = "mongodb mongodb+srv", .default_port = 27017, .begin = begin, .look = look, .stop = stop};

#else

static void begin(struct check *c)
{
	probe_fail(&c->result, "This program was built without MongoDB's client library");
	check_end(c);
}

const struct probe_driver probe_mongodb = {.schemes = "mongodb mongodb+srv", .default_port = 27017, .begin = begin};

#endif
