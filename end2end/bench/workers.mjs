// Workers of our own in place of the one that stands.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../machine.mjs';
import { request } from './kinora.mjs';
import { untilIdle } from './metrics.mjs';
import { pids } from './processes.mjs';

/**
 * Does `work` while the worker that stands is stopped and others are there. Each is begun by `{ core, env }`: the core it
 * is held to, if it is, and variables of its own; `work` gets `{ pid, url }` of each from `begin`, which starts them.
 */
export async function instead(settings, work) {
  await untilIdle();
  const standing = Number(pids.worker);
  const workers = [];
  process.kill(standing, 'SIGSTOP');
  try {
    return await work(async () => {
      for (const setting of settings) workers.push(await start(setting));
      return workers;
    });
  } finally {
    await Promise.all(workers.map(end));
    process.kill(standing, 'SIGCONT');
  }
}

async function start({ core, env }) {
  const program = join(process.env.KINORA_BIN_DIR, 'kinora-worker');
  const [command, ...args] = core === undefined ? [program] : ['taskset', '-c', `${core}`, program];
  const port = await freePort();
  const listen = { KINORA_WORKER_LISTEN: `127.0.0.1:${port}` };
  const child = spawn(command, args, { env: { ...process.env, ...listen, ...env }, stdio: 'ignore' });
  const url = `http://127.0.0.1:${port}`;
  while ((await request(`${url}/readyz`).catch(() => undefined))?.status !== 200) {
    if (child.exitCode !== null) throw new Error(`a worker ended at once (${child.exitCode})`);
    await sleep(50);
  }
  return { child, pid: `${child.pid}`, url };
}

async function end({ child }) {
  if (child.exitCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
}
