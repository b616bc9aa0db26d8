#!/usr/bin/env bash
# Builds what `make run` and `make test` need: the native programs, and the site that the server hands out. Every step
# is passed over when nothing it reads has changed. `build.sh dev`: only kinora-dev.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$ROOT"
begun=$EPOCHREALTIME

if [ "${1:-}" = dev ]; then
    cargo build --quiet -p dev
    exit 0
fi

site() {
    if ! bash dev/site.sh >"$LOGS/build-site.log" 2>&1; then
        printf 'build: the site FAILED. The end of %s:\n' "$LOGS/build-site.log" >&2
        tail -n 40 "$LOGS/build-site.log" | sed 's/^/    /' >&2
        return 1
    fi
    # What was built, and nothing when nothing was.
    grep '^build: ' "$LOGS/build-site.log" || true
}

# Side by side: at the ends of both, where one crate is left, the other has the second core.
site & site_pid=$!
failed=0
cargo build --workspace --exclude frontend --bins || failed=1
wait "$site_pid" || failed=1
[ "$failed" = 0 ] || exit 1
printf 'build: ready (%s)\n' "$(since "$begun")"
