/* Failed logins; see login.h. */
#include "config.h"

#include "api/login.h"

#include "lib/clock.h"
#include "lib/text.h"

#include <stdio.h>
#include <string.h>

static uint64_t key_of(char kind, const char *who)
{
	char text[256];
	int n = snprintf(text, sizeof(text), "login %c %s", kind, who);

	return text_hash(text, n < (int)sizeof(text) ? (size_t)n : sizeof(text) - 1);
}

static int too_many(const struct request *q, struct err *e)
{
	int64_t left_ms = LOGIN_WINDOW_MS - q->now_ms % LOGIN_WINDOW_MS;

	err_set(e, ERR_RATE, "Too many failed logins; try again later");
	e->retry_after_s = (int)(left_ms / MS_PER_S) + 1;
	return -1;
}

int login_attempt(const struct request *q, const char *user, struct err *e)
{
	struct shared *s = q->app->shared;

	if (shared_count_get(s, key_of('a', q->address), LOGIN_WINDOW_MS, q->now_ms) >= LOGIN_ADDRESS_MAX)
		return too_many(q, e);
	if (user && shared_count(s, key_of('u', user), LOGIN_WINDOW_MS, LOGIN_USER_MAX, q->now_ms) > LOGIN_USER_MAX)
		return too_many(q, e);
	return 0;
}

void login_succeeded(const struct request *q, const char *user)
{
	shared_count_reset(q->app->shared, key_of('u', user));
}

void login_failed(const struct request *q)
{
	shared_count(q->app->shared, key_of('a', q->address), LOGIN_WINDOW_MS, LOGIN_ADDRESS_MAX, q->now_ms);
}
