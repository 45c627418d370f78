/* The whole REST surface.  A literal part is listed before a :part that would match it too; the first row that fits is taken. */
#include "config.h"

#include "api/routes.h"

#include "api/handlers.h"
#include "lib/mem.h"

const struct route routes[] = {
	/* method, pattern, who, rate, largest body, cached for, query parameters, handler */
	{METHOD_GET, "/experiments", ACCESS_VIEWER, RATE_STANDARD, 0, CACHE_TILL_CHANGE, "status scenario q limit offset sort", h_experiment_list},
	{METHOD_POST, "/experiments", ACCESS_OPERATOR, RATE_STANDARD, 64 * KIB, 0, "", h_experiment_create},
	{METHOD_GET, "/experiments/:id", ACCESS_VIEWER, RATE_STANDARD, 0, CACHE_TILL_CHANGE, "", h_experiment_get},
	{METHOD_PATCH, "/experiments/:id", ACCESS_OPERATOR, RATE_STANDARD, 64 * KIB, 0, "", h_experiment_edit},
	{METHOD_DELETE, "/experiments/:id", ACCESS_OPERATOR, RATE_STANDARD, 0, 0, "", h_experiment_delete},
	{METHOD_POST, "/experiments/:id/control", ACCESS_OPERATOR, RATE_STANDARD, 64 * KIB, 0, "", h_experiment_control},
	{METHOD_POST, "/experiments/:id/clone", ACCESS_OPERATOR, RATE_STANDARD, 64 * KIB, 0, "", h_experiment_clone},
	{METHOD_GET, "/experiments/:id/rounds", ACCESS_VIEWER, RATE_STANDARD, 0, CACHE_TILL_CHANGE, "after limit offset format", h_round_list},
	{METHOD_GET, "/experiments/:id/clients", ACCESS_VIEWER, RATE_STANDARD, 0, CACHE_TILL_CHANGE, "limit offset format", h_client_list},
	{METHOD_GET, "/experiments/:id/timeline", ACCESS_VIEWER, RATE_STANDARD, 0, CACHE_TILL_CHANGE, "limit offset", h_timeline_list},
	{METHOD_GET, "/experiments/:id/logs", ACCESS_VIEWER, RATE_STANDARD, 0, 0, "lines", h_log_tail},
	{METHOD_GET, "/experiments/:id/artifacts", ACCESS_VIEWER, RATE_STANDARD, 0, 0, "limit offset sort", h_artifact_list},
	{METHOD_GET, "/experiments/:id/artifacts/:name", ACCESS_VIEWER, RATE_STANDARD, 0, 0, "", h_artifact_get},
	{METHOD_POST, "/experiments/:id/events", ACCESS_ENGINE, RATE_STANDARD, 256 * KIB, 0, "", h_run_report},
	{METHOD_GET, "/health", ACCESS_OPEN, RATE_STANDARD, 0, 250, "", h_health_get},
	{METHOD_GET, "/scenarios", ACCESS_VIEWER, RATE_STANDARD, 0, CACHE_TILL_CHANGE, "limit offset sort", h_scenario_list},
	{METHOD_GET, "/scenarios/:name", ACCESS_VIEWER, RATE_STANDARD, 0, CACHE_TILL_CHANGE, "", h_scenario_get},
	{METHOD_GET, "/engines", ACCESS_VIEWER, RATE_STANDARD, 0, CACHE_TILL_CHANGE, "limit offset sort", h_engine_list},
};
const size_t routes_n = ARRAY_LEN(routes);
