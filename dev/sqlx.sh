#!/usr/bin/env bash
# Refreshes .sqlx, what the checked queries are built from: `make sqlx` runs it with a database of its own.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$ROOT"
for migration in migrations/*.sql; do
    psql "$KINORA_DATABASE_URL" -X -q -v ON_ERROR_STOP=1 -f "$migration"
done
# Written beside and then swapped: what no query needs any more goes, and a failure leaves the old ones.
rm -rf .sqlx.new
mkdir .sqlx.new
trap 'rm -rf "$ROOT/.sqlx.new"' EXIT
touch platform/src/lib.rs
# The same selection as everywhere: another one would unify other features, and compile half of the world anew.
SQLX_OFFLINE=false SQLX_OFFLINE_DIR=$ROOT/.sqlx.new DATABASE_URL=$KINORA_DATABASE_URL \
    cargo test --quiet --workspace --exclude frontend --no-run
mkdir -p .sqlx
find .sqlx -name 'query-*.json' -delete
find .sqlx.new -name 'query-*.json' -exec mv {} .sqlx/ \;
printf '.sqlx: %s queries\n' "$(find .sqlx -name 'query-*.json' | wc -l)"
