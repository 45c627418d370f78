/* The whole REST surface.  A literal part is listed before a :part that would match it too; the first row that fits is taken. */
#include "config.h"

#include "api/routes.h"

#include "api/handlers.h"
#include "lib/mem.h"

const struct route routes[] = {
	/* method, pattern, who, rate, largest body, cached for, query parameters, handler */
	{METHOD_GET, "/events", ACCESS_ENGINE_READ, RATE_STANDARD, 0, 0, "after wait topics experiment_ids limit", h_event_list},
	{METHOD_GET, "/experiments", ACCESS_VIEWER, RATE_STANDARD, 0, CACHE_TILL_CHANGE, "status active scenario q curves limit offset sort", h_experiment_list},
	{METHOD_POST, "/experiments", ACCESS_OPERATOR, RATE_STANDARD, 64 * KIB, 0, "", h_experiment_create},
	{METHOD_GET, "/experiments/:id", ACCESS_ENGINE_READ, RATE_STANDARD, 0, CACHE_TILL_CHANGE, "", h_experiment_get},
	{METHOD_PATCH, "/experiments/:id", ACCESS_OPERATOR, RATE_STANDARD, 64 * KIB, 0, "", h_experiment_edit},
	{METHOD_DELETE, "/experiments/:id", ACCESS_OPERATOR, RATE_STANDARD, 0, 0, "", h_experiment_delete},
	{METHOD_POST, "/experiments/:id/control", ACCESS_OPERATOR, RATE_STANDARD, 64 * KIB, 0, "", h_experiment_control},
	{METHOD_POST, "/experiments/:id/clone", ACCESS_OPERATOR, RATE_STANDARD, 64 * KIB, 0, "", h_experiment_clone},
	{METHOD_GET, "/experiments/:id/rounds", ACCESS_ENGINE_READ, RATE_STANDARD, 0, CACHE_TILL_CHANGE, "after limit offset format", h_round_list},
	{METHOD_GET, "/experiments/:id/clients", ACCESS_ENGINE_READ, RATE_STANDARD, 0, CACHE_TILL_CHANGE, "limit offset format", h_client_list},
	{METHOD_GET, "/experiments/:id/timeline", ACCESS_ENGINE_READ, RATE_STANDARD, 0, CACHE_TILL_CHANGE, "rounds limit offset", h_timeline_list},
	{METHOD_GET, "/experiments/:id/logs", ACCESS_ENGINE_READ, RATE_STANDARD, 0, 0, "lines", h_log_tail},
	{METHOD_GET, "/experiments/:id/artifacts", ACCESS_ENGINE_READ, RATE_STANDARD, 0, 0, "limit offset sort", h_artifact_list},
	{METHOD_GET, "/experiments/:id/artifacts/:name", ACCESS_ENGINE_READ, RATE_STANDARD, 0, 0, "", h_artifact_get},
	{METHOD_POST, "/experiments/:id/events", ACCESS_ENGINE, RATE_STANDARD, 256 * KIB, 0, "", h_run_report},
	{METHOD_GET, "/health", ACCESS_OPEN, RATE_STANDARD, 0, 250, "", h_health_get},
	{METHOD_GET, "/openapi.json", ACCESS_OPEN, RATE_STANDARD, 0, CACHE_TILL_CHANGE, "", h_contract_json},
	{METHOD_GET, "/openapi.yaml", ACCESS_OPEN, RATE_STANDARD, 0, CACHE_TILL_CHANGE, "", h_contract_yaml},
	{METHOD_GET, "/asyncapi.yaml", ACCESS_OPEN, RATE_STANDARD, 0, CACHE_TILL_CHANGE, "", h_contract_live_yaml},
	{METHOD_GET, "/health/dependencies", ACCESS_VIEWER, RATE_STANDARD, 0, 250, "", h_dependency_list},
	{METHOD_GET, "/health/:service/history", ACCESS_VIEWER, RATE_STANDARD, 0, 1000, "from to limit offset sort", h_health_history},
	{METHOD_GET, "/metrics/live", ACCESS_VIEWER, RATE_LIVE, 0, 250, "services metrics interval", h_metrics_live},
	{METHOD_GET, "/metrics/history", ACCESS_VIEWER, RATE_STANDARD, 0, 1000, "service metric from to step format", h_metrics_history},
	{METHOD_GET, "/metrics/prometheus", ACCESS_VIEWER, RATE_STANDARD, 0, 250, "", h_metrics_prometheus},
	{METHOD_GET, "/scenarios", ACCESS_VIEWER, RATE_STANDARD, 0, 1000, "limit offset sort", h_scenario_list},
	{METHOD_GET, "/scenarios/:name", ACCESS_VIEWER, RATE_STANDARD, 0, 1000, "", h_scenario_get},
	{METHOD_GET, "/engines", ACCESS_VIEWER, RATE_STANDARD, 0, 1000, "limit offset sort", h_engine_list},
	{METHOD_POST, "/auth/login", ACCESS_OPEN, RATE_STANDARD, 8 * KIB, 0, "", h_session_create},
	{METHOD_POST, "/auth/logout", ACCESS_KNOWN, RATE_STANDARD, 1 * KIB, 0, "", h_session_delete},
	{METHOD_GET, "/auth/me", ACCESS_KNOWN, RATE_STANDARD, 0, 0, "", h_session_get},
	{METHOD_GET, "/tokens", ACCESS_ADMIN, RATE_STANDARD, 0, 1000, "status kind limit offset sort", h_token_list},
	{METHOD_POST, "/tokens", ACCESS_ADMIN, RATE_STANDARD, 8 * KIB, 0, "", h_token_create},
	{METHOD_DELETE, "/tokens/:jti", ACCESS_ADMIN, RATE_STANDARD, 0, 0, "", h_token_revoke},
	{METHOD_GET, "/users", ACCESS_ADMIN, RATE_STANDARD, 0, CACHE_TILL_CHANGE, "limit offset sort", h_user_list},
	{METHOD_POST, "/users", ACCESS_ADMIN, RATE_STANDARD, 8 * KIB, 0, "", h_user_create},
	{METHOD_PATCH, "/users/:name", ACCESS_ADMIN, RATE_STANDARD, 8 * KIB, 0, "", h_user_edit},
	{METHOD_DELETE, "/users/:name", ACCESS_ADMIN, RATE_STANDARD, 0, 0, "", h_user_delete},
	{METHOD_GET, "/config", ACCESS_VIEWER, RATE_STANDARD, 0, CACHE_TILL_CHANGE, "", h_config_get},
	{METHOD_PUT, "/config", ACCESS_ADMIN, RATE_STANDARD, 64 * KIB, 0, "dry_run", h_config_change},
	{METHOD_GET, "/config/settings", ACCESS_VIEWER, RATE_STANDARD, 0, CACHE_TILL_CHANGE, "", h_config_describe},
	{METHOD_GET, "/config/history", ACCESS_VIEWER, RATE_STANDARD, 0, CACHE_TILL_CHANGE, "limit offset sort", h_config_history},
	{METHOD_POST, "/config/revert", ACCESS_ADMIN, RATE_STANDARD, 64 * KIB, 0, "dry_run", h_config_revert},
	/* A silence ends without any change in the store, so what shows one is kept for a second. */
	{METHOD_GET, "/alerts", ACCESS_VIEWER, RATE_STANDARD, 0, 1000, "severity status open service experiment_id rule_id from to limit offset sort", h_alert_list},
	{METHOD_GET, "/alerts/:id", ACCESS_VIEWER, RATE_STANDARD, 0, 1000, "", h_alert_get},
	{METHOD_POST, "/alerts/:id/acknowledge", ACCESS_OPERATOR, RATE_STANDARD, 64 * KIB, 0, "", h_alert_acknowledge},
	{METHOD_POST, "/alerts/:id/resolve", ACCESS_OPERATOR, RATE_STANDARD, 64 * KIB, 0, "", h_alert_resolve},
	{METHOD_GET, "/alert-rules", ACCESS_VIEWER, RATE_STANDARD, 0, CACHE_TILL_CHANGE, "limit offset sort", h_rule_list},
	{METHOD_POST, "/alert-rules", ACCESS_OPERATOR, RATE_STANDARD, 64 * KIB, 0, "dry_run", h_rule_create},
	{METHOD_PUT, "/alert-rules/:id", ACCESS_OPERATOR, RATE_STANDARD, 64 * KIB, 0, "dry_run", h_rule_replace},
	{METHOD_DELETE, "/alert-rules/:id", ACCESS_OPERATOR, RATE_STANDARD, 0, 0, "", h_rule_delete},
	{METHOD_GET, "/silences", ACCESS_VIEWER, RATE_STANDARD, 0, 1000, "active limit offset sort", h_silence_list},
	{METHOD_POST, "/silences", ACCESS_OPERATOR, RATE_STANDARD, 64 * KIB, 0, "", h_silence_create},
	{METHOD_DELETE, "/silences/:id", ACCESS_OPERATOR, RATE_STANDARD, 0, 0, "", h_silence_delete},
	{METHOD_GET, "/notifications", ACCESS_ADMIN, RATE_STANDARD, 0, CACHE_TILL_CHANGE, "status limit offset sort", h_notification_list},
	{METHOD_POST, "/notifications/test", ACCESS_ADMIN, RATE_STANDARD, 64 * KIB, 0, "", h_notification_test},
};
const size_t routes_n = ARRAY_LEN(routes);
