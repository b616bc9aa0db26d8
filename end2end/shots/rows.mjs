// Films that are rows alone: copies of one that was uploaded, which share its build and so its poster.
import { spawnSync } from 'node:child_process';

/** What `psql` answers to `script`. */
export function sql(script) {
  const args = ['-X', '-q', '-At', '-v', 'ON_ERROR_STOP=1', '-d', process.env.KINORA_DATABASE_URL, '-f', '-'];
  const { status, stdout, stderr, error } = spawnSync('psql', args, { input: script, encoding: 'utf8' });
  if (status !== 0) throw error ?? new Error(`psql: ${stderr}`);
  return stdout.trim();
}

export const text = (value) => `'${value.replaceAll("'", "''")}'`;

/** `count` copies of the films that are ready, in turns; `n` is the copy's number in the SQL that `columns` names. */
export function copies(count, columns) {
  const all = {
    owner_id: 'f.owner_id', title: 'f.title', description: 'f.description', visibility: `'public'`, state: `'ready'`,
    build_id: 'f.build_id', size: 'f.size', duration_ms: 'f.duration_ms', width: 'f.width', height: 'f.height',
    published_at: 'now()', ...columns,
  };
  return `
    WITH f AS (SELECT *, row_number() OVER (ORDER BY created_at) - 1 AS at, count(*) OVER () AS films
               FROM videos WHERE state = 'ready' AND id IN (SELECT video_id FROM builds))
    INSERT INTO videos (id, ${Object.keys(all).join(', ')})
    SELECT left(translate(encode(sha256((random()::text || n)::bytea), 'base64'), '+/=', 'abc'), 12), ${Object.values(all).join(', ')}
    FROM generate_series(1, ${count}) n JOIN f ON f.at = n % f.films;`;
}
