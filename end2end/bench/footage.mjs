import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const LOOP = 8;

/** Key frames that can't be entered: such a film is encoded whole. */
const OPEN = '-x264opts open_gop=1:bframes=3:b_pyramid=0';
/** A rate that is given to viewers as it is. */
const SANE = '-maxrate 8M -bufsize 8M';
/** Pictures that cost little to make, for films of which only the length or the codec matters. */
const PLAIN = {
  'h264.mp4': '-c:v libx264 -preset veryfast -crf 28 -maxrate 6M -bufsize 6M -g 60 -pix_fmt yuv420p -c:a aac -b:a 192k',
  'vp9.webm': '-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -row-mt 1 -b:v 3M -g 120 -pix_fmt yuv420p -c:a libopus -b:a 128k',
};

let made;

/** A folder that goes with the process. */
export function folder() {
  if (!made) {
    made = mkdtempSync(join(tmpdir(), 'kinora-bench-'));
    process.on('exit', () => rmSync(made, { recursive: true, force: true }));
  }
  return made;
}

/**
 * `length` seconds of 16:9 at 30 frames a second, with stereo sound if it isn't `silent`. The zoom into a fractal has edges and motion
 * everywhere, the pattern over it flat areas and hard cuts, and the grain costs about what a camera's does.
 */
export function footage(length, { copyable = true, height = 1080, silent = false } = {}) {
  const kind = `${copyable ? 'copyable' : 'open'}-${height}p${silent ? '-silent' : ''}`;
  const size = `${(height * 16) / 9}x${height}`;
  const picture = `[0:v]scale=${size.replace('x', ':')}[far];[far][1:v]blend=all_mode=average,noise=alls=3:allf=t,format=yuv420p`;
  return looped(`${kind}.mp4`, length, [
    '-f lavfi -i mandelbrot=size=960x540:rate=30:maxiter=300:end_scale=0.002:end_pts=800',
    `-f lavfi -i testsrc2=size=${size}:rate=30`,
    '-f lavfi -i sine=frequency=330:sample_rate=48000',
    `-filter_complex ${picture}[v] -map [v] ${silent ? '' : '-map 2:a'} -ac 2 -t ${LOOP}`,
    `-c:v libx264 -preset veryfast -crf 23 -g 60 ${copyable ? SANE : OPEN} -c:a aac -b:a 192k`,
  ]);
}

/** `length` seconds of 1080p, in 'h264.mp4' that can be copied or in 'vp9.webm' that can't. */
export function plain(kind, length) {
  return looped(kind, length, [
    '-f lavfi -i testsrc2=size=1920x1080:rate=30 -f lavfi -i sine=frequency=330:sample_rate=48000',
    `-t ${LOOP} ${PLAIN[kind]} -ac 2`,
  ]);
}

/** A few seconds are encoded, once, and repeated as often as it takes. */
function looped(kind, length, args) {
  const [loop, path] = [join(folder(), `loop-${kind}`), join(folder(), `${length}s-${kind}`)];
  if (!existsSync(loop)) ffmpeg(...args, loop);
  if (!existsSync(path)) {
    ffmpeg(`-stream_loop ${Math.ceil(length / LOOP) - 1} -i ${loop} -t ${length} -c copy ${path}`);
  }
  return path;
}

function ffmpeg(...parts) {
  execFileSync('ffmpeg', ['-v', 'error', '-y', ...parts.join(' ').split(' ').filter(Boolean)], { stdio: ['ignore', 'ignore', 'inherit'] });
}
