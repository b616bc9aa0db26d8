# Sourced: finds a Go that can build versitygw (1.26 or newer).
new_go() {
    local go version
    for go in go /usr/local/go/bin/go "$CACHE/tools/go-venv/bin/go"; do
        version=$("$go" env GOVERSION 2>/dev/null) || continue
        version=${version#go1.}
        if [ "${version%%[!0-9]*}" -ge 26 ] 2>/dev/null; then echo "$go"; return 0; fi
    done
    return 1
}
