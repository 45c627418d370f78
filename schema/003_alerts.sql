-- Being told when something is not well: rules, the alerts they raise, silences, and the messages that go out.

-- When an alert is raised.  The rules that came with the system may be changed and switched off, not deleted.
CREATE TABLE alert_rule (
	id INTEGER PRIMARY KEY AUTOINCREMENT,  -- shown as rule_001
	name TEXT NOT NULL UNIQUE,
	title TEXT NOT NULL,                   -- of its alerts; {service} and {experiment} stand for the subject
	enabled INTEGER NOT NULL,
	scope TEXT NOT NULL CHECK (scope IN ('service', 'experiment', 'platform')),
	metric TEXT NOT NULL,
	comparison TEXT NOT NULL CHECK (comparison IN ('>', '>=', '<', '<=', '==', '!=')),
	threshold REAL NOT NULL,
	clear_threshold REAL,                  -- the value must be on the good side of this one to resolve; NULL: the threshold
	critical_threshold REAL,               -- past this one the severity rises to critical; NULL: never
	for_s INTEGER NOT NULL,                -- seconds it must hold
	clear_s INTEGER NOT NULL,              -- seconds it must be gone
	severity INTEGER NOT NULL CHECK (severity BETWEEN 0 AND 2), -- info, warning, critical
	service TEXT,                          -- only this one; NULL: each
	experiment_id INTEGER,                 -- only this one; NULL: each.  No reference: a rule outlives its experiment
	built_in INTEGER NOT NULL DEFAULT 0,
	created_at_ms INTEGER NOT NULL,
	updated_at_ms INTEGER NOT NULL,
	created_by TEXT                        -- NULL: came with the system
);
INSERT INTO alert_rule (name, title, enabled, scope, metric, comparison, threshold, clear_threshold, critical_threshold, for_s, clear_s, severity, built_in,
	created_at_ms, updated_at_ms)
SELECT column1, column2, 1, column3, column4, column5, column6, column7, column8, column9, column10, column11, 1, now_ms, now_ms
FROM (SELECT CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) AS now_ms), (VALUES
	-- The probes count failures and successes in a row already, so these two need not wait again.
	('service_unhealthy', '{service} is unhealthy', 'service', 'unhealthy', '==', 1.0, NULL, NULL, 0, 10, 2),
	('service_degraded', '{service} is degraded', 'service', 'degraded', '==', 1.0, NULL, NULL, 60, 60, 1),
	('memory_high', 'High Memory Usage', 'service', 'memory_percent', '>', 80.0, 75.0, 95.0, 30, 60, 1),
	('monitor_behind', 'The monitor is behind', 'platform', 'monitor_lag_ms', '>', 5000.0, 2000.0, NULL, 10, 60, 1),
	('store_nearly_full', 'The store is nearly full', 'platform', 'store_used_percent', '>', 90.0, 85.0, 98.0, 60, 60, 1),
	('loss_not_finite', 'Loss is not a number', 'experiment', 'loss_not_finite', '==', 1.0, NULL, NULL, 0, 0, 2),
	('accuracy_flat', 'Accuracy has stopped rising', 'experiment', 'rounds_without_gain', '>=', 10.0, NULL, NULL, 0, 0, 0),
	('round_slow', 'Slow round', 'experiment', 'round_time_ratio', '>', 3.0, 2.0, NULL, 0, 0, 1),
	('client_silent', 'Silent client', 'experiment', 'client_silent_s', '>', 120.0, NULL, NULL, 0, 5, 1),
	('participation_low', 'Too few clients take part', 'experiment', 'participation_percent', '<', 50.0, NULL, NULL, 0, 0, 1),
	('run_failed', 'Experiment failed', 'experiment', 'failed', '==', 1.0, NULL, NULL, 0, 0, 1));

-- One row an episode in which a rule held.
CREATE TABLE alert (
	id INTEGER PRIMARY KEY AUTOINCREMENT,  -- shown as alert_001
	rule_id INTEGER REFERENCES alert_rule (id) ON DELETE SET NULL,
	severity INTEGER NOT NULL CHECK (severity BETWEEN 0 AND 2), -- the highest it had
	status TEXT NOT NULL CHECK (status IN ('active', 'acknowledged', 'resolved')),
	title TEXT NOT NULL,
	description TEXT NOT NULL,
	service TEXT,                          -- what it is about: a service, an experiment, or (both NULL) the platform
	experiment_id INTEGER,                 -- no reference: the alert outlives the experiment
	metric TEXT,
	threshold REAL,                        -- the one that was passed
	current_value REAL,                    -- the newest while open, then the last one
	created_at_ms INTEGER NOT NULL,
	updated_at_ms INTEGER NOT NULL,        -- of the newest change other than of current_value
	acknowledged_at_ms INTEGER,
	acknowledged_by TEXT,
	comment TEXT,                          -- of the acknowledgement
	resolved_at_ms INTEGER,
	resolved_by TEXT,                      -- NULL: by itself
	resolution TEXT,                       -- why it is over
	notice TEXT CHECK (notice IN ('opened', 'escalated', 'resolved')), -- what people are still to be told; NULL: nothing
	told INTEGER NOT NULL DEFAULT 0        -- 1: a message about it went into the outbox
);
CREATE UNIQUE INDEX alert_open ON alert (rule_id, coalesce(service, ''), coalesce(experiment_id, 0)) WHERE status <> 'resolved';
CREATE INDEX alert_created ON alert (created_at_ms, id);
CREATE INDEX alert_experiment ON alert (experiment_id, created_at_ms) WHERE experiment_id IS NOT NULL;
CREATE INDEX alert_resolved ON alert (resolved_at_ms) WHERE resolved_at_ms IS NOT NULL;
CREATE INDEX alert_unresolved ON alert (id) WHERE status <> 'resolved';
CREATE INDEX alert_notice ON alert (id) WHERE notice IS NOT NULL;

CREATE TABLE alert_history (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	alert_id INTEGER NOT NULL REFERENCES alert (id) ON DELETE CASCADE,
	at_ms INTEGER NOT NULL,
	event TEXT NOT NULL CHECK (event IN ('opened', 'acknowledged', 'escalated', 'notified', 'resolved')),
	actor TEXT,                            -- NULL: the monitor
	details TEXT NOT NULL
);
CREATE INDEX alert_history_alert ON alert_history (alert_id, id);

-- While one is in force, the alerts that match all its members that are set are not told to anybody.
CREATE TABLE silence (
	id INTEGER PRIMARY KEY AUTOINCREMENT,  -- shown as silence_001
	service TEXT,
	rule_id INTEGER,                       -- no reference: a silence outlives its rule
	experiment_id INTEGER,
	until_ms INTEGER NOT NULL,             -- ending one sets it to now
	reason TEXT NOT NULL,
	created_at_ms INTEGER NOT NULL,
	created_by TEXT NOT NULL,
	CHECK (coalesce(service, rule_id, experiment_id) IS NOT NULL)
);
CREATE INDEX silence_until ON silence (until_ms);

-- The outbox and delivery log: one row a message.  A row is committed before its first try, and its outcome after, so a message may come twice after a crash, and never not at all.
CREATE TABLE notification (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	channel TEXT NOT NULL CHECK (channel IN ('webhook', 'smtp')),
	target TEXT NOT NULL,                  -- for people: scheme and host of the webhook; the recipients
	status TEXT NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'sent', 'dropped')),
	subject TEXT NOT NULL,
	test INTEGER NOT NULL DEFAULT 0,       -- 1: asked for by a person, about no alert
	attempts INTEGER NOT NULL DEFAULT 0,
	created_at_ms INTEGER NOT NULL,
	next_attempt_ms INTEGER,               -- while pending
	sent_at_ms INTEGER,
	last_error TEXT
);
CREATE INDEX notification_due ON notification (next_attempt_ms) WHERE status = 'pending';
CREATE INDEX notification_created ON notification (created_at_ms);

CREATE TABLE notification_alert (
	notification_id INTEGER NOT NULL REFERENCES notification (id) ON DELETE CASCADE,
	alert_id INTEGER NOT NULL REFERENCES alert (id) ON DELETE CASCADE,
	change TEXT NOT NULL,                  -- opened, escalated, resolved: what it tells
	PRIMARY KEY (notification_id, alert_id)
) WITHOUT ROWID;
CREATE INDEX notification_alert_alert ON notification_alert (alert_id);
