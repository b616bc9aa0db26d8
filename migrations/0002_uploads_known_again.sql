-- An upload is known again by its file's content, and its parts are held to their checksums.

ALTER TABLE uploads
    ADD COLUMN fingerprint text,                             -- domain::fingerprint; NULL: its client doesn't tell
    ADD COLUMN has_checksums boolean NOT NULL DEFAULT false; -- every part is sent with its SHA-256

-- A file has one session at a time, in whatever tab, browser or computer it was begun.
CREATE UNIQUE INDEX uploads_fingerprint ON uploads (owner_id, fingerprint) WHERE state IN ('open', 'completing');
