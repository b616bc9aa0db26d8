label="wasm-bindgen"

# The tool must have the very version of the library in Cargo.lock.
version() { grep -A 1 '^name = "wasm-bindgen"$' "$ROOT/Cargo.lock" | sed -n 's/^version = "\(.*\)"/\1/p'; }

there() { [ -x "$TOOLS/bin/wasm-bindgen" ] && [ "$(cat "$CACHE/stamps/wasm-bindgen")" = "$(version)" ]; }

work() {
    # Its release profile takes minutes longer than it ever saves here. A lock file may name what a mirror lacks yet.
    local mode
    for mode in --locked ''; do
        # shellcheck disable=SC2086 # no word rather than an empty one
        if CARGO_PROFILE_DEV_DEBUG=0 CARGO_TARGET_DIR=$CACHE/target-tools cargo install --debug --quiet --force $mode \
            --root "$TOOLS" --version "=$(version)" wasm-bindgen-cli; then
            version >"$CACHE/stamps/wasm-bindgen"
            rm -rf "$CACHE/target-tools"
            return 0
        fi
    done
    return 1
}
