#!/usr/bin/env bash
# Checks the API of the server at KINORA_BASE_URL against its own document, signed in as somebody new.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$ROOT"
api=$KINORA_BASE_URL/api/v1
report=$LOGS/schemathesis

field() { node -pe 'JSON.parse(require("fs").readFileSync(0, "utf8"))[process.argv[1]]' "$1"; }
post() { curl -fsS -X POST "$api$1" -H 'Content-Type: application/json' -H "Authorization: Bearer ${KINORA_TOKEN:-}" -d "$2"; }

name=checker$(date +%s)
curl -fsS -X POST "$api/accounts" -H 'Content-Type: application/json' \
    -d "{\"username\":\"$name\",\"email\":\"$name@example.org\",\"password\":\"correct horse battery\"}" >/dev/null
KINORA_TOKEN=$(curl -fsS -X POST "$api/tokens" -H 'Content-Type: application/json' \
    -d "{\"login\":\"$name\",\"password\":\"correct horse battery\"}" | field access_token)
begun=$(post /uploads '{"file_name":"a film.mp4","size":20000000}')
KINORA_UPLOAD=$(field upload_id <<<"$begun")
# A film that can be watched, without its bytes.
KINORA_FILM=Checked$(date +%s | tail -c 6)
psql "$KINORA_DATABASE_URL" -X -q -v ON_ERROR_STOP=1 -v name="$name" -v film="$KINORA_FILM" <<'SQL'
INSERT INTO videos (id, owner_id, title, visibility, state, build_id, duration_ms, width, height, published_at)
    SELECT :'film', id, 'A film', 'unlisted', 'ready', :'film', 60000, 1920, 1080, now() FROM users WHERE username = :'name';
INSERT INTO builds (id, video_id, may_copy_picture, may_copy_sound) VALUES (:'film', :'film', true, true);
SQL
export KINORA_TOKEN KINORA_UPLOAD KINORA_FILM

rm -rf "$report"
status=0
"$TOOLS/schemathesis/bin/st" --config-file dev/schemathesis.toml run "$KINORA_BASE_URL/api/openapi.json" \
    --report junit --report-dir "$report" "$@" || status=$?
# A test a call and a phase.
counts=$(cat "$report"/*.xml | node -e '
    const xml = require("fs").readFileSync(0, "utf8");
    const cases = [...xml.matchAll(/<testcase\b[^>]*?(?:\/>|>[\s\S]*?<\/testcase>)/g)].map(([text]) => text);
    const bad = cases.filter((text) => /<(failure|error)\b/.test(text)).length;
    console.log(`${cases.length - bad} passed, ${bad} failed`);
')
printf 'schemathesis: %s\n' "$counts"
exit "$status"
