-- What scripts need to be sure of what they do.

-- Raised by whatever an owner changes of a film, so that somebody who edits what has changed meanwhile can be told. By a
-- trigger: an older server's edits count, too.
ALTER TABLE videos ADD COLUMN version bigint NOT NULL DEFAULT 1;

CREATE FUNCTION video_version_raise() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.version := OLD.version + 1;
    RETURN NEW;
END $$;
CREATE TRIGGER videos_version
    BEFORE UPDATE OF title, description, visibility, downloadable, poster, captions_version, deleted_at ON videos
    FOR EACH ROW EXECUTE FUNCTION video_version_raise();

-- Calls that were made with an Idempotency-Key, and what they were answered: whoever repeats one within a day gets the same
-- answer, and nothing is made twice.
CREATE TABLE idempotency_keys (
    user_id      text NOT NULL REFERENCES users ON DELETE CASCADE,
    key_hash     bytea NOT NULL,            -- SHA-256 of the key
    request_hash bytea NOT NULL,            -- SHA-256 of method, path and body
    begun_at     timestamptz NOT NULL DEFAULT now(),
    status       int,                       -- of the answer; NULL while it is being found
    body         bytea,
    PRIMARY KEY (user_id, key_hash)
);
CREATE INDEX idempotency_keys_begun_at ON idempotency_keys (begun_at);
