/* The statements' texts by number; see sql.h. */
#include "config.h"

#include "store/sql.h"

/* Columns in the order that experiment.c reads them. */
#define EXPERIMENT_COLUMNS \
	"id, name, scenario, engine, status, configuration, network_settings, not_applied, policies, policy_status, tags, notes, " \
	"clients_count, rounds_total, rounds_completed, current_round, accuracy, loss, bytes_total, waiting_for, failure, created_by, " \
	"created_at_ms, scheduled_at_ms, queued_at_ms, started_at_ms, finished_at_ms, status_since_ms, paused_total_ms, updated_at_ms"

/* Columns in the order that service.c reads them. */
#define SERVICE_COLUMNS \
	"id, name, title, kind, role, position, state, since_ms, found, target, response_time_ms, version, issues, failures, successes, interval_ms, " \
	"last_check_ms, next_check_ms, observed_at_ms, data, data_at_ms"

const char *const sql_texts[SQL_MAX] = {
#define SQL(name, text) [SQL_##name] = text,
#include "store/sql.def"
#undef SQL
};
