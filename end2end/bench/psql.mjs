// PostgreSQL, asked directly.
import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';

const args = ['-X', '-q', '-A', '-t', '-F', '\t', '-v', 'ON_ERROR_STOP=1', '-d', process.env.KINORA_DATABASE_URL, '-f', '-'];

/** Runs a script; what it printed, a row a line, fields apart by tabs. */
export function psql(script) {
  const { status, stdout, stderr, error } = spawnSync('psql', args, { input: script, encoding: 'utf8', maxBuffer: 1 << 26 });
  if (status !== 0) throw error ?? new Error(`psql: ${stderr}`);
  return stdout;
}

/** The same while other things go on. */
export async function meanwhile(script) {
  const running = promisify(execFile)('psql', args);
  running.child.stdin.end(script);
  return (await running).stdout;
}

/** The same; its rows. */
export const rows = (query) => psql(query).split('\n').filter(Boolean).map((line) => line.split('\t'));
