-- What is watched: the services and dependencies of the platform, how they were, and what they measured.
-- Written by the monitor alone.

-- One row a service or dependency: how it is now.  What the API shows needs no other table.
CREATE TABLE service (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	name TEXT NOT NULL UNIQUE,             -- fl_server, redis …; the name in the configuration
	title TEXT,                            -- for people; NULL: the name
	kind TEXT NOT NULL,                    -- which driver asks: fl_server, http, redis …
	role TEXT NOT NULL CHECK (role IN ('service', 'dependency', 'dashboard')), -- dashboard: this system itself, metrics only
	position INTEGER NOT NULL,             -- order of display
	state TEXT NOT NULL CHECK (state IN ('healthy', 'degraded', 'unhealthy', 'unknown', 'not_configured')),
	since_ms INTEGER,                      -- start of this state
	found INTEGER NOT NULL DEFAULT 0,      -- 1: it has been well once at this address
	target TEXT NOT NULL DEFAULT '',       -- kind and address that the state is about: another one starts afresh
	response_time_ms REAL,                 -- of the newest answer
	version TEXT,                          -- as the service says
	issues TEXT NOT NULL DEFAULT '[]',     -- JSON array of sentences
	failures INTEGER NOT NULL DEFAULT 0,   -- in a row
	successes INTEGER NOT NULL DEFAULT 0,  -- in a row
	interval_ms INTEGER NOT NULL,
	last_check_ms INTEGER,                 -- end of the newest check, answered or not
	next_check_ms INTEGER,                 -- NULL: none is planned
	observed_at_ms INTEGER,                -- when it last answered
	data TEXT NOT NULL DEFAULT '{}',       -- JSON object: the newest metrics, numbers, texts, booleans and nulls
	data_at_ms INTEGER,                    -- when they were true
	removed_at_ms INTEGER                  -- taken out of the configuration; kept until its samples have gone
);

-- Changes of state.
CREATE TABLE service_change (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	service_id INTEGER NOT NULL REFERENCES service (id) ON DELETE CASCADE,
	at_ms INTEGER NOT NULL,
	until_ms INTEGER,                      -- when the next one came; NULL: it is the newest
	state TEXT NOT NULL,
	previous TEXT NOT NULL,
	issues TEXT NOT NULL,                  -- JSON array, at that moment
	response_time_ms REAL
);
CREATE INDEX service_change_service ON service_change (service_id, at_ms, id);
CREATE INDEX service_change_at ON service_change (at_ms);

-- What was measured: one row a check, all numbers of it in one JSON object, so that a row costs one page and a new metric no new schema.
-- No foreign key: fifty services a second write here, and a service is deleted only when its samples are gone.
CREATE TABLE sample (
	service_id INTEGER NOT NULL,
	at_ms INTEGER NOT NULL,
	data TEXT NOT NULL,                    -- {"cpu_usage":45.2,…}
	PRIMARY KEY (service_id, at_ms)
) WITHOUT ROWID;

-- The same a minute and an hour: {"cpu_usage":[count, least, greatest, sum],…} of what lies in [at_ms, at_ms + 60,000 or 3,600,000).
CREATE TABLE sample_minute (
	service_id INTEGER NOT NULL,
	at_ms INTEGER NOT NULL,
	data TEXT NOT NULL,
	PRIMARY KEY (service_id, at_ms)
) WITHOUT ROWID;
CREATE TABLE sample_hour (
	service_id INTEGER NOT NULL,
	at_ms INTEGER NOT NULL,
	data TEXT NOT NULL,
	PRIMARY KEY (service_id, at_ms)
) WITHOUT ROWID;

-- How far each level is: below done_until_ms it is complete, and below kept_from_ms it is pruned.
CREATE TABLE sample_level (
	level TEXT PRIMARY KEY CHECK (level IN ('sample', 'minute', 'hour')),
	done_until_ms INTEGER NOT NULL DEFAULT 0, -- of sample: not used
	kept_from_ms INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
INSERT INTO sample_level (level) VALUES ('sample'), ('minute'), ('hour');
