// From the end of an upload until somebody else's player has decoded the first frame of picture and sound.
import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { plain } from './footage.mjs';
import { baseURL, remove, sendFile, video } from './kinora.mjs';
import { untilIdle } from './metrics.mjs';
import { rows } from './psql.mjs';
import { median, seconds } from './table.mjs';

const run = promisify(execFile);
/** How often it is looked whether there is something to be played. */
const LOOK = 50;
const PATIENCE = 120_000;
/** Seconds. */
const [SHORT, LONG] = [60, 3_600];
const KINDS = [
  ['H.264 and AAC', 'h264.mp4', 2],
  ['VP9 and Opus', 'vp9.webm', 5],
];

export async function firstFrame({ rounds, length = LONG }) {
  const shown = [];
  const films = KINDS.flatMap((kind) => [SHORT, length].map((seconds) => [...kind, seconds]));
  for (const [what, kind, aim, length] of films) {
    const film = plain(kind, length);
    const times = [];
    for (let round = 0; round < rounds; round++) times.push(await watched(film));
    rmSync(film);
    const stages = ({ planned, watchable, total }) => [planned, watchable, total].map((time) => time.toFixed(1)).join(' ');
    const figure = seconds(median(times.map(({ total }) => total)));
    shown.push([`${what}, 1080p, ${length / 60} min`, figure, `aim: ${aim} s; by round, planned, watchable, seen: ${times.map(stages).join(', ')}`]);
  }
  return shown;
}

/** Seconds from the answer that an upload is complete: until it can be watched, and until ffmpeg has frames of it. */
async function watched(film) {
  await untilIdle();
  const { id, complete } = await sendFile('The first frame', film);
  await complete();
  const begun = performance.now();
  const passed = () => (performance.now() - begun) / 1000;
  try {
    const address = await watchable(id);
    const seen = passed();
    await decoded(address);
    const total = passed();
    const plan = `SELECT extract(epoch FROM finished_at - created_at) FROM tasks WHERE video_id = '${id}' AND kind = 'plan'`;
    return { planned: Number(rows(plan)[0][0]), watchable: seen, total };
  } finally {
    await remove(id);
  }
}

async function watchable(id) {
  for (const until = performance.now() + PATIENCE; performance.now() < until; await sleep(LOOK)) {
    const { playback, state, failure } = await video(id);
    if (playback) return new URL(playback.hls, baseURL).href;
    if (state === 'failed') throw new Error(`it failed: ${failure}`);
  }
  throw new Error('it can’t be watched after two minutes');
}

/** Starts ffmpeg again and again until it has a frame of both. */
async function decoded(address) {
  // Without -re or anything that waits for more than it needs: its own look at the streams ends at the first frames.
  const args = ['-v', 'error', '-nostdin', '-analyzeduration', '1', '-live_start_index', '0', '-i', address];
  const wanted = ['-map', '0:v:0', '-map', '0:a:0', '-frames:v', '1', '-frames:a', '1', '-f', 'null', '-progress', '-', '-'];
  let last;
  for (const until = performance.now() + PATIENCE; performance.now() < until; await sleep(LOOK)) {
    try {
      const { stdout } = await run('ffmpeg', [...args, ...wanted]);
      if (/^frame=1$/m.test(stdout)) return;
      last = new Error('ffmpeg saw no frame');
    } catch (error) {
      last = error;
    }
  }
  throw last;
}
