#!/usr/bin/env bash
# The site as an operator would deploy it: optimised wasm, CSS, the player, static files, all of it compressed once.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$ROOT"
PKG=$SITE/pkg
mkdir -p "$PKG"

# Names, sizes and times of files: as good as cargo's own look, and done in milliseconds.
state_of() { find "$@" -type f -printf '%p %s %T@\n' 2>/dev/null | sort | sha256sum | cut -c1-16; }

# when_changed NAME "KEY" OUTPUT COMMAND…: runs the command unless the output is there and was made from the same key.
when_changed() {
    local name=$1 key=$2 output=$3 stamp=$CACHE/stamps/site-$1 start=$EPOCHREALTIME
    shift 3
    if [ -e "$output" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$key" ]; then return 0; fi
    rm -f "$stamp"
    "$@"
    echo "$key" >"$stamp"
    printf 'build: %s (%s)\n' "$name" "$(since "$start")"
}

wasm() {
    local raw=$CACHE/target-wasm/wasm32-unknown-unknown/wasm/frontend.wasm out=$CACHE/bindgen
    (
        # Perhaps another compiler, which must not meet the native target folder.
        . "$CACHE/wasm.env"
        # The crate type is named here because a library of two types gets no link-time optimisation.
        # Where what is used stands is told to whoever takes it apart.
        cargo rustc -p frontend --lib --crate-type cdylib --profile wasm --target wasm32-unknown-unknown -- \
            -Clink-args=--emit-relocs
    )
    # build.sh builds it meanwhile.
    cargo build --quiet --workspace --exclude frontend --bin kinora-split
    rm -rf "$out" "$PKG"/*.wasm* "$PKG"/*wasm_split* "$PKG"/snippets
    "$CARGO_TARGET_DIR/debug/kinora-split" "$raw" "$out/pieces"
    wasm-bindgen --target web --no-typescript --keep-lld-exports --no-demangle --out-dir "$out" --out-name kinora \
        "$out/pieces/main.wasm"
    rm "$out/pieces/main.wasm"
    mv "$out"/pieces/* "$out/"
    rmdir "$out/pieces"
    # -Oz would make it heavier once it is compressed.
    # What rustc puts in and every browser since 2021 knows; --all-features would let newer encodings in.
    local piece
    for piece in "$out"/*.wasm; do
        node_modules/.bin/wasm-opt -O1 --strip-debug --enable-bulk-memory --enable-bulk-memory-opt --enable-nontrapping-float-to-int \
            --enable-sign-ext --enable-mutable-globals --enable-reference-types --enable-multivalue \
            --enable-call-indirect-overlong "$piece" -o "$out/opt.wasm"
        mv "$out/opt.wasm" "$piece"
    done
    node dev/glue.mjs "$out"
    cp -r "$out/." "$PKG/"
}

styles() {
    npx @tailwindcss/cli -i style/tailwind.css -o "$PKG/kinora.css" --minify
    npx @tailwindcss/cli -i style/embed.css -o "$PKG/embed.css" --minify
    npx @tailwindcss/cli -i style/api.css -o "$PKG/api.css" --minify
}

player() { node frontend/player/build.mjs "$PKG"; }

public() {
    find "$SITE" -mindepth 1 -maxdepth 1 ! -name pkg -exec rm -rf {} +
    cp -r public/. "$SITE/"
    touch "$SITE"
}

# Compresses what is new, and forgets what was compressed of files that are gone.
compress() {
    find "$SITE" -type f \( -name '*.br' -o -name '*.gz' \) | while read -r packed; do
        [ -e "${packed%.*}" ] || rm -f "$packed"
    done
    find "$SITE" -type f -size +255c \
        \( -name '*.js' -o -name '*.mjs' -o -name '*.wasm' -o -name '*.css' -o -name '*.svg' -o -name '*.webmanifest' \) |
        while read -r file; do
            if [ "$file.br" -nt "$file" ] && [ "$file.gz" -nt "$file" ]; then continue; fi
            printf '%s\0' "$file"
        done |
        xargs -0 -r -P 2 -I{} sh -c 'brotli -q 11 -f -k "$1" && gzip -9 -f -k "$1" && touch "$1.br" "$1.gz"' sh {}
}

node_state=$(readlink node_modules || state_of package-lock.json)
tools="$node_state $(cat "$CACHE/stamps/wasm-bindgen") $(head -n 1 "$CACHE/wasm.env")"
when_changed wasm "$(state_of app domain lean frontend/src frontend/Cargo.toml Cargo.toml Cargo.lock .cargo dev/site.sh dev/glue.mjs dev/src/split.rs) $tools" "$PKG/kinora_bg.wasm" wasm
if [ -e style/tailwind.css ]; then
    when_changed styles "$(state_of style app/src frontend/player) $node_state" "$PKG/kinora.css" styles
fi
if [ -e frontend/player/build.mjs ]; then
    when_changed player "$(state_of frontend/player) $node_state" "$PKG/player.js" player
fi
when_changed "static files" "$(state_of public)" "$SITE" public
when_changed compressing "$(find "$SITE" -type f ! -name '*.br' ! -name '*.gz' -printf '%p %s %T@\n' | sort | sha256sum)" "$SITE" compress
