-- What a user signs authorization requests with. The key must be readable, for the signature is an HMAC.
CREATE TABLE IF NOT EXISTS secret (
  id          VARCHAR(36)  NOT NULL PRIMARY KEY,
  owner       VARCHAR(64)  NOT NULL,
  name        VARCHAR(64)  NOT NULL,
  secret_key  VARCHAR(64)  NOT NULL,
  description VARCHAR(255) NOT NULL,
  expires_at  VARCHAR(24)  NOT NULL,
  created_at  VARCHAR(24)  NOT NULL,
  updated_at  VARCHAR(24)  NOT NULL,
  UNIQUE (owner, name)
);
