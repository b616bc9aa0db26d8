-- Storages take their time to join the parts of a large file, and deny meanwhile that they have any.

ALTER TABLE uploads
    ADD COLUMN completing_at timestamptz; -- when it was first asked to join them; NULL: it never was
