label="nginx (a CDN for the tests)"

there() { [ -x "$TOOLS/bin/nginx" ] || command -v nginx >/dev/null; }

# Debian's package starts a server of its own, on all addresses; only its program is wanted.
work() {
    local folder; folder=$(mktemp -d)
    chmod 755 "$folder"
    (cd "$folder" && apt-get download -q nginx && dpkg-deb -x nginx_*.deb .)
    install -m 755 "$folder/usr/sbin/nginx" "$TOOLS/bin/nginx"
    rm -rf "$folder"
}
