// Two workers against one, each held to a core of its own.
import { cpus } from 'node:os';
import { footage } from './footage.mjs';
import { remove, uploadFile } from './kinora.mjs';
import { untilIdle } from './metrics.mjs';
import { rows } from './psql.mjs';
import { instead } from './workers.mjs';
import { median, seconds } from './table.mjs';

const FILMS = 10;
const LENGTH = 8;

export async function scale({ rounds, films = FILMS, length = LENGTH }) {
  if (cpus().length < 2) return [['two workers', 'not measured', 'there is one core']];
  const film = footage(length, { copyable: false, height: 720 });
  const [one, two] = [[], []];
  for (let round = 0; round < rounds; round++) {
    one.push(await made(film, films, [0]));
    two.push(await made(film, films, [0, 1]));
  }
  const ratios = one.map((time, round) => time / two[round]);
  const each = ratios.map((ratio) => ratio.toFixed(2)).join(', ');
  const more = `${seconds(median(one))} ÷ ${seconds(median(two))} for ${films} films of ${length} s, 720p; by round: ${each}; aim: 1.9`;
  return [['throughput of two one-core workers ÷ one', median(ratios).toFixed(2), more]];
}

/** Seconds from the first task's claim to the last one's end, of films that all wait when the workers begin. */
async function made(film, count, cores) {
  return instead(cores.map((core) => ({ core, env: { KINORA_WORKER_CONCURRENCY: '1' } })), async (begin) => {
    const ids = [];
    for (let at = 0; at < count; at++) ids.push(await uploadFile('One of many', film));
    await begin();
    await untilIdle();
    const these = ids.map((id) => `'${id}'`).join(', ');
    const [[time]] = rows(`SELECT extract(epoch FROM max(finished_at) - min(claimed_at)) FROM tasks
      WHERE video_id IN (${these}) AND kind NOT IN ('tidy', 'delete_video')`);
    await remove(...ids);
    return Number(time);
  });
}
