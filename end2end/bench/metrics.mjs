// Kinora's own numbers, as Prometheus reads them.
import { setTimeout as sleep } from 'node:timers/promises';
import { baseURL, expectStatus } from './kinora.mjs';

export const workerURL = process.env.KINORA_WORKER_URL;

/** What all samples of a metric add up to whose labels are among those given. */
export async function metric(url, name, labels = {}) {
  const text = `${(await expectStatus(200, `${url}/metrics`)).body}`;
  const fits = (line) => Object.entries(labels).every(([label, value]) => line.includes(`${label}="${value}"`));
  const lines = text.split('\n').filter((line) => /^\w+/.exec(line)?.[0] === name && fits(line));
  return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

/** Until there is nothing to do, not even what nobody waits for. */
export async function untilIdle() {
  const count = (state) => metric(baseURL, 'kinora_tasks', { state });
  while ((await count('open')) + (await count('running')) > 0) await sleep(200);
}
