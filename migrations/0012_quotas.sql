-- What one person's films may take together, where that isn't what their role says.
ALTER TABLE users
    ADD COLUMN quota_bytes bigint CHECK (quota_bytes >= 0),
    ADD COLUMN quota_films bigint CHECK (quota_films >= 0);
