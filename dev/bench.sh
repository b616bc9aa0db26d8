#!/usr/bin/env bash
# `make bench`: end2end/bench.mjs with services of its own. ONLY=search,hop measures less, FILM=path takes real footage
# for the ladder, ROUNDS=5 repeats it more often.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$ROOT"
# What measures the jail by itself. The same selection as everywhere: another one would unify other features.
cargo build --quiet --workspace --exclude frontend --example overhead --example presign
exec "$CARGO_TARGET_DIR/debug/kinora-dev" exec --app -- node end2end/bench.mjs "$@"
