/* token create, list, revoke. */
#include "config.h"

#include "ctl/ctl.h"
#include "lib/clock.h"
#include "lib/text.h"
#include "store/experiment.h"
#include "store/token.h"

#include <stdio.h>
#include <string.h>

#define DAYS_DEFAULT 365

static int fill(const struct ctl *c, struct token *t, struct err *e)
{
	if (c->name[0] == '\0' || strlen(c->name) > TOKEN_SUBJECT_MAX || !text_utf8_valid(c->name, strlen(c->name)))
		return err_set(e, ERR_INVALID, "--name must be a text of 1 to %d bytes", TOKEN_SUBJECT_MAX);
	if (!c->role == !c->experiment)
		return err_set(e, ERR_INVALID, "either --role or --experiment is needed: what may the token do?");
	if (c->role && (!role_from_name(c->role, &t->role) || t->role == ROLE_NONE))
		return err_set(e, ERR_INVALID, "--role must be viewer, operator or admin, not %.40s", c->role);
	if (c->experiment && !text_to_id(c->experiment, EXPERIMENT_ID_PREFIX, &t->experiment_id))
		return err_set(e, ERR_INVALID, "--experiment must be the id of one, such as exp_001");
	t->kind = c->experiment ? TOKEN_KIND_ENGINE : TOKEN_KIND_API;
	t->name = t->subject = c->name;
	t->created_by = CTL_ACTOR;
	t->created_at_ms = c->now_ms;
	t->expires_at_ms = c->now_ms + (c->days ? c->days : DAYS_DEFAULT) * MS_PER_DAY;
	return 0;
}

static int must_exist(struct store *st, int64_t id, struct err *e)
{
	struct experiment x;

	if (id == 0)
		return 0;
	if (experiment_get(st, id, &x, e) == -1)
		return -1;
	experiment_clear(&x);
	return 0;
}

COMMAND(ctl_token_create)
{
	char jti[TOKEN_JTI_MAX + 1];
	struct token t = {0};
	struct buf text = {0};
	struct store *st = NULL;
	struct keys *k = NULL;
	int rc = -1;

	if (fill(c, &t, e) == -1 || ctl_keys(c, &k, e) == -1 || ctl_store(c, &st, e) == -1)
		goto out;
	if (must_exist(st, t.experiment_id, e) == -1 || store_begin(st, e) == -1)
		goto out;
	if (token_issue(st, k, &t, jti, &text, e) == 0 && store_commit(st, e) == 0) {
		puts(text.data);
		rc = 0;
	}
	store_rollback(st);
out:
	buf_clear(&text);
	store_close(st);
	keys_close(k);
	return rc;
}

static void print_token(void *arg, const struct token *t)
{
	const int64_t *now_ms = arg;
	char when[CLOCK_TEXT_MAX], experiment[TEXT_ID_MAX] = "";

	if (t->experiment_id)
		text_from_id(EXPERIMENT_ID_PREFIX, t->experiment_id, experiment);
	printf("%-24s %-8s %-8s %-8s %-24s %s\n", t->jti, t->kind, t->experiment_id ? experiment : role_name(t->role), token_status(t, *now_ms),
	       clock_format(t->expires_at_ms, when), t->name);
}

COMMAND(ctl_token_list)
{
	struct token_query q = {.sort = "created_at:desc", .limit = -1};
	struct store *st;
	int64_t total, now_ms = c->now_ms;
	int rc;

	if (ctl_store(c, &st, e) == -1)
		return -1;
	printf("%-24s %-8s %-8s %-8s %-24s %s\n", "JTI", "KIND", "MAY", "STATUS", "EXPIRES", "NAME");
	rc = token_each(st, &q, now_ms, print_token, &now_ms, &total, e);
	store_close(st);
	return rc;
}

COMMAND(ctl_token_revoke)
{
	struct store *st;
	int rc = -1;

	if (ctl_store(c, &st, e) == -1)
		return -1;
	if (store_begin(st, e) == 0) {
		if (token_revoke(st, c->argument, c->now_ms, e) == 0 && store_commit(st, e) == 0)
			rc = 0;
		store_rollback(st);
	}
	store_close(st);
	return rc;
}
