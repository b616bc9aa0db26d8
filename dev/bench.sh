#!/usr/bin/env bash
# `make bench`: end2end/bench.mjs with services of its own. ONLY=search,hop measures less, FILM=path takes real footage
# for the ladder, ROUNDS=5 repeats it more often.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$ROOT"
exec "$CARGO_TARGET_DIR/debug/kinora-dev" exec --app -- node end2end/bench.mjs "$@"
