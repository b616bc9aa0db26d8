-- Who has watched what, how often a film was watched, and what goes out of the house.

ALTER TABLE videos
    ADD COLUMN views bigint NOT NULL DEFAULT 0,              -- counted; added to by a sweep, from visits
    ADD COLUMN downloadable boolean NOT NULL DEFAULT false;  -- whether others may have the original

-- A visit of a film's page in which it is played. Kept for a day, so that none counts twice. Nothing refers to the film:
-- that would lock its row for every visitor.
CREATE TABLE visits (
    video_id  text NOT NULL,
    key_hash  bytea NOT NULL,                 -- SHA-256 of the key that the browser made up
    needed_ms bigint NOT NULL,                -- of watching, until it counts
    begun_at  timestamptz NOT NULL DEFAULT now(),
    counted   boolean NOT NULL DEFAULT false,
    added     boolean NOT NULL DEFAULT false, -- to the film's views
    PRIMARY KEY (video_id, key_hash)
);
CREATE INDEX visits_begun_at ON visits (begun_at);
CREATE INDEX visits_to_add ON visits (video_id) WHERE counted AND NOT added;

-- Where somebody goes on who watched a part of a film.
CREATE TABLE watch_positions (
    user_id     text NOT NULL REFERENCES users ON DELETE CASCADE,
    video_id    text NOT NULL REFERENCES videos ON DELETE CASCADE,
    position_ms bigint NOT NULL,
    kept_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, video_id)
);
CREATE INDEX watch_positions_video ON watch_positions (video_id);
