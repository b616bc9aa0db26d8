-- Ids that stand in URLs are twelve characters of base 62 (domain::id). Times are timestamptz by the database's clock.

CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS unaccent;

-- Accounts. A person may have several identities; the password is one of them, providers come beside it.

CREATE TABLE users (
    id         text PRIMARY KEY,
    username   text NOT NULL,
    email      text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX users_username_key ON users (lower(username));
CREATE UNIQUE INDEX users_email_key ON users (lower(email));

CREATE TABLE identities (
    provider   text NOT NULL,              -- 'password', later the name of an OpenID provider
    subject    text NOT NULL,              -- the provider's id of the person; for passwords the user's id
    user_id    text NOT NULL REFERENCES users ON DELETE CASCADE,
    secret     text,                       -- argon2id in PHC format for 'password'
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (provider, subject)
);
CREATE INDEX identities_user_id ON identities (user_id);

CREATE TABLE sessions (
    id_hash    bytea PRIMARY KEY,          -- SHA-256 of the id in the cookie: a stolen table opens nothing
    user_id    text REFERENCES users ON DELETE CASCADE,
    device     text,                       -- the User-Agent, shortened
    data       jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    last_seen  timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL
);
CREATE INDEX sessions_user_id ON sessions (user_id);
CREATE INDEX sessions_expires_at ON sessions (expires_at);

CREATE TABLE access_tokens (
    hash       bytea PRIMARY KEY,          -- SHA-256 of the token
    user_id    text NOT NULL REFERENCES users ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL
);

-- Attempts to sign in, counted by all server processes together: a row a key ("login:ada", "ip:…") and window.
CREATE TABLE rate_limits (
    key          text NOT NULL,
    window_start timestamptz NOT NULL,
    count        int NOT NULL,
    PRIMARY KEY (key, window_start)
);

-- Films.

CREATE TABLE videos (
    id           text PRIMARY KEY,
    owner_id     text NOT NULL REFERENCES users ON DELETE CASCADE,
    title        text NOT NULL,
    description  text NOT NULL DEFAULT '',
    visibility   text NOT NULL CHECK (visibility IN ('public', 'unlisted', 'private')),
    state        text NOT NULL CHECK (state IN ('uploading', 'queued', 'processing', 'ready', 'failed')),
    failure      text,                     -- why it failed, in words for its owner
    notices      text[] NOT NULL DEFAULT '{}',
    build_id     text,                     -- the build that is watched
    size         bigint,                   -- of the original, bytes
    duration_ms  bigint,
    width        int,
    height       int,
    poster       jsonb,                    -- domain::poster::Stored: what its owner chose, in place of its build's
    created_at   timestamptz NOT NULL DEFAULT now(),
    published_at timestamptz,              -- when it could first be watched; NULL while it can't be
    deleted_at   timestamptz
);
CREATE INDEX videos_newest ON videos (published_at DESC, id DESC)
    WHERE visibility = 'public' AND published_at IS NOT NULL AND deleted_at IS NULL;
CREATE INDEX videos_owner ON videos (owner_id, created_at DESC, id DESC);

-- What search looks through: a row a film that has been published, kept by triggers.
CREATE TABLE video_search (
    video_id text PRIMARY KEY REFERENCES videos ON DELETE CASCADE,
    title    text NOT NULL,                -- title and owner, folded (no case, no accents): for trigrams
    document tsvector NOT NULL             -- title (A), owner (B), description (C)
);
CREATE INDEX video_search_document ON video_search USING gin (document);
CREATE INDEX video_search_title ON video_search USING gin (title gin_trgm_ops);

CREATE FUNCTION fold(text) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS
    $$ SELECT lower(unaccent('unaccent', $1)) $$;

CREATE FUNCTION video_search_refresh() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    owner text;
BEGIN
    SELECT username INTO owner FROM users WHERE id = NEW.owner_id;
    INSERT INTO video_search (video_id, title, document)
    VALUES (
        NEW.id,
        fold(NEW.title || ' ' || owner),
        setweight(to_tsvector('simple', fold(NEW.title)), 'A')
            || setweight(to_tsvector('simple', fold(owner)), 'B')
            || setweight(to_tsvector('simple', fold(NEW.description)), 'C')
    )
    ON CONFLICT (video_id) DO UPDATE SET title = excluded.title, document = excluded.document;
    RETURN NULL;
END $$;
CREATE TRIGGER videos_search AFTER INSERT OR UPDATE OF title, description ON videos
    FOR EACH ROW EXECUTE FUNCTION video_search_refresh();

CREATE TABLE uploads (
    id           text PRIMARY KEY,
    video_id     text NOT NULL UNIQUE REFERENCES videos ON DELETE CASCADE,
    owner_id     text NOT NULL REFERENCES users ON DELETE CASCADE,
    file_name    text NOT NULL,
    size         bigint NOT NULL CHECK (size > 0),
    part_size    bigint NOT NULL,
    part_count   int NOT NULL,
    s3_key       text NOT NULL,
    s3_upload_id text NOT NULL,
    state        text NOT NULL CHECK (state IN ('open', 'completing', 'completed', 'aborted')),
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX uploads_owner ON uploads (owner_id, created_at DESC);
CREATE INDEX uploads_unfinished ON uploads (updated_at) WHERE state <> 'completed';

-- Work: the truth behind the doorbell.

CREATE TABLE tasks (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind         text NOT NULL,
    class        int NOT NULL DEFAULT 1,   -- 0 is urgent
    video_id     text REFERENCES videos ON DELETE CASCADE,
    build_id     text,
    chunk        int,                      -- of the build's plan; NULL: from where it stands to the end
    rendition    text,                     -- the sound that it makes
    owner_id     text,
    weight       real NOT NULL DEFAULT 0,  -- its share of the film's processing, beside the build's other tasks'
    progress     real NOT NULL DEFAULT 0,  -- 0 to 1
    outcome      jsonb,                    -- domain::plan::Outcome of one that is done
    wish         jsonb,                    -- domain::poster::Wish of one that makes a poster
    state        text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'running', 'done', 'failed', 'dead')),
    fence        bigint NOT NULL DEFAULT 0,  -- raised by every claim; every write names it
    failures     int NOT NULL DEFAULT 0,     -- raised only when the task itself went wrong
    lapses       int NOT NULL DEFAULT 0,     -- raised whenever a worker fell silent with it
    error        text,
    worker       text,
    lease_until  timestamptz,
    run_after    timestamptz NOT NULL DEFAULT now(),
    created_at   timestamptz NOT NULL DEFAULT now(),
    claimed_at   timestamptz,              -- by the last claim
    finished_at  timestamptz
);
CREATE INDEX tasks_claimable ON tasks (class, created_at) WHERE state IN ('open', 'running');
CREATE INDEX tasks_dead ON tasks (kind) WHERE state = 'dead';
CREATE INDEX tasks_video ON tasks (video_id);
CREATE INDEX tasks_build ON tasks (build_id);

CREATE TABLE builds (
    id             text PRIMARY KEY,
    video_id       text NOT NULL REFERENCES videos ON DELETE CASCADE,
    engine_version int,                    -- the first claim decides which engine makes it
    may_copy_picture boolean NOT NULL,     -- whether the original's may be taken as it is
    may_copy_sound boolean NOT NULL,       -- likewise
    plan           jsonb,                  -- domain::plan::Plan
    target_seconds int,                    -- of its playlists
    poster         jsonb,                  -- domain::poster::Stored
    waveform_fence bigint,                 -- of the claim whose waveform it is; of a film without a picture
    storyboard     jsonb,                  -- domain::storyboard::Storyboard
    progress       real NOT NULL DEFAULT 0,
    created_at     timestamptz NOT NULL DEFAULT now(),
    planned_at     timestamptz,
    finished_at    timestamptz
);
CREATE INDEX builds_video ON builds (video_id);
CREATE INDEX builds_unfinished ON builds (engine_version) WHERE finished_at IS NULL;

-- When a worker with an engine of that version was last there.
CREATE TABLE engines (
    version int PRIMARY KEY,
    seen_at timestamptz NOT NULL DEFAULT now()
);

-- What a build will be played in: known from the plan on, there once it has an init segment.
CREATE TABLE renditions (
    build_id     text NOT NULL REFERENCES builds ON DELETE CASCADE,
    position     int NOT NULL,             -- smallest picture first, the sound last
    name         text NOT NULL,            -- '1080p', 'audio'
    codecs       text NOT NULL,            -- RFC 6381
    width        int,
    height       int,
    frame_rate   double precision,
    peak_bitrate int NOT NULL,             -- bits a second that no segment exceeds
    language     text,                     -- of sound, RFC 5646
    label        text NOT NULL,            -- of sound: what it is called
    init_hash    text,                     -- of its init segment, which is the same for every chunk
    PRIMARY KEY (build_id, name)
);

-- Subtitles that came with the film: one object each, known once all of the file is read.
CREATE TABLE texts (
    build_id     text NOT NULL REFERENCES builds ON DELETE CASCADE,
    name         text NOT NULL,            -- 'text1'
    fence        bigint NOT NULL,
    PRIMARY KEY (build_id, name)
);

-- A chunk of a rendition: one object, its segments byte ranges of it. Written once, and never changed.
CREATE TABLE segments (
    build_id     text NOT NULL REFERENCES builds ON DELETE CASCADE,
    rung         text NOT NULL,
    chunk        int NOT NULL,
    fence        bigint NOT NULL,
    sizes        bigint[] NOT NULL,        -- bytes of each segment, in order
    durations_ms double precision[] NOT NULL,
    PRIMARY KEY (build_id, rung, chunk)
);

-- The doorbell's rope: written with the work, produced to Kafka by a relay.
CREATE TABLE outbox (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic      text NOT NULL,
    key        text,
    payload    jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE FUNCTION outbox_notify() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('outbox', '');
    RETURN NULL;
END $$;
CREATE TRIGGER outbox_notify AFTER INSERT ON outbox FOR EACH STATEMENT EXECUTE FUNCTION outbox_notify();
