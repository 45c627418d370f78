/* How the API shows a service: the members that health and dependencies have in common, and the newest metrics. */
#ifndef API_SERVICE_VIEW_H
#define API_SERVICE_VIEW_H

#include "api/request.h"
#include "platform/health.h"
#include "store/service.h"

#include <stdbool.h>
#include <stdint.h>

enum metric_group { GROUP_CPU = 1, GROUP_MEMORY = 2, GROUP_NETWORK = 4, GROUP_CUSTOM = 8 };

#define GROUPS_ALL 15u

/* The state at now_ms: unknown when it was not confirmed for too long. */
enum health_state service_state(const struct service *s, int64_t now_ms);
/* "5ms": whole milliseconds, one decimal below ten where it is not zero.  Returns out. */
const char *service_response_time(double ms, char *out, size_t size);
/* One object under its name; words: health_names or health_dependency_names. */
void service_put_health(struct json_out *j, const struct service *s, const char *const *words, int64_t now_ms);
/* The same for a service of the platform that nobody has looked at yet. */
void service_put_unseen(struct json_out *j, const char *name);
/* The newest metrics of these groups (GROUP_ bits). */
void service_put_live(struct json_out *j, const struct service *s, unsigned groups, int64_t interval_s, int64_t now_ms);

#endif
