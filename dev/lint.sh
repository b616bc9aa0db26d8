#!/usr/bin/env bash
# Formatting and lints, native and wasm.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$ROOT"
cargo fmt --all --check
cargo clippy --quiet --workspace --exclude frontend --all-targets --keep-going -- -D warnings
# The wasm half may need another compiler, whose own clippy is not always there; the check then denies warnings alone.
(
    . "$CACHE/wasm.env"
    export CARGO_TARGET_DIR=$CACHE/target-wasm
    if [ -z "${RUSTC:-}" ]; then
        cargo clippy --quiet -p frontend --target wasm32-unknown-unknown -- -D warnings
    else
        RUSTFLAGS="-D warnings" CARGO_TARGET_DIR=$CACHE/target-wasm-lint \
            cargo check --quiet -p frontend --target wasm32-unknown-unknown
    fi
)
