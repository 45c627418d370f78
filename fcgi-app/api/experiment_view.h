/* How an experiment is shown: the members of the reference and those added to them.  Only reads; called inside one read transaction. */
#ifndef API_EXPERIMENT_VIEW_H
#define API_EXPERIMENT_VIEW_H

#include "api/request.h"
#include "store/experiment.h"

#define VIEW_TIMELINE_MAX 100 /* newest entries shown in the detail; GET …/timeline has all */
#define VIEW_CLIENTS_MAX 200

/* One item of a list, as an object without a name; curve: with accuracy_curve. */
int experiment_view_item(struct request *q, struct json_out *j, const struct experiment *x, bool curve, struct err *e);
/* The member "experiment" of a detail answer. */
int experiment_view_detail(struct request *q, struct json_out *j, const struct experiment *x, struct err *e);
/* The members of GET …/clients, as an array under name. */
int experiment_view_clients(struct request *q, struct json_out *j, const char *name, int64_t id, int64_t limit, int64_t offset, int64_t *total, struct err *e);
/* The three members of network_settings, null where none is given (settings may be NULL). */
void experiment_view_network(struct json_out *j, const struct json_object *settings);
/* One entry of a timeline; the first argument is a struct json_out, as the store's callbacks want it. */
struct timeline_entry;
void experiment_view_timeline_entry(void *json_out, const struct timeline_entry *t);

/* May the action be asked for in this status, also of this engine (NULL: not known)? */
bool experiment_view_may(const struct engine *g, enum status status, enum action a);
/* "pause, stop" or "none".  Returns out. */
const char *experiment_view_allowed(const struct engine *g, enum status status, char *out, size_t size);

#endif
