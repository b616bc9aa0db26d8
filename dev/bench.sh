#!/usr/bin/env bash
# `make bench`: end2end/bench.mjs with services of its own.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$ROOT"
if [ ! -e "end2end/bench.mjs" ]; then
    echo "bench: end2end/bench.mjs is not there yet" >&2
    exit 1
fi
exec "$CARGO_TARGET_DIR/debug/kinora-dev" exec --app -- node end2end/bench.mjs
