// One ffmpeg command that makes the same renditions of a film.
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { folder } from './footage.mjs';

const run = promisify(execFile);

/**
 * With the preset, CRF and ceilings of worker/src/media. Threads are left to ffmpeg, which gives each encoder one and a half
 * times the cores.
 */
export async function byFfmpeg(film, rungs, { channels }) {
  const out = join(folder(), `hls-${Date.now()}`);
  mkdirSync(out);
  const split = `[0:v:0]split=${rungs.length}${rungs.map((_, i) => `[s${i}]`).join('')}`;
  const scale = ({ width, height }, i) => `[s${i}]scale=${width}:${height}:flags=bicubic,format=yuv420p[v${i}]`;
  const encoder = ({ bitrate, level, pixels }, i) =>
    `-map [v${i}] -crf:v:${i} ${pixels > 4e6 ? 24 : 23} -maxrate:v:${i} ${bitrate} -bufsize:v:${i} ${bitrate} -level:v:${i} ${level}`;
  const sound = channels ? `-map 0:a:0 -c:a aac -ac ${Math.min(channels, 2)} -b:a ${channels === 1 ? 80 : 128}k` : '';
  const streams = rungs.map((_, i) => `v:${i}${channels ? ',agroup:sound' : ''}`);
  const args = [
    ['-nostdin', '-y', '-benchmark', '-i', film, '-filter_complex', [split, ...rungs.map(scale)].join(';')],
    words(...rungs.map(encoder), '-c:v libx264 -preset veryfast -profile:v high -flags +cgop'),
    words('-g 9999 -sc_threshold 0 -forced-idr 1 -force_key_frames expr:gte(t,n_forced*4)', sound),
    words('-f hls -hls_time 4 -hls_playlist_type vod -hls_segment_type fmp4 -hls_flags independent_segments'),
    ['-hls_segment_filename', join(out, '%v-%d.m4s'), '-master_pl_name', 'master.m3u8'],
    ['-var_stream_map', [...streams, ...(channels ? ['a:0,agroup:sound'] : [])].join(' '), join(out, '%v.m3u8')],
  ].flat();
  const begun = performance.now();
  const { stderr } = await run('ffmpeg', args, { maxBuffer: 1 << 26 });
  const wall = (performance.now() - begun) / 1000;
  const [, user, system] = /utime=([\d.]+)s stime=([\d.]+)s/.exec(stderr);
  const peak = 1024 * Number(/maxrss=(\d+)/.exec(stderr)[1]);
  return { wall, cpu: Number(user) + Number(system), peak, out };
}

/** The playlist of a rung in the folder that it was made in, and its bits a second. */
export function made(out, index) {
  const playlist = join(out, `${index}.m3u8`);
  const lengths = readFileSync(playlist, 'utf8').matchAll(/^#EXTINF:([\d.]+)/gm);
  const seconds = [...lengths].reduce((sum, [, length]) => sum + Number(length), 0);
  const segments = readdirSync(out).filter((name) => name.startsWith(`${index}-`));
  const bytes = segments.reduce((sum, name) => sum + statSync(join(out, name)).size, 0);
  return { playlist, rate: (8 * bytes) / seconds };
}

const words = (...parts) => parts.join(' ').split(' ').filter(Boolean);
