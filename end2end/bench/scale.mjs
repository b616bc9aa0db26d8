// Two workers against one, each held to a core of its own. On a machine of two cores the second worker's is the one that
// everything else works on, too: what that takes is measured beside them.
import { cpus } from 'node:os';
import { footage } from './footage.mjs';
import { remove, uploadFile } from './kinora.mjs';
import { untilIdle } from './metrics.mjs';
import { busySeconds, cpuSeconds } from './processes.mjs';
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
  const ratios = (name, over, under) => over.map((made, round) => made[name] / under[round][name]);
  const each = (list) => list.map((ratio) => ratio.toFixed(2)).join(', ');
  const of = (list, name) => median(list.map((made) => made[name]));
  const [speed, work] = [ratios('time', one, two), ratios('cpu', two, one)];
  const what = `${films} films of ${length} s, 720p; by round: ${each(speed)}; aim: 1.9`;
  const rest = two.map(({ time, rest }) => rest / time);
  return [
    ['throughput of two one-core workers ÷ one', median(speed).toFixed(2), `${seconds(of(one, 'time'))} ÷ ${seconds(of(two, 'time'))} for ${what}`],
    ['their CPU time ÷ one’s', median(work).toFixed(2), `${seconds(of(two, 'cpu'))} ÷ ${seconds(of(one, 'cpu'))}; by round: ${each(work)}`],
    ['all else meanwhile', `${(100 * median(rest)).toFixed(0)} %`, `of a core of ${cpus().length}: S3, PostgreSQL, Kafka, the server, the kernel`],
  ];
}

/**
 * Of films that all wait when the workers begin: seconds from the first task's claim to the last one's end, seconds of CPU
 * that the workers used, and that everything else did.
 */
async function made(film, count, cores) {
  return instead(cores.map((core) => ({ core, env: { KINORA_WORKER_CONCURRENCY: '1' } })), async (begin) => {
    const ids = [];
    for (let at = 0; at < count; at++) ids.push(await uploadFile('One of many', film));
    const workers = await begin();
    const used = () => workers.reduce((sum, { pid }) => sum + cpuSeconds(pid), 0);
    const [cpu, busy] = [used(), busySeconds()];
    await untilIdle();
    const [worked, all] = [used() - cpu, busySeconds() - busy];
    const these = ids.map((id) => `'${id}'`).join(', ');
    const [[time]] = rows(`SELECT extract(epoch FROM max(finished_at) - min(claimed_at)) FROM tasks
      WHERE video_id IN (${these}) AND kind NOT IN ('tidy', 'delete_video')`);
    await remove(...ids);
    return { time: Number(time), cpu: worked, rest: all - worked };
  });
}
