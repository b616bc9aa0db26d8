import { spawn } from 'node:child_process';
import { existsSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './machine.mjs';

/** Who answers now, if it was restarted since `kinora-dev` started it. */
const replaced = join(tmpdir(), `kinora-server-${process.env.KINORA_SERVER_PID}`);

function program(): { pid: number; path: string; env: Record<string, string> } {
  const pid = Number(existsSync(replaced) ? readFileSync(replaced, 'utf8') : process.env.KINORA_SERVER_PID);
  const lines = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').filter(Boolean);
  const env = Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
  return { pid, path: readlinkSync(`/proc/${pid}/exe`), env };
}

async function until(what: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await what())) await new Promise((resolve) => setTimeout(resolve, 100));
}

const answers = (url: string) => fetch(`${url}/readyz`).then((answer) => answer.ok, () => false);

/** Kills the site's server, and starts it again after `meanwhile`. The processes end with the journeys. */
export async function restarted(meanwhile: () => Promise<unknown>): Promise<void> {
  const { pid, path, env } = program();
  process.kill(pid, 'SIGKILL');
  await until(async () => !(await answers(process.env.KINORA_BASE_URL!)));
  await meanwhile();
  const server = spawn(path, { env, stdio: 'ignore' });
  server.unref();
  writeFileSync(replaced, `${server.pid}`);
  await until(() => answers(process.env.KINORA_BASE_URL!));
}

/** Another server of the same site, with other settings. */
export async function anotherServer(
  settings: Record<string, string>,
  given?: number,
): Promise<{ url: string; stop: () => void }> {
  const port = given ?? (await freePort());
  const { path, env } = program();
  const url = `http://localhost:${port}`;
  const listen = `127.0.0.1:${port}`;
  const origins = `${env.KINORA_S3_CORS_ORIGINS},${url},http://${listen}`;
  const own = { KINORA_LISTEN: listen, LEPTOS_SITE_ADDR: listen, KINORA_PUBLIC_URL: url, KINORA_S3_CORS_ORIGINS: origins };
  const server = spawn(path, { env: { ...env, ...own, ...settings }, stdio: 'ignore' });
  await until(() => answers(url));
  return { url, stop: () => void server.kill() };
}
