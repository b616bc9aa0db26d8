// The whole way of a film through the worker against one ffmpeg command that makes the same renditions.
import { execFile } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { folder, footage } from './footage.mjs';
import { playlists, untilReady, uploadFile } from './kinora.mjs';
import { cpuSeconds, peakWhile, pids } from './processes.mjs';
import { median, megabytes, seconds } from './table.mjs';

const run = promisify(execFile);
const LENGTH = 30;

export async function ladder({ film: given, rounds }) {
  if (given) return compared('', given, rounds);
  return [
    ...(await compared('to be encoded: ', footage(LENGTH, { copyable: false }), rounds)),
    ...(await compared('copyable: ', footage(LENGTH), rounds)),
  ];
}

async function compared(which, film, rounds) {
  const source = await probe(film);
  const [ours, theirs] = [[], []];
  let rungs;
  for (let round = 0; round < rounds; round++) {
    const made = await byKinora(film);
    rungs ??= rungsOf((await playlists(made.id)).master);
    ours.push(made);
    theirs.push(await byFfmpeg(film, rungs, source));
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
  ];
}

async function byKinora(film) {
  const id = await uploadFile('The ladder', film);
  const cpu = cpuSeconds(pids.worker);
  const { result, peak } = await peakWhile(pids.worker, () => untilReady(id));
  return { id, wall: result / 1000, cpu: cpuSeconds(pids.worker) - cpu, peak };
}

/** As worker/src/media encodes; threads are left to ffmpeg, which gives each encoder one and a half times the cores. */
async function byFfmpeg(film, rungs, { channels }) {
  const out = join(folder(), 'hls');
  mkdirSync(out);
  const split = `[0:v:0]split=${rungs.length}${rungs.map((_, i) => `[s${i}]`).join('')}`;
  const scale = ({ width, height }, i) => `[s${i}]scale=${width}:${height}:flags=bicubic,format=yuv420p[v${i}]`;
  const encoder = ({ bitrate, level, pixels }, i) =>
    `-map [v${i}] -crf:v:${i} ${pixels > 4e6 ? 24 : 23} -maxrate:v:${i} ${bitrate} -bufsize:v:${i} ${bitrate} -level:v:${i} ${level}`;
  const sound = channels ? `-map 0:a:0 -c:a aac -ac ${Math.min(channels, 2)} -b:a ${channels === 1 ? 80 : 128}k` : '';
  const streams = rungs.map((_, i) => `v:${i}${channels ? ',agroup:sound' : ''}`);
  const args = [
    ['-nostdin', '-y', '-benchmark', '-i', film, '-filter_complex', [split, ...rungs.map(scale)].join(';')],
    words(...rungs.map(encoder), '-c:v libx264 -preset veryfast -profile:v high -motion-est dia -flags +cgop'),
    words('-g 9999 -sc_threshold 0 -forced-idr 1 -force_key_frames expr:gte(t,n_forced*4)', sound),
    words('-f hls -hls_time 4 -hls_playlist_type vod -hls_segment_type fmp4 -hls_flags independent_segments'),
    ['-hls_segment_filename', join(out, '%v-%d.m4s'), '-master_pl_name', 'master.m3u8'],
    ['-var_stream_map', [...streams, ...(channels ? ['a:0,agroup:sound'] : [])].join(' '), join(out, '%v.m3u8')],
  ].flat();
  const begun = performance.now();
  const { stderr } = await run('ffmpeg', args, { maxBuffer: 1 << 26 });
  const wall = (performance.now() - begun) / 1000;
  rmSync(out, { recursive: true });
  const [, user, system] = /utime=([\d.]+)s stime=([\d.]+)s/.exec(stderr);
  const peak = 1024 * Number(/maxrss=(\d+)/.exec(stderr)[1]);
  return { wall, cpu: Number(user) + Number(system), peak };
}

const words = (...parts) => parts.join(' ').split(' ').filter(Boolean);

async function probe(film) {
  const show = 'stream=codec_type,channels:format=duration';
  const { stdout } = await run('ffprobe', ['-v', 'error', '-show_entries', show, '-of', 'json', film]);
  const { streams, format } = JSON.parse(stdout);
  const sound = streams.find((stream) => stream.codec_type === 'audio');
  return { channels: sound?.channels ?? 0, duration: Number(format.duration) };
}

/** What domain/src/ladder.rs planned, out of the master playlist. */
function rungsOf(master) {
  const lines = master.split('\n').filter((line) => line.startsWith('#EXT-X-STREAM-INF'));
  const rungs = lines.map((line) => {
    const [width, height] = /RESOLUTION=(\d+)x(\d+)/.exec(line).slice(1).map(Number);
    const level = parseInt(/avc1\.\w{4}(\w\w)/.exec(line)[1], 16) / 10;
    const fast = Number(/FRAME-RATE=([\d.]+)/.exec(line)?.[1] ?? 0) > 31 ? 1.4 : 1;
    return { width, height, level, pixels: width * height, bitrate: Math.floor(ceiling(width * height) * fast) };
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
