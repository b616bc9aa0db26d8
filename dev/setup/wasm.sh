label="WebAssembly target"
target=wasm32-unknown-unknown
env_file=$CACHE/wasm.env

# Both compilers' versions: a standard library fits one compiler only.
key() { echo "# $(rustc -V); $(/usr/bin/rustc -V 2>/dev/null || echo none)"; }
has_std() { compgen -G "$1/lib/rustlib/$target/lib/libcore-*.rlib" >/dev/null; }
rustup_has() { has_std "$(rustc --print sysroot)"; }

there() {
    [ "$(head -n 1 "$env_file")" = "$(key)" ] || return 1
    if grep -q 'RUSTC=' "$env_file"; then has_std /usr; else rustup_has; fi
}

# Debian's own Rust builds the standard library for wasm from its source. Bitcode in it is what lets the site's
# build have link-time optimisation.
debian() {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        rustc-web cargo-web rust-web-src libstd-rust-web-dev lld-22
    local stamp=$CACHE/stamps/wasm-std
    if has_std /usr && [ "$(cat "$stamp" 2>/dev/null)" = "$(/usr/bin/rustc -V)" ]; then return 0; fi
    local crate; crate=$(mktemp -d)
    mkdir "$crate/src"
    echo '#![no_std]' >"$crate/src/lib.rs"
    printf '[package]\nname = "dummy"\nversion = "0.0.0"\nedition = "2021"\n[workspace]\n' >"$crate/Cargo.toml"
    (cd "$crate" && env -u CARGO_TARGET_DIR RUSTC_BOOTSTRAP=1 RUSTC=/usr/bin/rustc RUSTFLAGS=-Cembed-bitcode=yes \
        /usr/bin/cargo build --release -Z build-std=std,panic_abort,panic_unwind,proc_macro --target "$target")
    rm -f "$crate/target/$target/release/deps/"libdummy-*
    as_root rm -rf "/usr/lib/rustlib/$target/lib"
    as_root mkdir -p "/usr/lib/rustlib/$target/lib"
    as_root cp "$crate/target/$target/release/deps/"*.rlib "/usr/lib/rustlib/$target/lib/"
    rm -rf "$crate"
    /usr/bin/rustc -V >"$stamp"
}

work() {
    local lines="export CARGO_TARGET_DIR=\$CACHE/target-wasm"
    if ! rustup_has && command -v rustup >/dev/null; then timeout 60 rustup target add "$target" || true; fi
    if ! rustup_has; then
        debian
        # Two compilers of different versions must not share a target folder; the site's build has its own anyway.
        lines="$lines
export RUSTC=/usr/bin/rustc
export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=/usr/lib/llvm-22/bin/wasm-ld"
    fi
    printf '%s\n%s\n' "$(key)" "$lines" >"$env_file"
}
