-- Schema 2: attempts to bring a key back are counted.

ALTER TABLE key ADD COLUMN failures     INTEGER NOT NULL DEFAULT 0;  -- in a row, since the key last came back
ALTER TABLE key ADD COLUMN last_attempt INTEGER NOT NULL DEFAULT 0;  -- seconds since 1970-01-01 UTC

PRAGMA user_version = 2;
