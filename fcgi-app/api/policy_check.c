/* Verifying policies; see policy_check.h. */
#include "config.h"

#include "api/policy_check.h"

#include "api/engine_view.h"
#include "experiment/policy.h"
#include "lib/json_in.h"
#include "lib/mem.h"
#include "store/policy_list.h"

#include <json-c/linkhash.h>
#include <stdlib.h>
#include <string.h>

#define POLICIES_WAIT_MS 1000            /* for a new list */
#define GOOD_FOR_MS INT64_C(600000)      /* what stands in a list this old counts as verified; what does not stand in it calls for a new one */
#define TRIED_FOR_MS INT64_C(3000)       /* an attempt this young that came to nothing is not repeated for the next request */

static struct json_object *parse(const char *text)
{
	struct json_object *o = NULL;

	json_in_parse(text, strlen(text), &o, NULL);
	return o;
}

static bool all_listed(const struct json_object *list, const struct json_object *status)
{
	json_object_object_foreach(status, name, v)
	{
		(void)v;
		if (!policy_is_listed(list, name))
			return false;
	}
	return true;
}

/* One text for all of them: a field has one. */
static void refuse(const struct json_object *list, const struct json_object *status, struct err *e)
{
	struct buf text = {0};
	struct buf near = {0};

	json_object_object_foreach(status, name, v)
	{
		(void)v;
		if (policy_is_listed(list, name))
			continue;
		buf_reset(&near);
		policy_near(list, name, &near);
		buf_addf(&text, "%s%s", text.len ? "; " : "", name);
		if (near.len)
			buf_addf(&text, " (did you mean %s?)", buf_str(&near));
	}
	err_detail(e, "policies", "The policy engine does not have %s", buf_str(&text));
	buf_clear(&text);
	buf_clear(&near);
}

static void judge(const struct json_object *list, const struct json_object *status, struct experiment_input *in)
{
	struct buf after = {0}, unknown = {0};

	policy_judge(list, status, &after, &unknown);
	buf_clear(&unknown);
	free(in->policy_status);
	in->policy_status = buf_take(&after);
}

/* 1: l is a list to judge by; 0: there is none. */
static int current_list(struct request *q, const struct json_object *status, struct policy_list *l, struct err *e)
{
	struct json_object *list;
	bool enough;

	if (policy_list_get(q->app->store, l, e) == -1)
		return -1;
	list = parse(l->policies);
	/* What is from the future is from before the clock was set back: of no known age. */
	enough = l->listed_at_ms && llabs(q->now_ms - l->listed_at_ms) < GOOD_FOR_MS && all_listed(list, status);
	json_object_put(list);
	if (enough)
		return 1;
	if (l->reason && llabs(q->now_ms - l->tried_at_ms) < TRIED_FOR_MS)
		return 0;
	policy_list_clear(l);
	if (inquire(q, INQUIRY_POLICIES, POLICIES_WAIT_MS, e) == -1 || policy_list_get(q->app->store, l, e) == -1)
		return -1;
	return l->listed_at_ms >= q->now_ms;
}

int policy_check(struct request *q, struct experiment_input *in, struct err *e)
{
	struct json_object *status = in->policy_status ? parse(in->policy_status) : NULL, *list;
	struct policy_list l = {NULL};
	struct err trouble;
	int rc = 0;

	if (status && json_object_object_length(status))
		rc = current_list(q, status, &l, &trouble);
	if (rc == 1) {
		list = parse(l.policies);
		if (all_listed(list, status))
			judge(list, status, in);
		else
			refuse(list, status, e);
		json_object_put(list);
	}
	policy_list_clear(&l);
	json_object_put(status);
	if (rc >= 0)
		return 0;
	*e = trouble;
	return -1;
}
