#!/usr/bin/env bash
# `make bench`: end2end/bench.mjs with services of its own. ONLY=search,hop measures less, FILM=path takes real footage
# for the ladder, ROUNDS=5 repeats it more often.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$ROOT"
# What is measured is built as operators build it; the first time that takes a while. With the examples, which measure the
# jail and signatures by themselves. The same selection as everywhere: another one would unify other features.
printf 'bench: building the release …\n'
cargo build --quiet --release --workspace --exclude frontend --bin kinora-server --bin kinora-worker --example overhead --example presign
export KINORA_BIN_DIR=$CARGO_TARGET_DIR/release
exec "$CARGO_TARGET_DIR/debug/kinora-dev" exec --app -- node end2end/bench.mjs "$@"
