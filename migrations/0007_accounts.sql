-- Who may do what: roles, invitations, sessions that end, tokens with scopes, and the log of it.

ALTER TABLE users
    -- domain::actor::Role. Accounts from before there were roles keep what they could do.
    ADD COLUMN role text NOT NULL DEFAULT 'uploader' CHECK (role IN ('viewer', 'uploader', 'moderator', 'admin')),
    ADD COLUMN disabled_at timestamptz;        -- signed out everywhere, and can't sign in

-- A link that lets somebody make an account.
CREATE TABLE invitations (
    id          text PRIMARY KEY,
    token_hash  bytea NOT NULL UNIQUE,         -- SHA-256 of what stands in its address
    role        text NOT NULL CHECK (role IN ('viewer', 'uploader', 'moderator', 'admin')),
    note        text NOT NULL DEFAULT '',      -- whom it is for, in the words of whoever made it
    is_first    bool NOT NULL DEFAULT false,   -- printed by a server without an admin: worth nothing once there is one
    created_by  text REFERENCES users ON DELETE CASCADE,
    created_at  timestamptz NOT NULL DEFAULT now(),
    expires_at  timestamptz NOT NULL,
    used_by     text REFERENCES users ON DELETE SET NULL,
    used_at     timestamptz,
    CHECK (is_first = (created_by IS NULL))
);

ALTER TABLE sessions
    ADD COLUMN address text,                   -- where it was used last
    ADD COLUMN signed_in_at timestamptz;       -- however much it is used, it ends some time after that

-- Tokens of scripts. Rows of an earlier version are access tokens for everything, as they were.
ALTER TABLE access_tokens
    ADD COLUMN id text NOT NULL DEFAULT gen_random_uuid(),
    ADD COLUMN kind text NOT NULL DEFAULT 'access' CHECK (kind IN ('access', 'refresh', 'personal')),
    ADD COLUMN family text,                    -- one sign-in's access and refresh tokens
    ADD COLUMN name text NOT NULL DEFAULT '',  -- of a personal one: what the person calls it
    ADD COLUMN scopes text[] NOT NULL DEFAULT '{read,upload,manage,admin}',
    ADD COLUMN last_used_at timestamptz,
    ADD COLUMN used_at timestamptz,            -- of a refresh token: when the next one was given for it
    ALTER COLUMN expires_at DROP NOT NULL;     -- of a personal one: NULL is never
CREATE UNIQUE INDEX access_tokens_id ON access_tokens (id);
CREATE INDEX access_tokens_user_id ON access_tokens (user_id);
CREATE INDEX access_tokens_family ON access_tokens (family) WHERE family IS NOT NULL;

-- What happened to accounts and by whom. It outlives them, so nothing is referenced.
CREATE TABLE audit (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at         timestamptz NOT NULL DEFAULT now(),
    event      text NOT NULL,
    actor      text,                           -- who did it; NULL is nobody who is known
    account    text,                           -- whose account it is about
    name       text,                           -- that account's name at the time
    object     text,                           -- a film, say, or a token
    details    jsonb NOT NULL DEFAULT '{}',
    address    text
);
CREATE INDEX audit_account ON audit (account, id DESC);
CREATE INDEX audit_at ON audit (at);

-- Written once. What is older than it has to be kept goes by a transaction that says so.
CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND current_setting('kinora.audit_retention', true) = 'on' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'the audit log is append-only';
END $$;
CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON audit
    FOR EACH ROW EXECUTE FUNCTION audit_is_append_only();
CREATE TRIGGER audit_never_emptied BEFORE TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only();
