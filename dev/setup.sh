#!/usr/bin/env bash
# Brings a fresh Debian 12 with git, a Rust toolchain and Node to where Kinora builds and runs.
# Idempotent: what is there already is passed over without a word. Never asks.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$ROOT"

# A step is a file with a `label`, a `there` (is it done?) and a `work`. Each works in a shell of its own: `set -e` is
# void inside of anything whose result is asked for.
step() {
    local file=$ROOT/dev/setup/$1.sh log=$LOGS/setup-$1.log label start
    if bash -c '. "$ROOT/dev/env.sh"; . "$0"; there' "$file" >/dev/null 2>&1; then return 0; fi
    label=$(bash -c '. "$0"; echo "$label"' "$file")
    start=$EPOCHREALTIME
    printf 'setup: %s …\n' "$label"
    if bash -c 'set -euo pipefail; . "$ROOT/dev/env.sh"; . "$0"; work' "$file" >"$log" 2>&1 </dev/null; then
        printf 'setup: %s: done in %s\n' "$label" "$(since "$start")"
    else
        printf 'setup: %s FAILED after %s. The end of %s:\n' "$label" "$(since "$start")" "$log" >&2
        tail -n 30 "$log" | sed 's/^/    /' >&2
        return 1
    fi
}

lane() { local name; for name in "$@"; do step "$name" || return 1; done; }

begun=$EPOCHREALTIME
step apt
# Downloads wait for the network while compilers want the CPU, so two lanes side by side.
lane wasm wasm-bindgen & compilers=$!
lane kafka node versitygw nginx schemathesis & downloads=$!
failed=0
wait "$compilers" || failed=1
wait "$downloads" || failed=1
[ "$failed" = 0 ] || exit 1
printf 'setup: ready (%s)\n' "$(since "$begun")"
