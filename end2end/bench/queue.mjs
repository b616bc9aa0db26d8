// From a task's transaction to the worker that takes it: by the bell, and without.
import { setTimeout as sleep } from 'node:timers/promises';
import { untilIdle } from './metrics.mjs';
import { psql, rows } from './psql.mjs';
import { milliseconds, percentile } from './table.mjs';

const RUNG = 100;
const SILENT = 30;

export async function queue() {
  await untilIdle();
  const rung = await taken('benchqueue01', RUNG, true);
  const silent = await taken('benchqueue02', SILENT, false);
  const row = (what, times, goal) => {
    const [p50, worst] = [percentile(times, 0.5), percentile(times, 0.99)];
    return [what, `p99 ${milliseconds(worst)}`, `p50 ${milliseconds(p50)}, of ${times.length}; aim: ${goal}`];
  };
  return [
    row('queued and rung for, until it is claimed', rung, 'p99 50 ms'),
    row('queued without a bell', silent, '2 s'),
  ];
}

/**
 * Queues tasks that do nothing (tidying up behind a build that never was), one after another: milliseconds by the
 * database's clock, from the beginning of the transaction that queues one to the statement that claims it.
 */
async function taken(build, count, bell) {
  const task = `INSERT INTO tasks (kind, build_id) VALUES ('tidy', '${build}')`;
  const ring = `INSERT INTO outbox (topic, payload)
    SELECT 'kinora.tasks', jsonb_build_object('v', 1, 'type', 'bell', 'task', id) FROM task`;
  for (let at = 0; at < count; at++) {
    psql(bell ? `WITH task AS (${task} RETURNING id) ${ring}` : task);
    // At every phase of the worker's own looking.
    await sleep(100 + 61 * (at % 17));
  }
  await untilIdle();
  return rows(`SELECT 1000 * extract(epoch FROM claimed_at - created_at) FROM tasks WHERE build_id = '${build}'`).map(Number);
}
