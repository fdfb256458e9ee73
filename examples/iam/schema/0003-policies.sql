CREATE TABLE IF NOT EXISTS policy (
  owner      VARCHAR(64) NOT NULL,
  name       VARCHAR(64) NOT NULL,
  document   TEXT        NOT NULL,
  created_at VARCHAR(24) NOT NULL,
  updated_at VARCHAR(24) NOT NULL,
  PRIMARY KEY (owner, name)
);
