#!/usr/bin/env bash
# `make soak`: end2end/soak.mjs with services of its own.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$ROOT"
if [ ! -e "end2end/soak.mjs" ]; then
    echo "soak: end2end/soak.mjs is not there yet" >&2
    exit 1
fi
exec "$CARGO_TARGET_DIR/debug/kinora-dev" exec --app -- node end2end/soak.mjs
