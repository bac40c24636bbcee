"""The tables of the four databases, step by step.

A step is never changed, since there are files that have taken it: what a table needs further is a new step at
the end of its list (`docs/store.md`, Schema). Statements are separated by `;;`, since a trigger's body has
semicolons of its own.
"""

from __future__ import annotations

from typing import Final

RECORDS_FILE: Final = "records.sqlite"
RECORDS_APPLICATION_ID: Final = 0x53657261
REGISTRY_APPLICATION_ID: Final = 0x53657262
ROLLUPS_APPLICATION_ID: Final = 0x53657263
TALLIES_APPLICATION_ID: Final = 0x53657264

RECORDS_STEPS: Final = (
    """
CREATE TABLE sources (
  id INTEGER PRIMARY KEY, node TEXT NOT NULL, epoch TEXT NOT NULL, UNIQUE (node, epoch)
) STRICT;;
CREATE TABLE origins (
  id INTEGER PRIMARY KEY, source INTEGER NOT NULL REFERENCES sources, community TEXT NOT NULL,
  garden TEXT NOT NULL, series TEXT NOT NULL, UNIQUE (source, community, garden, series)
) STRICT;;
CREATE INDEX origins_by_series ON origins (series, community, garden);;
CREATE INDEX origins_by_garden ON origins (community, garden);;
CREATE TABLE layouts (id INTEGER PRIMARY KEY, columns TEXT NOT NULL UNIQUE) STRICT;;
CREATE TABLE details (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE) STRICT;;
CREATE TABLE records (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  supersedes INTEGER,
  origin INTEGER NOT NULL,
  layout INTEGER,
  seq INTEGER NOT NULL,
  boot INTEGER,
  uptime_s INTEGER,
  time_s INTEGER,
  uncertainty_s INTEGER NOT NULL,
  flags INTEGER NOT NULL,
  body BLOB NOT NULL,
  probe_table TEXT,
  journal INTEGER NOT NULL,
  detail INTEGER
) STRICT;;
CREATE TRIGGER records_never_change BEFORE UPDATE ON records
BEGIN SELECT raise(ABORT, 'the table of records is append-only: a revision is a new row'); END;;
CREATE TRIGGER records_never_go BEFORE DELETE ON records
BEGIN SELECT raise(ABORT, 'the table of records is append-only: no row is ever deleted'); END;;
CREATE TABLE keys (
  source INTEGER NOT NULL, seq INTEGER NOT NULL, hash BLOB NOT NULL, damaged INTEGER NOT NULL,
  record INTEGER, letter INTEGER, PRIMARY KEY (source, seq)
) STRICT, WITHOUT ROWID;;
CREATE TABLE timeline (
  origin INTEGER NOT NULL, time_s INTEGER NOT NULL, id INTEGER NOT NULL, PRIMARY KEY (origin, time_s, id)
) STRICT, WITHOUT ROWID;;
CREATE TABLE undated (
  source INTEGER NOT NULL, boot INTEGER NOT NULL, id INTEGER NOT NULL, PRIMARY KEY (source, boot, id)
) STRICT, WITHOUT ROWID;;
CREATE TABLE anchors (
  source INTEGER NOT NULL, boot INTEGER NOT NULL, id INTEGER NOT NULL, PRIMARY KEY (source, boot, id)
) STRICT, WITHOUT ROWID;;
CREATE TABLE anchored (
  source INTEGER NOT NULL, boot INTEGER NOT NULL, id INTEGER NOT NULL, PRIMARY KEY (source, boot, id)
) STRICT, WITHOUT ROWID;;
CREATE TABLE bracketed (
  source INTEGER NOT NULL, boot INTEGER NOT NULL, id INTEGER NOT NULL, PRIMARY KEY (source, boot, id)
) STRICT, WITHOUT ROWID;;
CREATE TABLE brackets (
  source INTEGER NOT NULL, boot INTEGER NOT NULL, start_s INTEGER NOT NULL, uncertainty_s INTEGER NOT NULL,
  before_seq INTEGER NOT NULL, after_seq INTEGER NOT NULL, PRIMARY KEY (source, boot)
) STRICT, WITHOUT ROWID;;
CREATE TABLE result_heads (
  scope TEXT NOT NULL, scope_id TEXT NOT NULL, name TEXT NOT NULL, period TEXT NOT NULL,
  start_s INTEGER NOT NULL, grouped TEXT NOT NULL, target TEXT NOT NULL, id INTEGER NOT NULL,
  PRIMARY KEY (scope, scope_id, name, period, start_s, grouped, target)
) STRICT, WITHOUT ROWID;;
CREATE TABLE dead_letters (
  id INTEGER PRIMARY KEY AUTOINCREMENT, journal INTEGER NOT NULL, reason TEXT NOT NULL, detail TEXT NOT NULL,
  topic TEXT NOT NULL, payload BLOB NOT NULL, node TEXT NOT NULL, epoch TEXT NOT NULL, seqs TEXT NOT NULL,
  received_s INTEGER NOT NULL, state TEXT NOT NULL
) STRICT;;
CREATE INDEX dead_letters_by_state ON dead_letters (state, reason, node);;
CREATE INDEX dead_letters_by_journal ON dead_letters (journal);;
CREATE INDEX dead_letters_by_node ON dead_letters (node, state, id);;
CREATE TABLE repeats (source INTEGER PRIMARY KEY, count INTEGER NOT NULL) STRICT;;
CREATE TABLE repeated (journal INTEGER PRIMARY KEY, records INTEGER NOT NULL) STRICT;;
CREATE TABLE ignored (journal INTEGER PRIMARY KEY, reason TEXT NOT NULL) STRICT;;
CREATE TABLE deliveries (
  mid INTEGER PRIMARY KEY, connection INTEGER NOT NULL, hash BLOB NOT NULL
) STRICT;;
CREATE TABLE extents (
  source INTEGER PRIMARY KEY, community TEXT NOT NULL, next INTEGER NOT NULL, top INTEGER NOT NULL,
  lowest_seq INTEGER NOT NULL, next_seq INTEGER NOT NULL, boot INTEGER, changed INTEGER NOT NULL,
  missing_since_s INTEGER
) STRICT;;
CREATE TABLE probe_tables (
  community TEXT NOT NULL, node TEXT NOT NULL, id TEXT NOT NULL, probes TEXT NOT NULL,
  PRIMARY KEY (community, node, id)
) STRICT, WITHOUT ROWID;;
CREATE TABLE probe_table_sources (
  node TEXT NOT NULL, id TEXT NOT NULL, source INTEGER NOT NULL, PRIMARY KEY (node, id, source)
) STRICT, WITHOUT ROWID;;
CREATE TABLE jobs (
  node TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, from_s INTEGER NOT NULL,
  position INTEGER NOT NULL, again INTEGER NOT NULL, PRIMARY KEY (node, kind, name)
) STRICT, WITHOUT ROWID;;
CREATE INDEX jobs_of_letters ON jobs (node, name) WHERE kind = 'letters';;
CREATE TABLE cursors (name TEXT PRIMARY KEY, position INTEGER NOT NULL) STRICT, WITHOUT ROWID;;
CREATE TABLE followers (
  name TEXT PRIMARY KEY, wish TEXT NOT NULL, state TEXT NOT NULL, reason TEXT NOT NULL,
  since_s INTEGER NOT NULL
) STRICT, WITHOUT ROWID;;
CREATE TABLE refused_lines (
  id INTEGER PRIMARY KEY AUTOINCREMENT, follower TEXT NOT NULL, record INTEGER NOT NULL, reason TEXT NOT NULL,
  line TEXT NOT NULL, UNIQUE (follower, record, line)
) STRICT;;
CREATE TABLE removals (
  id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, before_s INTEGER NOT NULL, rows INTEGER NOT NULL,
  at_s INTEGER NOT NULL, author TEXT NOT NULL
) STRICT;;
CREATE TABLE removed_records (
  source INTEGER NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (source, seq)
) STRICT, WITHOUT ROWID;;
CREATE TABLE erased_rows (id INTEGER PRIMARY KEY, erasure INTEGER NOT NULL) STRICT;;
CREATE TABLE begun (
  sender TEXT NOT NULL, kind TEXT NOT NULL, item TEXT NOT NULL, day INTEGER NOT NULL,
  PRIMARY KEY (sender, kind, item)
) STRICT, WITHOUT ROWID;;
CREATE INDEX begun_by_day ON begun (sender, kind, day);;
CREATE TABLE excess (
  sender TEXT NOT NULL, kind TEXT NOT NULL, day INTEGER NOT NULL, messages INTEGER NOT NULL,
  bytes INTEGER NOT NULL, PRIMARY KEY (sender, kind, day)
) STRICT, WITHOUT ROWID;;
CREATE TABLE statuses (
  node TEXT PRIMARY KEY, state TEXT NOT NULL, next_contact_s INTEGER, firmware TEXT NOT NULL, config INTEGER,
  refused TEXT NOT NULL, heard_s INTEGER
) STRICT, WITHOUT ROWID;;
CREATE TABLE clock_behind (
  first INTEGER PRIMARY KEY, last INTEGER NOT NULL, latest_ns INTEGER NOT NULL, behind_ns INTEGER NOT NULL
) STRICT;;
CREATE TABLE foreign_keys (
  source INTEGER NOT NULL, key TEXT NOT NULL, is_read INTEGER NOT NULL, last_s INTEGER NOT NULL,
  PRIMARY KEY (source, key)
) STRICT, WITHOUT ROWID;;
CREATE TABLE results (
  id INTEGER PRIMARY KEY,
  scope TEXT NOT NULL, scope_id TEXT NOT NULL, index_name TEXT NOT NULL, period TEXT NOT NULL,
  start_s INTEGER NOT NULL, group_name TEXT NOT NULL, target TEXT NOT NULL, end_s INTEGER NOT NULL,
  value REAL, low REAL, high REAL, unit TEXT NOT NULL, confidence REAL NOT NULL,
  effort_h REAL, n INTEGER NOT NULL, n_of TEXT NOT NULL, coverage REAL, good_share REAL,
  method TEXT NOT NULL, version TEXT NOT NULL, seed INTEGER, detail TEXT NOT NULL,
  reason TEXT GENERATED ALWAYS AS (json_extract(detail, '$.reason.code')) VIRTUAL
) STRICT;;
CREATE VIEW current_results AS SELECT r.* FROM result_heads h JOIN results r ON r.id = h.id;;
CREATE TRIGGER results_never_change BEFORE UPDATE ON results
BEGIN SELECT raise(ABORT, 'the table of results is append-only: a new figure is a new row'); END;;
CREATE TRIGGER results_never_go BEFORE DELETE ON results
WHEN EXISTS (SELECT 1 FROM records WHERE id = old.id)
BEGIN SELECT raise(ABORT, 'the table of results is append-only: no row is ever deleted'); END;;
CREATE TRIGGER results_go_with_their_change AFTER DELETE ON records WHEN old.layout IS NULL
BEGIN DELETE FROM results WHERE id = old.id; END
""",
    """
CREATE TABLE withdrawals (
  node TEXT NOT NULL, epoch TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (node, epoch, seq)
) STRICT, WITHOUT ROWID
""",
    """
CREATE TABLE result_times (made_s INTEGER PRIMARY KEY, last_id INTEGER NOT NULL) STRICT
""",
)

REGISTRY_STEPS: Final = (
    """
CREATE TABLE entries (
  number INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, id TEXT NOT NULL,
  valid_from_s INTEGER NOT NULL, recorded_s INTEGER NOT NULL, author TEXT NOT NULL, fields TEXT NOT NULL
) STRICT;;
CREATE TRIGGER entries_never_change BEFORE UPDATE ON entries
BEGIN SELECT raise(ABORT, 'the registry is append-only: a change is a new entry'); END;;
CREATE TRIGGER entries_never_go BEFORE DELETE ON entries
BEGIN SELECT raise(ABORT, 'the registry is append-only: no entry is ever deleted'); END;;
CREATE TABLE orders (
  number INTEGER PRIMARY KEY AUTOINCREMENT, action TEXT NOT NULL, journal INTEGER NOT NULL,
  reason TEXT NOT NULL, topic TEXT, payload BLOB, applied_after INTEGER,
  recorded_s INTEGER NOT NULL, author TEXT NOT NULL
) STRICT;;
CREATE INDEX orders_by_journal ON orders (journal);;
CREATE TRIGGER orders_never_change BEFORE UPDATE ON orders
WHEN old.applied_after IS NOT NULL OR new.number <> old.number OR new.action <> old.action
  OR new.journal <> old.journal OR new.reason <> old.reason OR new.topic IS NOT old.topic
  OR new.payload IS NOT old.payload
BEGIN SELECT raise(ABORT, 'an order is taken once and never changes: give another one'); END;;
CREATE TRIGGER orders_never_go BEFORE DELETE ON orders
BEGIN SELECT raise(ABORT, 'orders are append-only: none is ever deleted'); END;;
CREATE TABLE backups (
  id TEXT PRIMARY KEY, path TEXT NOT NULL, created_s INTEGER NOT NULL, holds TEXT NOT NULL,
  is_encrypted INTEGER NOT NULL
) STRICT;;
CREATE TABLE erasures (
  number INTEGER PRIMARY KEY AUTOINCREMENT, what TEXT NOT NULL, reason TEXT NOT NULL, author TEXT NOT NULL,
  recorded_s INTEGER NOT NULL, records INTEGER NOT NULL, finished_s INTEGER
) STRICT;;
CREATE TABLE erased_messages (
  journal INTEGER PRIMARY KEY, erasure INTEGER NOT NULL REFERENCES erasures
) STRICT
""",
)

ROLLUPS_STEPS: Final = (
    """
CREATE TABLE places (
  id INTEGER PRIMARY KEY, node TEXT NOT NULL, community TEXT NOT NULL, garden TEXT NOT NULL,
  series TEXT NOT NULL, timezone TEXT NOT NULL, UNIQUE (node, community, garden, series)
) STRICT;;
CREATE INDEX places_by_garden ON places (garden, series);;
CREATE TABLE layouts (id INTEGER PRIMARY KEY, columns TEXT NOT NULL UNIQUE) STRICT;;
CREATE TABLE days (
  place INTEGER NOT NULL REFERENCES places, day INTEGER NOT NULL, layout INTEGER NOT NULL REFERENCES layouts,
  cells BLOB NOT NULL, hours BLOB NOT NULL, PRIMARY KEY (place, day)
) STRICT;;
CREATE TABLE progress (
  id INTEGER PRIMARY KEY CHECK (id = 1), position INTEGER NOT NULL, fingerprint TEXT NOT NULL,
  registry_version INTEGER NOT NULL, kept_before_s INTEGER NOT NULL
) STRICT;;
INSERT INTO progress VALUES (1, 0, '', -1, 0)
""",
    # Days are made again in the present form of cells, but for those whose records are gone.
    """
ALTER TABLE days ADD COLUMN form INTEGER NOT NULL DEFAULT 1;;
UPDATE progress SET position=0, fingerprint='', registry_version=-1
""",
)

TALLIES_STEPS: Final = (
    """
CREATE TABLE months (
  garden TEXT NOT NULL, month INTEGER NOT NULL, basis TEXT NOT NULL, marks BLOB NOT NULL, body BLOB NOT NULL,
  PRIMARY KEY (garden, month)
) STRICT;;
CREATE TABLE standings (garden TEXT PRIMARY KEY, basis TEXT NOT NULL, body BLOB NOT NULL) STRICT;;
CREATE TABLE made (
  scope TEXT NOT NULL, scope_id TEXT NOT NULL, body BLOB NOT NULL, PRIMARY KEY (scope, scope_id)
) STRICT;;
CREATE TABLE progress (
  id INTEGER PRIMARY KEY CHECK (id = 1), position INTEGER NOT NULL, sealed INTEGER NOT NULL,
  fingerprint TEXT NOT NULL
) STRICT;;
INSERT INTO progress VALUES (1, 0, 0, '')
""",
)
