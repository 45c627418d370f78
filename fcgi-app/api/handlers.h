/* Every handler; one h_<resource>.c each.  See request.h for what they get. */
#ifndef API_HANDLERS_H
#define API_HANDLERS_H

#include "api/request.h"

#define HANDLER(name) int name(struct request *q, struct response *r, struct err *e)

/* h_experiment.c */
HANDLER(h_experiment_list);
HANDLER(h_experiment_create);
HANDLER(h_experiment_get);
HANDLER(h_experiment_edit);
HANDLER(h_experiment_delete);
HANDLER(h_experiment_clone);
/* h_control.c */
HANDLER(h_experiment_control);
/* h_run.c */
HANDLER(h_round_list);
HANDLER(h_client_list);
HANDLER(h_timeline_list);
HANDLER(h_log_tail);
HANDLER(h_artifact_list);
HANDLER(h_artifact_get);
HANDLER(h_run_report);
/* h_event.c */
HANDLER(h_event_list);
/* h_contract.c */
HANDLER(h_contract_json);
HANDLER(h_contract_yaml);
HANDLER(h_contract_live_yaml);
/* h_scenario.c */
HANDLER(h_scenario_list);
HANDLER(h_scenario_get);
HANDLER(h_engine_list);
/* h_health.c */
HANDLER(h_health_get);
HANDLER(h_dependency_list);
HANDLER(h_health_history);
/* h_metrics.c */
HANDLER(h_metrics_live);
HANDLER(h_metrics_history);
/* h_prometheus.c */
HANDLER(h_metrics_prometheus);
/* h_session.c */
HANDLER(h_session_create);
HANDLER(h_session_delete);
HANDLER(h_session_get);
/* h_token.c */
HANDLER(h_token_list);
HANDLER(h_token_create);
HANDLER(h_token_revoke);
/* h_user.c */
HANDLER(h_user_list);
HANDLER(h_user_create);
HANDLER(h_user_edit);
HANDLER(h_user_delete);
/* h_config.c */
HANDLER(h_config_get);
HANDLER(h_config_change);
HANDLER(h_config_describe);
HANDLER(h_config_history);
HANDLER(h_config_revert);
/* h_alert.c */
HANDLER(h_alert_list);
HANDLER(h_alert_get);
HANDLER(h_alert_acknowledge);
HANDLER(h_alert_resolve);
/* h_rule.c */
HANDLER(h_rule_list);
HANDLER(h_rule_create);
HANDLER(h_rule_replace);
HANDLER(h_rule_delete);
/* h_silence.c */
HANDLER(h_silence_list);
HANDLER(h_silence_create);
HANDLER(h_silence_delete);
/* h_notification.c */
HANDLER(h_notification_list);
HANDLER(h_notification_test);

#endif
