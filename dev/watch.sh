#!/usr/bin/env bash
# `make dev`: services and a worker, and the server rebuilt and reloaded by cargo-leptos at every change.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$ROOT"
export PATH=$ROOT/node_modules/.bin:$PATH
if ! command -v cargo-leptos >/dev/null; then
    echo "dev: installing cargo-leptos (once, several minutes) …"
    (
        # It may need a newer compiler than ours; Debian's is one where the set-up needed it.
        if [ -x /usr/bin/rustc ]; then export RUSTC=/usr/bin/rustc; fi
        CARGO_PROFILE_DEV_DEBUG=0 CARGO_TARGET_DIR=$CACHE/target-tools cargo install --locked --debug --root "$TOOLS" \
            --no-default-features --features no_downloads cargo-leptos
    )
    rm -rf "$CACHE/target-tools"
fi
# The site's own compiler for the wasm half, and a target folder apart: cargo-leptos sets variables that leptos is
# built from.
. "$CACHE/wasm.env"
export CARGO_TARGET_DIR=$CACHE/target-leptos
export KINORA_BIN_DIR=$CACHE/target/debug KINORA_SITE_ROOT=$ROOT/target/site
if [ -e frontend/player/build.mjs ]; then
    mkdir -p target/site/pkg
    node frontend/player/build.mjs target/site/pkg
fi
exec "$CACHE/target/debug/kinora-dev" services --worker -- cargo leptos watch --split
