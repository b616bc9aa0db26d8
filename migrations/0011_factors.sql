-- What somebody signs in with besides a password: codes of an app, recovery codes, passkeys.

-- An app's secret. It counts once a code of it was right.
CREATE TABLE totp (
    user_id      text PRIMARY KEY REFERENCES users ON DELETE CASCADE,
    secret       bytea NOT NULL,               -- sealed with a key of KINORA_SECRET_KEY
    last_step    bigint NOT NULL DEFAULT 0,    -- the 30 seconds whose code was used last: none is used twice
    created_at   timestamptz NOT NULL DEFAULT now(),
    confirmed_at timestamptz
);

CREATE TABLE recovery_codes (
    user_id    text NOT NULL REFERENCES users ON DELETE CASCADE,
    hash       bytea NOT NULL,                 -- SHA-256: a code has 120 random bits
    created_at timestamptz NOT NULL DEFAULT now(),
    used_at    timestamptz,
    PRIMARY KEY (user_id, hash)
);

CREATE TABLE passkeys (
    id            text PRIMARY KEY,
    user_id       text NOT NULL REFERENCES users ON DELETE CASCADE,
    credential_id bytea NOT NULL UNIQUE,
    credential    jsonb NOT NULL,              -- public key and counter, as webauthn-rs writes them
    name          text NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT now(),
    last_used_at  timestamptz
);
CREATE INDEX passkeys_user_id ON passkeys (user_id);

-- What a browser was asked to sign. Each is answered once.
CREATE TABLE ceremonies (
    hash       bytea PRIMARY KEY,              -- SHA-256 of what the browser's session holds
    user_id    text REFERENCES users ON DELETE CASCADE, -- NULL: who it is is what the answer tells
    state      jsonb NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX ceremonies_expires_at ON ceremonies (expires_at);
CREATE INDEX ceremonies_user_id ON ceremonies (user_id);
