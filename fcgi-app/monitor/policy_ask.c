/* Asking for the policies; see policy_ask.h. */
#include "config.h"

#include "monitor/policy_ask.h"

#include "lib/mem.h"
#include "platform/url.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t on_body(char *data, size_t size, size_t n, void *arg)
{
	struct policy_ask *a = arg;

	if (a->body.len + size * n > POLICY_BODY_MAX)
		return 0;
	buf_add(&a->body, data, size * n);
	return size * n;
}

static curl_socket_t on_open(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
	(void)arg;
	(void)purpose;
	if (!url_address_allowed(&address->addr))
		return CURL_SOCKET_BAD;
	return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static void set_rules(CURL *h, struct policy_ask *a)
{
	struct buf url = {0};
	size_t len = strlen(a->url);

	while (len && a->url[len - 1] == '/')
		len--;
	buf_add(&url, a->url, len);
	buf_adds(&url, "/api/v1/policies");
	curl_easy_setopt(h, CURLOPT_URL, buf_str(&url));
	buf_clear(&url);
	curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(h, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(h, CURLOPT_PROXY, "");
	curl_easy_setopt(h, CURLOPT_TIMEOUT_MS, (long)POLICY_ASK_MS);
	curl_easy_setopt(h, CURLOPT_USERAGENT, "flopynet-monitor/" PACKAGE_VERSION);
	curl_easy_setopt(h, CURLOPT_SSL_VERIFYPEER, a->insecure ? 0L : 1L);
	curl_easy_setopt(h, CURLOPT_SSL_VERIFYHOST, a->insecure ? 0L : 2L);
	curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(h, CURLOPT_WRITEDATA, a);
	curl_easy_setopt(h, CURLOPT_OPENSOCKETFUNCTION, on_open);
}

static struct curl_slist *set_identity(CURL *h, const struct policy_ask *a)
{
	struct curl_slist *headers = curl_slist_append(NULL, "Accept: application/json");
	struct buf line = {0};

	if (a->token) {
		buf_addf(&line, "Authorization: Bearer %s", a->token);
		headers = curl_slist_append(headers, buf_str(&line));
		buf_clear(&line);
	} else if (a->username) {
		curl_easy_setopt(h, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
		curl_easy_setopt(h, CURLOPT_USERNAME, a->username);
		curl_easy_setopt(h, CURLOPT_PASSWORD, a->password ? a->password : "");
	}
	curl_easy_setopt(h, CURLOPT_HTTPHEADER, headers);
	return headers;
}

/* Without an address: people read it. */
static void say_why(struct policy_ask *a, CURLcode code, long os_errno)
{
	if (code == CURLE_OPERATION_TIMEDOUT)
		snprintf(a->why, sizeof(a->why), "No answer within %d ms", POLICY_ASK_MS);
	else if (code == CURLE_COULDNT_CONNECT && os_errno)
		snprintf(a->why, sizeof(a->why), "%s", strerror((int)os_errno));
	else
		snprintf(a->why, sizeof(a->why), "%s", curl_easy_strerror(code));
}

static void ask(void *data)
{
	struct policy_ask *a = data;
	CURL *h = curl_easy_init();
	struct curl_slist *headers;
	long status = 0, os_errno = 0;
	CURLcode code;

	if (!h)
		abort();
	set_rules(h, a);
	headers = set_identity(h, a);
	code = curl_easy_perform(h);
	curl_easy_getinfo(h, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(h, CURLINFO_OS_ERRNO, &os_errno);
	if (code != CURLE_OK)
		say_why(a, code, os_errno);
	else if (status != 200)
		snprintf(a->why, sizeof(a->why), "It answered %ld to the question for its policies", status);
	curl_slist_free_all(headers);
	curl_easy_cleanup(h);
}

static void release(void *data)
{
	struct policy_ask *a = data;

	free(a->url);
	free(a->token);
	free(a->username);
	free(a->password);
	buf_clear(&a->body);
	free(a);
}

static char *copy(const char *text)
{
	return text ? mem_strdup(text) : NULL;
}

struct job *policy_ask_start(const struct service_config *config, int wake_fd)
{
	struct policy_ask *a = mem_alloc(sizeof(*a));
	struct job *j;

	a->url = copy(config->url);
	a->token = copy(config->token);
	a->username = copy(config->username);
	a->password = copy(config->password);
	a->insecure = config->insecure;
	j = job_start(ask, release, a, wake_fd);
	if (!j)
		release(a);
	return j;
}
