/* Who is on the other end; see authorize.h. */
#include "config.h"

#include "stream/authorize.h"

#include "lib/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct authorize {
	const struct conf *conf;
	struct store *store;
};

int authorize_open(struct authorize **out, const struct conf *conf, struct store *st, struct err *e)
{
	struct authorize *a = mem_alloc(sizeof(*a));

	(void)e;
	a->conf = conf;
	a->store = st;
	*out = a;
	return 0;
}

void authorize_close(struct authorize *a)
{
	free(a);
}

bool authorize_required(const struct authorize *a)
{
	return a->conf->auth_enabled;
}

void authorize_anyone(struct visitor *v)
{
	memset(v, 0, sizeof(*v));
	snprintf(v->subject, sizeof(v->subject), "local");
	snprintf(v->role, sizeof(v->role), "admin");
	v->ends_ms = INT64_MAX;
}

int authorize_token(struct authorize *a, const char *token, int64_t now_ms, struct visitor *v, struct err *e)
{
	(void)a;
	(void)token;
	(void)now_ms;
	(void)v;
	return err_set(e, ERR_UNAUTHORIZED, "The token is not good");
}

int authorize_again(struct authorize *a, const struct visitor *v, int64_t now_ms, struct err *e)
{
	(void)a;
	(void)v;
	(void)now_ms;
	(void)e;
	return 0;
}
