-- What opens a film that isn't for everybody: a password, or a share link. Sessions hold keys by their id: a password that is
-- changed is another key.

CREATE TABLE keys (
    id           text PRIMARY KEY,
    video_id     text NOT NULL REFERENCES videos ON DELETE CASCADE,
    kind         text NOT NULL CHECK (kind IN ('password', 'link')),
    password     text,                     -- of a password: argon2id in PHC format
    token_hash   bytea UNIQUE,             -- of a link: SHA-256 of what stands in its address
    label        text NOT NULL DEFAULT '', -- of a link: what its owner calls it
    created_at   timestamptz NOT NULL DEFAULT now(),
    expires_at   timestamptz,              -- NULL: never
    last_used_at timestamptz,
    uses         bigint NOT NULL DEFAULT 0,
    CHECK ((kind = 'password') = (password IS NOT NULL)),
    CHECK ((kind = 'link') = (token_hash IS NOT NULL))
);
CREATE INDEX keys_video ON keys (video_id);
CREATE UNIQUE INDEX keys_one_password ON keys (video_id) WHERE kind = 'password';

-- domain::video::Visibility. A film behind a password is a private one that has a password's key, so that a server of an
-- earlier version, which knows nothing of passwords, keeps it closed.
CREATE FUNCTION audience(film videos) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN film.visibility = 'private'
            AND EXISTS (SELECT FROM keys WHERE keys.video_id = film.id AND keys.kind = 'password') THEN 'password'
        ELSE film.visibility
    END
$$;
