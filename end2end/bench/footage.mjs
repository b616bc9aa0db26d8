import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const LOOP = 8;

/** Key frames that can't be entered: such a film is encoded whole. */
const OPEN = '-x264opts open_gop=1:bframes=3:b_pyramid=0';
/** A rate that is given to viewers as it is. */
const SANE = '-maxrate 8M -bufsize 8M';

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
 * `length` seconds of 1080p at 30 frames a second, with stereo sound. The zoom into a fractal has edges and motion
 * everywhere, the pattern over it flat areas and hard cuts, and the grain costs about what a camera's does.
 */
export function footage(length, { copyable = true } = {}) {
  const kind = copyable ? 'copyable' : 'open';
  const [loop, path] = [join(folder(), `loop-${kind}.mp4`), join(folder(), `${length}s-${kind}.mp4`)];
  if (!existsSync(loop)) {
    const picture = '[0:v]scale=1920:1080[far];[far][1:v]blend=all_mode=average,noise=alls=3:allf=t,format=yuv420p';
    ffmpeg(
      '-f lavfi -i mandelbrot=size=960x540:rate=30:maxiter=300:end_scale=0.002:end_pts=800',
      '-f lavfi -i testsrc2=size=1920x1080:rate=30',
      '-f lavfi -i sine=frequency=330:sample_rate=48000',
      `-filter_complex ${picture}[v];[2:a]aformat=channel_layouts=stereo[a] -map [v] -map [a] -t ${LOOP}`,
      `-c:v libx264 -preset veryfast -crf 23 -g 60 ${copyable ? SANE : OPEN} -c:a aac -b:a 192k ${loop}`,
    );
  }
  if (!existsSync(path)) {
    ffmpeg(`-stream_loop ${Math.ceil(length / LOOP) - 1} -i ${loop} -t ${length} -c copy -movflags +faststart ${path}`);
  }
  return path;
}

function ffmpeg(...parts) {
  execFileSync('ffmpeg', ['-v', 'error', '-y', ...parts.join(' ').split(' ').filter(Boolean)], { stdio: ['ignore', 'ignore', 'inherit'] });
}
