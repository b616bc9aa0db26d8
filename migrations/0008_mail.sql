-- Addresses that were confirmed, the mails that ask for it, and the devices that people sign in from.

ALTER TABLE users
    ADD COLUMN email_verified_at timestamptz; -- when its owner opened a link that was sent there; NULL: nobody did yet

-- Whoever writes an address down has no claim to it yet: it belongs to the one account that has confirmed it.
DROP INDEX users_email_key;
CREATE UNIQUE INDEX users_verified_email_key ON users (lower(email)) WHERE email_verified_at IS NOT NULL;

-- Mails that wait to be sent. None holds a secret: a link's is made when it is sent, and only its hash is kept.
CREATE TABLE mails (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind       text NOT NULL,                    -- platform::mail::Kind
    user_id    text REFERENCES users ON DELETE CASCADE, -- whom it is about; NULL while only `about` says it
    about      text NOT NULL,                    -- an address; of a forgotten password what was typed
    created_at timestamptz NOT NULL DEFAULT now(),
    due_at     timestamptz NOT NULL DEFAULT now(), -- when it is tried next
    attempts   int NOT NULL DEFAULT 0
);
CREATE INDEX mails_due_at ON mails (due_at);
CREATE INDEX mails_user_id ON mails (user_id);

-- What links in mails say: each opens one thing, once.
CREATE TABLE email_tokens (
    hash       bytea PRIMARY KEY,                -- SHA-256 of what stands in the link
    user_id    text NOT NULL REFERENCES users ON DELETE CASCADE,
    kind       text NOT NULL CHECK (kind IN ('verify', 'reset', 'change_old', 'change_new')),
    email      text NOT NULL,                    -- the address that it is about; of a change the new one
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    used_at    timestamptz                       -- of a change that the other address has yet to confirm
);
CREATE UNIQUE INDEX email_tokens_one_of_a_kind ON email_tokens (user_id, kind);
CREATE INDEX email_tokens_email ON email_tokens (lower(email));

-- From where somebody has signed in: wrong passwords from elsewhere don't lock them out there.
CREATE TABLE known_places (
    user_id   text NOT NULL REFERENCES users ON DELETE CASCADE,
    hash      bytea NOT NULL,                    -- SHA-256 of a browser's mark, or of a network
    last_seen timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, hash)
);
