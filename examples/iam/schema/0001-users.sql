-- Statements for both engines, MariaDB and SQLite; each may run twice without harm.
-- Times are ISO 8601 in UTC, so that they read and sort alike everywhere.
CREATE TABLE IF NOT EXISTS user (
  name          VARCHAR(64)  NOT NULL PRIMARY KEY,
  email         VARCHAR(255) NOT NULL,
  password_hash VARCHAR(255) NOT NULL,
  is_admin      INTEGER      NOT NULL DEFAULT 0,
  created_at    VARCHAR(24)  NOT NULL,
  updated_at    VARCHAR(24)  NOT NULL
);
