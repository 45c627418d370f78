/* POST /experiments/:id/events: what an engine on another machine reports. */
#include "config.h"

#include "api/handlers.h"
#include "lib/json_in.h"
#include "store/run.h"

int h_run_report(struct request *q, struct response *r, struct err *e)
{
	static const char *const names[] = {"events", NULL};
	struct json_object *events;
	struct run_reported done;
	int64_t id;

	if (request_experiment_id(q, &id, e) == -1)
		return -1;
	err_clear(e);
	events = json_get(q->body, "events", NULL);
	if (q->body)
		json_in_known(q->body, names, "", e);
	if (!json_object_is_type(events, json_type_array) || json_object_array_length(events) == 0 || json_object_array_length(events) > RUN_REPORT_MAX)
		err_detail(e, "events", "Must be a list of 1 to %d events", RUN_REPORT_MAX);
	if (err_collected(e, "Invalid report") == -1 || run_report(q->app->store, id, events, q->now_ms, &done, e) == -1)
		return -1;
	json_object_begin(&r->json, NULL);
	json_put_i64(&r->json, "accepted", done.accepted);
	json_put_i64(&r->json, "last_seq", done.last_seq);
	json_put_string(&r->json, "desired", done.desired);
	json_object_end(&r->json);
	return 0;
}
