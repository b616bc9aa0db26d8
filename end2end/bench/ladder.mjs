// The whole way of a film through the worker against one ffmpeg command that makes the same renditions: how long it takes,
// and what comes out.
import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { cpus } from 'node:os';
import { promisify } from 'node:util';
import { footage } from './footage.mjs';
import { playlists, remove, untilReady, uploadFile } from './kinora.mjs';
import { untilIdle } from './metrics.mjs';
import { cpuSeconds, peakWhile, pids } from './processes.mjs';
import { rate, ssim } from './quality.mjs';
import { byFfmpeg, made } from './reference.mjs';
import { median, megabits, megabytes, seconds } from './table.mjs';

const run = promisify(execFile);
const LENGTH = 30;

export async function ladder({ film: given, rounds, length = LENGTH }) {
  if (given) return compared('', given, { rounds });
  return [
    ...(await compared('to be encoded: ', footage(length, { copyable: false }), { rounds })),
    ...(await compared('copyable: ', footage(length), { rounds })),
  ];
}

/** Rows of a film's comparison. `pid`: of the worker that makes it. */
export async function compared(which, film, { rounds, pid = pids.worker }) {
  const source = await probe(film);
  const [ours, theirs] = [[], []];
  let rungs;
  let worth;
  for (let round = 0; round < rounds; round++) {
    const one = await byKinora(film, pid);
    const { address, master } = await playlists(one.id);
    rungs ??= rungsOf(master, address);
    const other = await byFfmpeg(film, rungs, source);
    // The same films come out of every round.
    worth ??= await compareRungs(which, film, rungs, other.out);
    rmSync(other.out, { recursive: true });
    await remove(one.id);
    ours.push(one);
    theirs.push(other);
  }
  const row = (what, name, show = seconds) => {
    const ratios = ours.map((made, round) => made[name] / theirs[round][name]);
    const of = (list) => show(median(list.map((made) => made[name])));
    const each = ratios.map((ratio) => ratio.toFixed(2)).join(', ');
    return [which + what, median(ratios).toFixed(2), `${of(ours)} ÷ ${of(theirs)}; by round: ${each}`];
  };
  const speed = source.duration / median(ours.map((made) => made.wall));
  const names = rungs.map((rung) => `${rung.height}p`).join(' ');
  return [
    row('wall, processing to ready ÷ ffmpeg', 'wall'),
    row('CPU time, worker ÷ ffmpeg', 'cpu'),
    row('peak memory, worker ÷ ffmpeg', 'peak', megabytes),
    [`${which}speed`, `${speed.toFixed(2)} ×`, `real time, for ${names} on ${cpus().length} cores; ${seconds(source.duration)} of film`],
    ...worth,
  ];
}

/** Likeness to the source and rate of each rung, and the rates of all together. */
async function compareRungs(which, film, rungs, out) {
  const rows = [];
  const sums = [0, 0];
  for (const [index, rung] of rungs.entries()) {
    const theirs = made(out, index);
    const [likeness, reference] = [await ssim(rung.address, film, rung), await ssim(theirs.playlist, film, rung)];
    const ours = await rate(rung.address);
    sums[0] += ours;
    sums[1] += theirs.rate;
    const more = `${likeness.toFixed(4)} and ${reference.toFixed(4)}; ${rates(ours, theirs.rate)}`;
    rows.push([`${which}${rung.height}p, SSIM − ffmpeg’s`, signed(likeness - reference, 4), more]);
  }
  return [...rows, [`${which}rates of all rungs ÷ ffmpeg`, (sums[0] / sums[1]).toFixed(3), rates(...sums)]];
}

const signed = (number, digits) => `${number < 0 ? '−' : '+'}${Math.abs(number).toFixed(digits)}`;
const rates = (ours, theirs) => `${megabits(ours)} and ${megabits(theirs)} (${signed(100 * (ours / theirs - 1), 1)} %)`;

async function byKinora(film, pid) {
  await untilIdle();
  const id = await uploadFile('The ladder', film);
  const cpu = cpuSeconds(pid);
  const { result, peak } = await peakWhile(pid, () => untilReady(id));
  return { id, wall: result / 1000, cpu: cpuSeconds(pid) - cpu, peak };
}

async function probe(film) {
  const show = 'stream=codec_type,channels:format=duration';
  const { stdout } = await run('ffprobe', ['-v', 'error', '-show_entries', show, '-of', 'json', film]);
  const { streams, format } = JSON.parse(stdout);
  const sound = streams.find((stream) => stream.codec_type === 'audio');
  return { channels: sound?.channels ?? 0, duration: Number(format.duration) };
}

/** What domain/src/ladder.rs planned, out of the master playlist: smallest first, with the address of each. */
function rungsOf(master, address) {
  const lines = master.split('\n');
  const rungs = lines.flatMap((line, at) => {
    if (!line.startsWith('#EXT-X-STREAM-INF')) return [];
    const [width, height] = /RESOLUTION=(\d+)x(\d+)/.exec(line).slice(1).map(Number);
    const level = parseInt(/avc1\.\w{4}(\w\w)/.exec(line)[1], 16) / 10;
    const fast = Number(/FRAME-RATE=([\d.]+)/.exec(line)?.[1] ?? 0) > 31 ? 1.4 : 1;
    const pixels = width * height;
    const place = new URL(lines[at + 1], address).href;
    return [{ width, height, level, pixels, bitrate: Math.floor(ceiling(pixels) * fast), address: place }];
  });
  return rungs.sort((a, b) => a.pixels - b.pixels);
}

/** `ceiling` of domain/src/ladder.rs, bits a second. */
function ceiling(pixels) {
  const measured = [
    [57_600, 300e3],
    [230_400, 900e3],
    [409_920, 1_600e3],
    [921_600, 3_200e3],
    [2_073_600, 6_000e3],
    [3_686_400, 11_000e3],
    [8_294_400, 22_000e3],
  ];
  const found = measured.findIndex(([size]) => pixels <= size);
  const upper = Math.max(found < 0 ? measured.length - 1 : found, 1);
  const [[x0, y0], [x1, y1]] = [measured[upper - 1], measured[upper]];
  const share = Math.log(pixels / x0) / Math.log(x1 / x0);
  return Math.max(y0 * (y1 / y0) ** share, 64e3);
}
