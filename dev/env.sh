# Sourced by the scripts of dev/: where this clone is, and where what is built for it lies.
# Everything heavy stands in one cache outside of the clone, so a second clone is warm at once.
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
CACHE=${KINORA_CACHE:-$HOME/.cache/kinora}
TOOLS=$CACHE/tools
LOGS=$CACHE/logs
SITE=$CACHE/site
export ROOT CACHE TOOLS LOGS SITE
export KINORA_CACHE=$CACHE
export CARGO_TARGET_DIR=$CACHE/target
export PATH=$TOOLS/bin:$PATH
mkdir -p "$TOOLS/bin" "$LOGS" "$CACHE/stamps"

# Links with mold where it is installed. The linker's path is part of what cargo knows a built crate by: one that lies
# in the cache is the same for every clone, so that a second clone is warm.
cmp -s "$ROOT/dev/cc-mold" "$TOOLS/bin/cc-mold" || install -m 755 "$ROOT/dev/cc-mold" "$TOOLS/bin/cc-mold"
export CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_LINKER=$TOOLS/bin/cc-mold

# Seconds with one decimal since the given $EPOCHREALTIME.
since() { awk -v a="$1" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.1f s", b - a }'; }

# Package installation and the wasm standard library need root, nothing else does.
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

hash_of() { sha256sum "$@" | sha256sum | cut -c1-16; }
