#!/usr/bin/env bash
# `make soak`: all tests but the lints again and again, for MINUTES (60), on fresh services each time. What
# happens once in a hundred times shows here. `ONLY=faults` repeats that test program alone, `ROUNDS=20` so many times
# however long it takes.
set -uo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$ROOT"
dev=$CARGO_TARGET_DIR/debug/kinora-dev
log=$LOGS/soak.log
deadline=$((SECONDS + ${MINUTES:-60} * 60))
rounds=0
failed=0

goes_on() {
    if [ -n "${ROUNDS:-}" ]; then [ "$rounds" -lt "$ROUNDS" ]; else [ "$SECONDS" -lt "$deadline" ]; fi
}

round() {
    if [ -n "${ONLY:-}" ]; then
        "$dev" exec -- cargo test --workspace --exclude frontend --no-fail-fast --test "$ONLY"
        return
    fi
    "$dev" exec -- cargo test --workspace --exclude frontend --no-fail-fast &&
        KINORA_RELOADS=50 KINORA_GIGABYTES=10 "$dev" exec --app -- npm run --silent e2e
}

while goes_on; do
    rounds=$((rounds + 1))
    start=$EPOCHREALTIME
    if round >"$log" 2>&1; then
        printf 'soak: round %d passed (%s)\n' "$rounds" "$(since "$start")"
    else
        failed=$((failed + 1))
        cp "$log" "$LOGS/soak-failed-$rounds.log"
        printf 'soak: round %d FAILED (%s); see %s\n' "$rounds" "$(since "$start")" "$LOGS/soak-failed-$rounds.log"
    fi
done
printf '%d rounds, %d failed\n' "$rounds" "$failed"
[ "$failed" = 0 ]
