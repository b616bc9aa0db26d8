#!/usr/bin/env bash
# All tests, against real services: Rust's, the journeys in the browser, then the lints. Goes on after a failure, so
# that one run tells everything, and ends with `N passed, N failed`.
set -uo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$ROOT"
begun=$EPOCHREALTIME
dev=$CARGO_TARGET_DIR/debug/kinora-dev
passed=0
failed=0

# part NAME COUNTER COMMAND…: runs a command, shows and keeps its output, and adds up what its counter finds there.
# One that hangs is ended after 40 minutes: the others still get to tell what they saw.
part() {
    local name=$1 counter=$2 log=$LOGS/test-$1.log start=$EPOCHREALTIME status counts bad
    shift 2
    printf '\n== %s\n' "$name"
    timeout --kill-after=60 40m "$@" 2>&1 | tee "$log"
    status=${PIPESTATUS[0]}
    counts=$("$counter" <"$log")
    bad=${counts#* }
    # A part that fails with no test to blame (it did not compile, a lint) is one failure.
    if [ "$status" != 0 ] && [ "$bad" = 0 ]; then bad=1; fi
    passed=$((passed + ${counts% *}))
    failed=$((failed + bad))
    printf '== %s: %s passed, %s failed (%s)\n' "$name" "${counts% *}" "$bad" "$(since "$start")"
}

plain() { sed 's/\x1b\[[0-9;]*m//g'; }
count_cargo() { plain | awk '/^test result: / { p += $4; f += $6 } END { print p + 0, f + 0 }'; }
# Playwright's summary: `  3 passed (12s)`, `  1 failed`, `  2 did not run`, `  1 interrupted`.
count_playwright() {
    plain | awk '/^ +[0-9]+ (passed|flaky)/ { p += $1 } /^ +[0-9]+ (failed|did not run|interrupted|timed out)/ { f += $1 }
        END { print p + 0, f + 0 }'
}
# Schemathesis' last lines, as dev/schemathesis.sh sums them up: `schemathesis: 30 passed, 1 failed`.
count_schemathesis() { plain | awk '/^schemathesis: / { p = $2; f = $4 } END { print p + 0, f + 0 }'; }
count_nothing() { cat >/dev/null; echo 0 0; }

# Built outside of `exec`, so that the services don't wait and no variable of theirs is built into a crate.
part build count_nothing cargo test --quiet --workspace --exclude frontend --no-run
part rust count_cargo "$dev" exec -- cargo test --workspace --exclude frontend --no-fail-fast
part api count_schemathesis env KINORA_API_RATE=0 "$dev" exec --app -- bash dev/schemathesis.sh
if [ -e end2end/playwright.config.ts ]; then
    part browser count_playwright "$dev" exec --app -- npm run --silent e2e
fi
part lint count_nothing dev/lint.sh

printf '\nall of it took %s\n' "$(since "$begun")"
printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" = 0 ]
