-- What experiments stand on and only the monitor can find out: whether each engine can be started, and which policies the policy engine has.

-- One row an engine that is configured.  Written by the monitor alone.
CREATE TABLE engine (
	name TEXT PRIMARY KEY,                 -- of conf/engines/NAME.json
	available INTEGER NOT NULL,            -- 1: it can be started
	reason TEXT,                           -- why not, in words; NULL when it can
	version TEXT,                          -- as its check says; NULL: it has no check, or does not say
	checked_at_ms INTEGER NOT NULL
) WITHOUT ROWID;

-- What a worker asks the monitor to look at afresh, where what is stored is too old to refuse somebody by.
CREATE TABLE inquiry (
	topic TEXT PRIMARY KEY CHECK (topic IN ('engines', 'policies')),
	asked_at_ms INTEGER NOT NULL DEFAULT 0,
	answered_at_ms INTEGER NOT NULL DEFAULT 0 -- beginning of the newest look whose outcome is stored: good for every question asked until then
) WITHOUT ROWID;
INSERT INTO inquiry (topic) VALUES ('engines'), ('policies');

-- The policies of the policy engine as it last gave them; one row.
CREATE TABLE policy_list (
	id INTEGER PRIMARY KEY CHECK (id = 1),
	policies TEXT NOT NULL DEFAULT '[]',   -- JSON array of {id, name}
	listed_at_ms INTEGER,                  -- when; NULL: never, or the policy engine is another one now
	tried_at_ms INTEGER,                   -- newest attempt
	reason TEXT                            -- why the newest attempt came to nothing; NULL: it did not
);
INSERT INTO policy_list (id) VALUES (1);

-- Experiments with policies that nobody could verify yet, and that are not over.
CREATE INDEX experiment_unverified ON experiment (id) WHERE instr(policy_status, '"unverified"') > 0
	AND status NOT IN ('completed', 'stopped', 'aborted', 'failed');
