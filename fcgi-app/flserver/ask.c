/* HTTP with fl_server; see ask.h. */
#include "config.h"

#include "flserver/ask.h"

#include "lib/mem.h"
#include "platform/url.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

struct ask {
	CURL *easy;
	struct curl_slist *headers;
	char *url; /* without a slash at its end */
	bool forbidden;
};

struct ask *ask_new(const char *url)
{
	struct ask *k = mem_alloc(sizeof(*k));
	size_t len = strlen(url);

	while (len && url[len - 1] == '/')
		len--;
	k->url = mem_strndup(url, len);
	curl_global_init(CURL_GLOBAL_DEFAULT);
	k->easy = curl_easy_init();
	if (!k->easy)
		abort();
	k->headers = curl_slist_append(NULL, "Accept: application/json");
	return k;
}

void ask_free(struct ask *k)
{
	if (!k)
		return;
	curl_easy_cleanup(k->easy);
	curl_slist_free_all(k->headers);
	free(k->url);
	free(k);
}

static size_t on_body(char *data, size_t size, size_t n, void *arg)
{
	struct answer *a = arg;

	if (a->body.len + size * n > ASK_BODY_MAX)
		return 0;
	buf_add(&a->body, data, size * n);
	return size * n;
}

static curl_socket_t on_open(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct ask *k = arg;

	(void)purpose;
	k->forbidden = !url_address_allowed(&address->addr);
	return k->forbidden ? CURL_SOCKET_BAD : socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static void set_rules(struct ask *k, const char *path, int64_t timeout_ms, struct answer *a)
{
	struct buf url = {0};
	CURL *h = k->easy;

	curl_easy_reset(h);
	buf_addf(&url, "%s%s", k->url, path);
	curl_easy_setopt(h, CURLOPT_URL, buf_str(&url));
	buf_clear(&url);
	curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(h, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(h, CURLOPT_PROXY, "");
	curl_easy_setopt(h, CURLOPT_CONNECTTIMEOUT_MS, (long)timeout_ms);
	curl_easy_setopt(h, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
	curl_easy_setopt(h, CURLOPT_FRESH_CONNECT, 1L);
	curl_easy_setopt(h, CURLOPT_FORBID_REUSE, 1L);
	curl_easy_setopt(h, CURLOPT_USERAGENT, "flopynet-flserver/" PACKAGE_VERSION);
	curl_easy_setopt(h, CURLOPT_HTTPHEADER, k->headers);
	curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(h, CURLOPT_WRITEDATA, a);
	curl_easy_setopt(h, CURLOPT_OPENSOCKETFUNCTION, on_open);
	curl_easy_setopt(h, CURLOPT_OPENSOCKETDATA, k);
}

static void say_why(const struct ask *k, CURLcode code, int64_t timeout_ms, struct answer *a)
{
	long os_errno = 0;

	curl_easy_getinfo(k->easy, CURLINFO_OS_ERRNO, &os_errno);
	if (k->forbidden)
		snprintf(a->why, sizeof(a->why), "its address is one that is never called");
	else if (code == CURLE_OPERATION_TIMEDOUT)
		snprintf(a->why, sizeof(a->why), "no answer within %.1f s", (double)timeout_ms / 1000);
	else if (code == CURLE_COULDNT_CONNECT)
		snprintf(a->why, sizeof(a->why), "%s", os_errno ? strerror((int)os_errno) : "it cannot be connected to");
	else if (code == CURLE_COULDNT_RESOLVE_HOST)
		snprintf(a->why, sizeof(a->why), "its host's name is not known");
	else if (code == CURLE_WRITE_ERROR)
		snprintf(a->why, sizeof(a->why), "it answers with more than %zu MiB", ASK_BODY_MAX / 1024 / 1024);
	else if (code == CURLE_UNSUPPORTED_PROTOCOL || code == CURLE_WEIRD_SERVER_REPLY)
		snprintf(a->why, sizeof(a->why), "it does not speak HTTP/1 (is this a gRPC port?)");
	else if (code == CURLE_GOT_NOTHING || code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR || code == CURLE_PARTIAL_FILE)
		snprintf(a->why, sizeof(a->why), "it closed the connection without an answer");
	else
		snprintf(a->why, sizeof(a->why), "%s", curl_easy_strerror(code));
}

static bool perform(struct ask *k, int64_t timeout_ms, struct answer *a)
{
	const char *type = NULL;
	long status = 0;
	CURLcode code;

	k->forbidden = false;
	code = curl_easy_perform(k->easy);
	if (code != CURLE_OK) {
		say_why(k, code, timeout_ms, a);
		return false;
	}
	curl_easy_getinfo(k->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(k->easy, CURLINFO_CONTENT_TYPE, &type);
	a->status = (int)status;
	if (type && strstr(type, "json"))
		return true;
	buf_reset(&a->body);
	snprintf(a->why, sizeof(a->why), "it answers %ld, and not with JSON", status);
	return false;
}

static void begin(struct answer *a)
{
	buf_reset(&a->body);
	a->status = 0;
	a->why[0] = '\0';
}

bool ask_get(struct ask *k, const char *path, int64_t timeout_ms, struct answer *a)
{
	begin(a);
	set_rules(k, path, timeout_ms, a);
	return perform(k, timeout_ms, a);
}

bool ask_post(struct ask *k, const char *path, int64_t timeout_ms, struct answer *a)
{
	begin(a);
	set_rules(k, path, timeout_ms, a);
	curl_easy_setopt(k->easy, CURLOPT_POST, 1L);
	curl_easy_setopt(k->easy, CURLOPT_POSTFIELDS, "");
	curl_easy_setopt(k->easy, CURLOPT_POSTFIELDSIZE, 0L);
	return perform(k, timeout_ms, a);
}
