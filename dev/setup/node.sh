label="npm packages"

# One installation a lock file, shared by every clone; the clone has a link to it.
place() { echo "$CACHE/node/$(hash_of "$ROOT/package.json" "$ROOT/package-lock.json")"; }

there() {
    [ -e "$ROOT/package-lock.json" ] || return 0
    # A folder that somebody installed by hand is theirs.
    if [ -d "$ROOT/node_modules" ] && [ ! -L "$ROOT/node_modules" ]; then return 0; fi
    [ -e "$(place)/done" ] && [ "$(readlink "$ROOT/node_modules")" = "$(place)/node_modules" ]
}

work() {
    local place; place=$(place)
    if [ ! -e "$place/done" ]; then
        mkdir -p "$place"
        cp "$ROOT/package.json" "$ROOT/package-lock.json" "$place/"
        # A lock file written where a mirror lacked a package is refused by `ci`; `install` takes what it does name.
        (
            cd "$place"
            export PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1
            npm ci --no-audit --no-fund || npm install --no-audit --no-fund
        )
        touch "$place/done"
    fi
    ln -sfn "$place/node_modules" "$ROOT/node_modules"
}
