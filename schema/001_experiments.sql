-- The first schema: experiments and what happens to them, the event log, who may do what, configuration.
-- Times are Unix milliseconds UTC (`*_ms`); NULL means: has not happened.  Files of this directory are only ever appended to.

-- One row an experiment.  The row is the truth that lists show, so what a list shows needs no join.
CREATE TABLE experiment (
	id INTEGER PRIMARY KEY AUTOINCREMENT,  -- shown as exp_001; AUTOINCREMENT: a deleted number is never given again
	name TEXT NOT NULL,                    -- free text, 1 to 200 code points
	scenario TEXT NOT NULL,                -- name of conf/scenarios/NAME.json
	engine TEXT NOT NULL,                  -- name of conf/engines/NAME.json
	status TEXT NOT NULL CHECK (status IN ('created', 'queued', 'starting', 'running', 'pausing', 'paused', 'resuming', 'stopping', 'aborting',
		'completed', 'stopped', 'aborted', 'failed')),
	configuration TEXT NOT NULL,           -- JSON object, after defaults; what the engine gets
	network_settings TEXT NOT NULL,        -- JSON object as the user gave it ({} for none)
	not_applied TEXT NOT NULL DEFAULT '[]',-- JSON array: settings the engine said it cannot honour
	policies TEXT NOT NULL,                -- JSON array of names
	policy_status TEXT NOT NULL,           -- JSON object name -> unverified | verified | unknown
	tags TEXT NOT NULL DEFAULT '[]',       -- JSON array of short strings
	notes TEXT NOT NULL DEFAULT '',
	clients_count INTEGER NOT NULL,        -- configuration.clients, 0 where the engine has no such member
	rounds_total INTEGER NOT NULL,         -- configuration.rounds
	rounds_completed INTEGER NOT NULL DEFAULT 0,
	current_round INTEGER NOT NULL DEFAULT 0, -- the round in progress or the last one; 0 before the first
	accuracy REAL,                         -- global, after the last completed round, 0..1
	loss REAL,
	bytes_total INTEGER NOT NULL DEFAULT 0,-- both ways, all completed rounds
	waiting_for TEXT,                      -- JSON object {what, needed, present, detail} while nothing moves
	failure TEXT,                          -- why it failed, in words
	created_by TEXT NOT NULL,              -- subject of the token
	created_at_ms INTEGER NOT NULL,
	scheduled_at_ms INTEGER,               -- not before this time, while queued
	queued_at_ms INTEGER,
	started_at_ms INTEGER,                 -- the engine's first confirmation
	finished_at_ms INTEGER,
	status_since_ms INTEGER NOT NULL,
	paused_total_ms INTEGER NOT NULL DEFAULT 0, -- sum of ended pauses
	updated_at_ms INTEGER NOT NULL
);
-- Lists are sorted by any of these with the id as tie-break; 100,000 rows must cost no more than ten.
CREATE INDEX experiment_created ON experiment (created_at_ms, id);
CREATE INDEX experiment_status ON experiment (status, created_at_ms, id);
CREATE INDEX experiment_scenario ON experiment (scenario, created_at_ms, id);
CREATE INDEX experiment_name ON experiment (name, id);
CREATE INDEX experiment_accuracy ON experiment (accuracy, id);
CREATE INDEX experiment_loss ON experiment (loss, id);
CREATE INDEX experiment_started ON experiment (started_at_ms, id);
CREATE INDEX experiment_finished ON experiment (finished_at_ms, id);
CREATE INDEX experiment_rounds ON experiment (rounds_completed, id);

-- Numbers of rows by status, kept by triggers: count(*) over 100,000 rows costs more than the page it stands beside.
CREATE TABLE experiment_count (
	status TEXT PRIMARY KEY,
	n INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TRIGGER experiment_count_insert AFTER INSERT ON experiment BEGIN
	INSERT INTO experiment_count (status, n) VALUES (new.status, 1) ON CONFLICT (status) DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER experiment_count_delete AFTER DELETE ON experiment BEGIN
	UPDATE experiment_count SET n = n - 1 WHERE status = old.status;
END;
CREATE TRIGGER experiment_count_status AFTER UPDATE OF status ON experiment WHEN old.status <> new.status BEGIN
	UPDATE experiment_count SET n = n - 1 WHERE status = old.status;
	INSERT INTO experiment_count (status, n) VALUES (new.status, 1) ON CONFLICT (status) DO UPDATE SET n = n + 1;
END;

-- One row a run that was started: where its process and its events are.  At most one run an experiment.
CREATE TABLE run (
	experiment_id INTEGER PRIMARY KEY REFERENCES experiment (id) ON DELETE CASCADE,
	dir TEXT NOT NULL,                     -- absolute path of the run directory
	pid INTEGER,                           -- NULL until started; a remote engine has none
	pid_start_ticks INTEGER,               -- /proc/PID/stat field 22: tells a process from a later one of the same number
	read_offset INTEGER NOT NULL DEFAULT 0,-- bytes of events.jsonl whose effects are committed
	last_seq INTEGER NOT NULL DEFAULT 0,   -- newest event number whose effects are committed
	bad_lines INTEGER NOT NULL DEFAULT 0,
	heard_at_ms INTEGER NOT NULL,          -- when the newest event was read (not the engine's clock)
	last_error TEXT,                       -- newest `error` event, the reason if the run fails
	engine_state TEXT CHECK (engine_state IN ('running', 'paused', 'completed', 'stopped', 'aborted', 'failed')), -- what the engine last said it is in; NULL: nothing yet
	ended INTEGER NOT NULL DEFAULT 0       -- 1: nothing more will be read
);
CREATE INDEX run_open ON run (experiment_id) WHERE ended = 0; -- what a restarted monitor attaches to

CREATE TABLE round (
	experiment_id INTEGER NOT NULL REFERENCES experiment (id) ON DELETE CASCADE,
	round INTEGER NOT NULL,                -- from 1
	status TEXT NOT NULL CHECK (status IN ('running', 'completed', 'dropped')),
	started_at_ms INTEGER,
	completed_at_ms INTEGER,
	accuracy REAL,
	loss REAL,
	duration_ms INTEGER,                   -- the engine's own measure, without pauses where it knows
	clients INTEGER,                       -- that took part
	failed_clients INTEGER,
	bytes INTEGER,                         -- both ways
	PRIMARY KEY (experiment_id, round)
) WITHOUT ROWID;

-- The newest state of each client of an experiment.
CREATE TABLE client (
	experiment_id INTEGER NOT NULL REFERENCES experiment (id) ON DELETE CASCADE,
	client TEXT NOT NULL,                  -- the engine's name for it: client_001
	status TEXT NOT NULL CHECK (status IN ('idle', 'training', 'transferring', 'finished', 'lost')),
	round INTEGER,                         -- the round it last worked in
	rounds_count INTEGER NOT NULL DEFAULT 0, -- rounds it has finished
	accuracy REAL,
	loss REAL,
	samples INTEGER,
	train_ms INTEGER,                      -- in its last round
	transfer_ms INTEGER,
	bytes_total INTEGER NOT NULL DEFAULT 0,-- both ways, all rounds
	detail TEXT,
	last_update_ms INTEGER NOT NULL,
	PRIMARY KEY (experiment_id, client)
) WITHOUT ROWID;

-- What each client did in each round: the table behind "who slows the round down".
CREATE TABLE client_round (
	experiment_id INTEGER NOT NULL REFERENCES experiment (id) ON DELETE CASCADE,
	round INTEGER NOT NULL,
	client TEXT NOT NULL,
	status TEXT NOT NULL,
	accuracy REAL,
	loss REAL,
	samples INTEGER,
	train_ms INTEGER,
	transfer_ms INTEGER,
	bytes INTEGER,
	PRIMARY KEY (experiment_id, round, client)
) WITHOUT ROWID;

-- What people read under "timeline"; kept as long as the experiment (the event log below is not).
CREATE TABLE timeline (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	experiment_id INTEGER NOT NULL REFERENCES experiment (id) ON DELETE CASCADE,
	at_ms INTEGER NOT NULL,
	event TEXT NOT NULL,                   -- experiment_created, experiment_started, round_completed, …
	details TEXT NOT NULL,                 -- one sentence
	actor TEXT                             -- who did it; NULL: the engine or the monitor
);
CREATE INDEX timeline_experiment ON timeline (experiment_id, id);

CREATE TABLE artifact (
	experiment_id INTEGER NOT NULL REFERENCES experiment (id) ON DELETE CASCADE,
	name TEXT NOT NULL,                    -- file in the run directory
	kind TEXT NOT NULL,
	description TEXT,
	created_at_ms INTEGER NOT NULL,
	PRIMARY KEY (experiment_id, name)
) WITHOUT ROWID;

-- What the API asks of the monitor.  The worker inserts a row and waits for its outcome; the monitor never deletes one that is pending.
CREATE TABLE command (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	experiment_id INTEGER NOT NULL REFERENCES experiment (id) ON DELETE CASCADE,
	action TEXT NOT NULL CHECK (action IN ('start', 'pause', 'resume', 'stop', 'abort')),
	reason TEXT,
	actor TEXT NOT NULL,
	created_at_ms INTEGER NOT NULL,
	status TEXT NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'sent', 'done', 'refused')), -- sent: the engine was told, has not confirmed
	sent_at_ms INTEGER,
	done_at_ms INTEGER,
	message TEXT                           -- of a refusal: why
);
CREATE INDEX command_open ON command (status) WHERE status IN ('pending', 'sent');
CREATE INDEX command_experiment ON command (experiment_id, id);

-- The log of changes: what flopynet-stream and long polls send.  A row is written in the transaction of the change it reports,
-- so it exists if and only if the change does.  Pruned by count and age.
CREATE TABLE event (
	id INTEGER PRIMARY KEY AUTOINCREMENT,  -- the cursor; rises in commit order
	at_ms INTEGER NOT NULL,
	topic TEXT NOT NULL CHECK (topic IN ('experiments', 'metrics', 'alerts')),
	type TEXT NOT NULL,                    -- experiment_update, metrics_update, alert
	experiment_id INTEGER,                 -- for the filter; NULL where it is about none
	data TEXT NOT NULL                     -- the message's data, a JSON object
);
CREATE INDEX event_at ON event (at_ms);

CREATE TABLE idempotency (
	subject TEXT NOT NULL,                 -- the token's subject: keys of different people do not meet
	key TEXT NOT NULL,
	body_sha256 BLOB NOT NULL,
	experiment_id INTEGER NOT NULL,        -- what the first request made
	created_at_ms INTEGER NOT NULL,        -- kept 24 hours
	PRIMARY KEY (subject, key)
) WITHOUT ROWID;
CREATE INDEX idempotency_created ON idempotency (created_at_ms);

CREATE TABLE user (
	name TEXT PRIMARY KEY,
	password TEXT NOT NULL,                -- crypt(5), yescrypt
	role TEXT NOT NULL CHECK (role IN ('viewer', 'operator', 'admin')),
	disabled INTEGER NOT NULL DEFAULT 0,
	created_at_ms INTEGER NOT NULL,
	last_login_ms INTEGER
) WITHOUT ROWID;

-- Every token that was made here.  A token whose row says revoked, or whose row is missing, is not good.
CREATE TABLE token (
	jti TEXT PRIMARY KEY,
	kind TEXT NOT NULL CHECK (kind IN ('api', 'session', 'engine')),
	name TEXT NOT NULL,                    -- what for, for people
	subject TEXT NOT NULL,
	role TEXT NOT NULL CHECK (role IN ('none', 'viewer', 'operator', 'admin')),
	experiment_id INTEGER,                 -- an engine's token is good for this experiment only
	created_at_ms INTEGER NOT NULL,
	expires_at_ms INTEGER NOT NULL,
	revoked_at_ms INTEGER,
	created_by TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX token_expires ON token (expires_at_ms);

-- The configuration that people change while the system runs.  Append-only: the newest row is in force, the rows before it are its history.
CREATE TABLE config (
	version INTEGER PRIMARY KEY AUTOINCREMENT,
	document TEXT NOT NULL,                -- JSON object, complete
	difference TEXT NOT NULL,              -- JSON array of {path, from, to}
	author TEXT NOT NULL,
	at_ms INTEGER NOT NULL
);
