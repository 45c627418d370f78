/* One try; see delivery.h. */
#include "config.h"

#include "monitor/delivery.h"

#include "lib/mem.h"
#include "monitor/lookup.h"
#include "platform/url.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define ANSWER_MAX (64 * 1024) /* what a webhook may answer; it is not looked at */
#define RETRY_AFTER_MAX_S 86400 /* a receiver may write any number */
#define CA_FILE_MAX (8 * 1024 * 1024) /* a system's whole bundle has 0.2 MB */

struct outgoing {
	CURLM *multi;
	int wake; /* what lookups write to; nobody waits on it, the loop looks every tick while something is under way */
};

struct delivery {
	struct outgoing *o;
	enum channel channel;
	struct url url;
	struct lookup lookup;
	int64_t until_mono_ms;
	enum delivery_state state;
	char why[200];
	int64_t retry_after_s;
	/* For libcurl */
	CURL *easy; /* NULL while the name is looked up */
	struct curl_slist *headers, *recipients, *resolve;
	struct buf body;
	size_t read, answered;
	char *address, *username, *password, *from, *ca_file;
	bool insecure;
	bool forbidden;
	char error[CURL_ERROR_SIZE];
};

static const char unreadable[] = "The certificates of notifications.ca_file cannot be read";

struct outgoing *outgoing_open(struct err *e)
{
	struct outgoing *o = mem_alloc(sizeof(*o));

	o->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0 || !(o->multi = curl_multi_init()) || o->wake == -1) {
		err_set(e, ERR_INTERNAL, "notifications cannot be set up");
		outgoing_close(o);
		return NULL;
	}
	return o;
}

void outgoing_close(struct outgoing *o)
{
	if (!o)
		return;
	if (o->multi)
		curl_multi_cleanup(o->multi);
	/* o->wake stays open: a thread of a lookup may still write to it. */
	free(o);
}

static size_t on_answer(char *data, size_t size, size_t count, void *arg)
{
	struct delivery *d = arg;

	(void)data;
	d->answered += size * count;
	return d->answered > ANSWER_MAX ? 0 : size * count;
}

static size_t on_read(char *to, size_t size, size_t count, void *arg)
{
	struct delivery *d = arg;
	size_t n = size * count, left = d->body.len - d->read;

	if (n > left)
		n = left;
	memcpy(to, d->body.data + d->read, n);
	d->read += n;
	return n;
}

static curl_socket_t on_open(void *arg, curlsocktype purpose, struct curl_sockaddr *a)
{
	struct delivery *d = arg;

	(void)purpose;
	if (!url_address_allowed(&a->addr)) {
		d->forbidden = true;
		return CURL_SOCKET_BAD;
	}
	return socket(a->family, a->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, a->protocol);
}

static bool is_loopback(const struct lookup_result *r)
{
	size_t i;

	for (i = 0; i < r->n; i++) {
		const struct sockaddr_storage *a = &r->list[i].address;

		if (a->ss_family == AF_INET ? (ntohl(((const struct sockaddr_in *)a)->sin_addr.s_addr) >> 24) != 127
					    : !IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)a)->sin6_addr))
			return false;
	}
	return r->n > 0;
}

static void set_common(struct delivery *d)
{
	CURL *h = d->easy;

	curl_easy_setopt(h, CURLOPT_URL, d->address);
	curl_easy_setopt(h, CURLOPT_PRIVATE, d);
	curl_easy_setopt(h, CURLOPT_ERRORBUFFER, d->error);
	curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, d->channel == CHANNEL_WEBHOOK ? "http,https" : "smtp,smtps");
	curl_easy_setopt(h, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(h, CURLOPT_PROXY, "");
	curl_easy_setopt(h, CURLOPT_CONNECTTIMEOUT_MS, (long)DELIVERY_TIMEOUT_MS / 2);
	curl_easy_setopt(h, CURLOPT_TIMEOUT_MS, (long)DELIVERY_TIMEOUT_MS);
	curl_easy_setopt(h, CURLOPT_FRESH_CONNECT, 1L);
	curl_easy_setopt(h, CURLOPT_FORBID_REUSE, 1L);
	curl_easy_setopt(h, CURLOPT_USERAGENT, "flopynet-monitor/" PACKAGE_VERSION);
	curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, on_answer);
	curl_easy_setopt(h, CURLOPT_WRITEDATA, d);
	curl_easy_setopt(h, CURLOPT_OPENSOCKETFUNCTION, on_open);
	curl_easy_setopt(h, CURLOPT_OPENSOCKETDATA, d);
}

/*
 * Certificates are verified, but for a mail server on this machine over smtp://: many have one that nobody signed, and the way to it cannot be listened to.  Over smtp:// what a server
 * does not offer is done without, except where a password would leave the machine in the clear, or somebody has said by whom the server must be signed.
 */
static void set_tls(struct delivery *d, bool loopback)
{
	bool upgrade = strcmp(d->url.scheme, "smtp") == 0, verify = !d->insecure && !(upgrade && loopback && !d->ca_file);

	curl_easy_setopt(d->easy, CURLOPT_SSL_VERIFYPEER, verify ? 1L : 0L);
	curl_easy_setopt(d->easy, CURLOPT_SSL_VERIFYHOST, verify ? 2L : 0L);
	if (d->ca_file && verify)
		curl_easy_setopt(d->easy, CURLOPT_CAINFO, d->ca_file);
#if LIBCURL_VERSION_NUM >= 0x075700
	/* Certificates that were exchanged count at once, not when a cache has grown old. */
	curl_easy_setopt(d->easy, CURLOPT_CA_CACHE_TIMEOUT, 0L);
#endif
	if (upgrade)
		curl_easy_setopt(d->easy, CURLOPT_USE_SSL, (d->username && !loopback) || d->ca_file ? (long)CURLUSESSL_ALL : (long)CURLUSESSL_TRY);
}

static void set_mail(struct delivery *d)
{
	CURL *h = d->easy;

	curl_easy_setopt(h, CURLOPT_MAIL_FROM, d->from);
	curl_easy_setopt(h, CURLOPT_MAIL_RCPT, d->recipients);
	/* One address that is gone must not keep the others from hearing. */
	curl_easy_setopt(h, CURLOPT_MAIL_RCPT_ALLLOWFAILS, 1L);
	curl_easy_setopt(h, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(h, CURLOPT_READFUNCTION, on_read);
	curl_easy_setopt(h, CURLOPT_READDATA, d);
	if (d->username) {
		curl_easy_setopt(h, CURLOPT_USERNAME, d->username);
		curl_easy_setopt(h, CURLOPT_PASSWORD, d->password ? d->password : "");
	}
}

static void set_webhook(struct delivery *d)
{
	curl_easy_setopt(d->easy, CURLOPT_HTTPHEADER, d->headers);
	curl_easy_setopt(d->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(d->easy, CURLOPT_POST, 1L);
	curl_easy_setopt(d->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)d->body.len);
	curl_easy_setopt(d->easy, CURLOPT_POSTFIELDS, d->body.data);
}

/* What the lookup found, so that libcurl looks nothing up. */
static void set_addresses(struct delivery *d, const struct lookup_result *r)
{
	struct buf line = {0};

	if (d->url.ipv6)
		return;
	lookup_write(r, d->url.host, url_port(&d->url, 0), &line);
	d->resolve = curl_slist_append(NULL, line.data);
	buf_clear(&line);
	curl_easy_setopt(d->easy, CURLOPT_RESOLVE, d->resolve);
}

static void begin(struct delivery *d, const struct lookup_result *r)
{
	d->easy = curl_easy_init();
	if (!d->easy)
		abort();
	set_common(d);
	set_addresses(d, r);
	set_tls(d, is_loopback(r));
	if (d->channel == CHANNEL_WEBHOOK)
		set_webhook(d);
	else
		set_mail(d);
	curl_multi_add_handle(d->o->multi, d->easy);
}

static void fail(struct delivery *d, const char *why)
{
	d->state = DELIVERY_FAILED;
	snprintf(d->why, sizeof(d->why), "%.199s", why);
}

static void add_headers(struct delivery *d, int64_t id, const char *signature)
{
	struct buf line = {0};

	d->headers = curl_slist_append(NULL, "Content-Type: application/json");
	d->headers = curl_slist_append(d->headers, "Expect:"); /* no wait for a 100 that many servers never send */
	buf_addf(&line, "X-Flopynet-Delivery: %" PRId64, id);
	d->headers = curl_slist_append(d->headers, line.data);
	buf_reset(&line);
	if (signature) {
		buf_addf(&line, "X-Flopynet-Signature: %s", signature);
		d->headers = curl_slist_append(d->headers, line.data);
	}
	buf_clear(&line);
}

static void add_mail(struct delivery *d, const struct notify_config *c)
{
	struct buf b = {0};
	size_t i;

	buf_addf(&b, "<%s>", c->mail_from);
	d->from = buf_take(&b);
	for (i = 0; c->mail_to[i]; i++) {
		buf_reset(&b);
		buf_addf(&b, "<%s>", c->mail_to[i]);
		d->recipients = curl_slist_append(d->recipients, b.data);
	}
	buf_clear(&b);
	d->username = c->smtp_username ? mem_strdup(c->smtp_username) : NULL;
	d->password = c->smtp_password ? mem_strdup(c->smtp_password) : NULL;
}

/* OpenSSL would wait at a pipe, and read a device without end, in the loop. */
static bool is_certificates(const char *path)
{
	struct stat sb;

	return stat(path, &sb) == 0 && S_ISREG(sb.st_mode) && sb.st_size <= CA_FILE_MAX;
}

struct delivery *delivery_new(struct outgoing *o, enum channel channel, const struct notify_config *c, int64_t id, struct buf *body, const char *signature, int64_t mono_ms)
{
	struct delivery *d = mem_alloc(sizeof(*d));
	char why[ERR_TEXT_MAX];

	d->o = o;
	d->channel = channel;
	d->body = *body;
	*body = (struct buf){0};
	d->until_mono_ms = mono_ms + DELIVERY_TIMEOUT_MS;
	d->ca_file = c->ca_file ? mem_strdup(c->ca_file) : NULL;
	d->insecure = c->insecure;
	d->address = mem_strdup(channel == CHANNEL_WEBHOOK ? c->webhook_url : c->smtp_url);
	if (channel == CHANNEL_WEBHOOK)
		add_headers(d, id, signature);
	else
		add_mail(d, c);
	if (!url_parse(d->address, channel == CHANNEL_WEBHOOK ? "http https" : "smtp smtps", &d->url, why, sizeof(why)))
		fail(d, why);
	else if (d->ca_file && !d->insecure && strcmp(d->url.scheme, "http") != 0 && !is_certificates(d->ca_file))
		fail(d, unreadable);
	return d;
}

/* Why libcurl gave up, with what to do about it where that is not plain. */
static void explain(struct delivery *d, CURLcode code)
{
	static const char problem[] = "SSL certificate problem: ";
	const char *error = d->error[0] ? d->error : curl_easy_strerror(code);
	char text[sizeof(d->why)];
	long os_errno = 0;

	curl_easy_getinfo(d->easy, CURLINFO_OS_ERRNO, &os_errno);
	if (strncmp(error, problem, sizeof(problem) - 1) == 0)
		error += sizeof(problem) - 1;
	switch (code) {
	case CURLE_COULDNT_CONNECT:
		fail(d, os_errno ? strerror((int)os_errno) : error);
		break;
	case CURLE_PEER_FAILED_VERIFICATION:
		snprintf(text, sizeof(text), "Its TLS certificate is not good: %.80s; notifications.ca_file says by whom it may be signed", error);
		fail(d, text);
		break;
	case CURLE_SSL_CACERT_BADFILE:
		fail(d, unreadable);
		break;
	case CURLE_USE_SSL_FAILED:
		fail(d, "It offers no encryption, and without it nothing is sent there");
		break;
	default:
		fail(d, error);
	}
}

static void finish(struct delivery *d, CURLcode code)
{
	curl_off_t retry_after = 0;
	long status = 0;

	curl_easy_getinfo(d->easy, CURLINFO_RESPONSE_CODE, &status);
	if (d->channel == CHANNEL_WEBHOOK && status >= 200 && status < 300) {
		d->state = DELIVERY_DONE;
	} else if (d->channel == CHANNEL_WEBHOOK && status > 0) {
		fail(d, "");
		snprintf(d->why, sizeof(d->why), "The webhook answered with status %ld", status);
		if (curl_easy_getinfo(d->easy, CURLINFO_RETRY_AFTER, &retry_after) == CURLE_OK)
			d->retry_after_s = retry_after < RETRY_AFTER_MAX_S ? retry_after : RETRY_AFTER_MAX_S;
	} else if (d->forbidden) {
		fail(d, "Its address is one that is never called (link-local, multicast or broadcast)");
	} else if (code == CURLE_OK) {
		d->state = DELIVERY_DONE;
	} else {
		explain(d, code);
	}
}

void outgoing_turn(struct outgoing *o)
{
	int running, left;
	CURLMsg *m;

	curl_multi_perform(o->multi, &running);
	while ((m = curl_multi_info_read(o->multi, &left))) {
		struct delivery *d = NULL;

		if (m->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&d);
		finish(d, m->data.result);
	}
}

enum delivery_state delivery_look(struct delivery *d, int64_t mono_ms)
{
	struct lookup_result r;

	if (d->state != DELIVERY_UNDER_WAY)
		return d->state;
	if (!d->easy) {
		switch (lookup_get(&d->lookup, d->url.host, url_port(&d->url, 0), d->o->wake, &r)) {
		case LOOKUP_FOUND:
			begin(d, &r);
			break;
		case LOOKUP_FAILED:
			fail(d, r.why);
			break;
		case LOOKUP_WAIT:
			if (mono_ms >= d->until_mono_ms)
				fail(d, "The lookup of its name takes too long");
		}
	}
	return d->state;
}

const char *delivery_why(const struct delivery *d)
{
	return d->why;
}

int64_t delivery_retry_after_s(const struct delivery *d)
{
	return d->retry_after_s;
}

void delivery_free(struct delivery *d)
{
	if (!d)
		return;
	lookup_clear(&d->lookup);
	if (d->easy) {
		curl_multi_remove_handle(d->o->multi, d->easy);
		curl_easy_cleanup(d->easy);
	}
	curl_slist_free_all(d->headers);
	curl_slist_free_all(d->recipients);
	curl_slist_free_all(d->resolve);
	buf_clear(&d->body);
	free(d->address);
	free(d->username);
	free(d->password);
	free(d->from);
	free(d->ca_file);
	free(d);
}
