-- Schema 1; schema_2.sql goes on from here. `user_version` counts schemas; `application_id` is "THNR".

CREATE TABLE subject (
    id          INTEGER PRIMARY KEY,
    name        TEXT    NOT NULL UNIQUE,
    enrolled_at INTEGER NOT NULL               -- seconds since 1970-01-01 UTC, of the latest enrolment
) STRICT;

CREATE TABLE record (
    subject  INTEGER NOT NULL REFERENCES subject (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,                 -- 0, 1, … in the order of enrolment
    epoch    INTEGER NOT NULL,                 -- epoch of the store key, as in the record itself
    sealed   BLOB    NOT NULL,                 -- thenar-protect's record format
    PRIMARY KEY (subject, position)
) STRICT, WITHOUT ROWID;

CREATE INDEX record_epoch ON record (epoch);

CREATE TABLE key (
    name   TEXT PRIMARY KEY NOT NULL,
    helper BLOB NOT NULL                       -- public helper data of thenar-key
) STRICT, WITHOUT ROWID;

PRAGMA application_id = 0x54484E52;
PRAGMA user_version = 1;
