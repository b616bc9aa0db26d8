-- Captions that owners add to their films. They belong to the film, not to a build, and stand in place of those in the
-- same language that came with it.

CREATE TABLE captions (
    video_id   text NOT NULL REFERENCES videos ON DELETE CASCADE,
    language   text NOT NULL,              -- BCP 47, as domain::language spells it
    label      text NOT NULL,              -- what they are called
    object     text NOT NULL,              -- the id in its key: others in their place have another
    cues       int NOT NULL,
    added_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (video_id, language)
);

ALTER TABLE videos ADD COLUMN captions_version bigint NOT NULL DEFAULT 0; -- raised by every change of a film's captions

ALTER TABLE texts ADD COLUMN cues int;     -- how many there are; NULL of those that an earlier worker stored
