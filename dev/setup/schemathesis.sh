label="schemathesis (checks the API against its document)"
version=4.32.5
stamp=$CACHE/stamps/schemathesis

there() { [ -x "$TOOLS/schemathesis/bin/st" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$version" ]; }

work() {
    rm -rf "$TOOLS/schemathesis"
    python3 -m venv "$TOOLS/schemathesis"
    "$TOOLS/schemathesis/bin/pip" install -q "schemathesis==$version"
    echo "$version" >"$stamp"
}
