/* /notifications: the delivery log, and a test of it. */
#include "config.h"

#include "api/handlers.h"
#include "lib/json_in.h"
#include "platform/rule.h"
#include "platform/settings.h"
#include "store/configuration.h"
#include "store/notification.h"

#include <string.h>

static void put_item(void *arg, const struct notification *n)
{
	notification_write(arg, n);
}

int h_notification_list(struct request *q, struct response *r, struct err *e)
{
	static const char *const statuses[] = {"pending", "sent", "dropped"};
	const char *status = request_query(q, "status");
	int64_t limit, offset, total;
	bool descending = true;
	size_t sort;

	err_clear(e);
	if (status && name_index(statuses, 3, status) == 3)
		err_detail(e, "status", "Must be one of pending, sent, dropped");
	request_page(q, 100, &limit, &offset, e);
	sort = request_query_sort(q, notification_sort_names, &descending, e);
	if (err_collected(e, "Invalid query") == -1)
		return -1;
	json_object_begin(&r->json, NULL);
	json_array_begin(&r->json, "notifications");
	if (notification_each(q->app->store, status, (enum notification_sort)sort, descending, limit, offset, put_item, &r->json, &total, e) == -1)
		return -1;
	json_array_end(&r->json);
	response_page(r, total, limit, offset);
	json_object_end(&r->json);
	return 0;
}

/* The channel asked for, CHANNEL_MAX for all. */
static int read_channel(const struct request *q, enum channel *channel, struct err *e)
{
	static const char *const names[] = {"channel", NULL};
	bool present;
	const char *word;

	err_clear(e);
	*channel = CHANNEL_MAX;
	if (q->body)
		json_in_known(q->body, names, "", e);
	json_get(q->body, "channel", &present);
	if (present && (!json_get_string(q->body, "channel", &word) || (*channel = (enum channel)name_index(channel_names, CHANNEL_MAX, word)) == CHANNEL_MAX))
		err_detail(e, "channel", "Must be one of webhook, smtp");
	return err_collected(e, "Invalid request");
}

static int queue_test(struct request *q, const struct notify_config *c, enum channel channel, int64_t *id, struct err *e)
{
	struct notification n = {.channel = channel, .subject = "[FLOPY-NET] Test", .test = true, .created_at_ms = q->now_ms, .next_attempt_ms = q->now_ms};
	struct buf target = {0};
	int rc;

	settings_notify_target(c, channel, &target);
	n.target = buf_str(&target);
	rc = notification_create(q->app->store, &n, e);
	buf_clear(&target);
	*id = n.id;
	return rc;
}

/* In a transaction: one for each channel that is asked for and configured. */
static int queue_tests(struct request *q, enum channel asked, int64_t ids[CHANNEL_MAX], size_t *n, struct err *e)
{
	struct config_entry config;
	struct notify_config c;
	int i, rc = 0;

	if (config_current(q->app->store, &config, e) == -1)
		return -1;
	settings_notify(config.document, &c);
	config_entry_clear(&config);
	*n = 0;
	for (i = 0; i < CHANNEL_MAX && rc == 0; i++)
		if ((asked == CHANNEL_MAX || (int)asked == i) && settings_notify_has(&c, (enum channel)i)) {
			rc = queue_test(q, &c, (enum channel)i, &ids[*n], e);
			++*n;
		}
	settings_notify_clear(&c);
	if (rc == 0 && *n == 0)
		rc = err_set(e, ERR_CONFLICT, asked == CHANNEL_MAX ? "No channel is configured: set webhook_url, or smtp_url with mail_from and mail_to" :
								     "This channel is not configured");
	return rc;
}

int h_notification_test(struct request *q, struct response *r, struct err *e)
{
	struct store *st = q->app->store;
	int64_t ids[CHANNEL_MAX];
	enum channel channel;
	size_t i, n = 0;
	int rc;

	if (read_channel(q, &channel, e) == -1 || store_begin(st, e) == -1)
		return -1;
	rc = store_end(st, queue_tests(q, channel, ids, &n, e), e);
	if (rc == -1)
		return -1;
	r->status = 202;
	json_object_begin(&r->json, NULL);
	json_array_begin(&r->json, "notifications");
	for (i = 0; i < n && rc == 0; i++)
		rc = notification_get(st, ids[i], put_item, &r->json, e);
	json_array_end(&r->json);
	json_object_end(&r->json);
	return rc;
}
