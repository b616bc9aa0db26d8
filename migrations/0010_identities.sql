-- Signing in by accounts of other sites (OpenID Connect).

-- `provider` is 'password' or the issuer's URL: what an operator calls a provider may change, its issuer is who it is.
ALTER TABLE identities
    ADD COLUMN id text NOT NULL DEFAULT gen_random_uuid(),
    ADD COLUMN name text NOT NULL DEFAULT '',  -- what the account is called there
    ADD COLUMN last_used_at timestamptz;
CREATE UNIQUE INDEX identities_id ON identities (id);

-- Who was sent to a provider and is expected back: each row serves once, and within minutes.
CREATE TABLE sign_in_attempts (
    state_hash  bytea PRIMARY KEY,             -- SHA-256 of the state
    browser     bytea NOT NULL,                -- SHA-256 of the cookie of the browser that began it
    provider    text NOT NULL,                 -- its name in the configuration
    nonce       text NOT NULL,
    verifier    text NOT NULL,                 -- of PKCE
    next        text NOT NULL,                 -- where the person goes on
    user_id     text REFERENCES users ON DELETE CASCADE, -- whose account gets the identity; NULL for signing in
    expires_at  timestamptz NOT NULL
);
CREATE INDEX sign_in_attempts_expires_at ON sign_in_attempts (expires_at);
