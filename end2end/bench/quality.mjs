// What renditions are worth: likeness to the source, and bytes.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expectStatus } from './kinora.mjs';

const run = promisify(execFile);

/**
 * Structural similarity of a rendition (a file or a playlist) to the film scaled to its size, 0 to 1, of all three
 * planes. Frames are paired by their number: the n-th is the n-th, whatever a container says of its time.
 */
export async function ssim(rendition, film, { width, height }) {
  const counted = 'settb=1/30,setpts=N';
  const graph = [
    `[0:v:0]${counted}[made]`,
    `[1:v:0]scale=${width}:${height}:flags=bicubic,format=yuv420p,${counted}[source]`,
    '[made][source]ssim',
  ].join(';');
  const playlist = /^http/.test(rendition) ? ['-http_persistent', '0'] : [];
  const args = ['-nostdin', ...playlist, '-i', rendition, '-i', film, '-lavfi', graph, '-an', '-f', 'null', '-'];
  const { stderr } = await run('ffmpeg', args, { maxBuffer: 1 << 26 });
  return Number(/ SSIM .*All:([\d.]+)/.exec(stderr)[1]);
}

/** A playlist's segments: bits a second, container included. */
export async function rate(address) {
  const lines = `${(await expectStatus(200, address)).body}`.split('\n');
  const sum = (start) => lines.filter((line) => line.startsWith(start)).reduce((all, line) => all + parseFloat(line.slice(start.length)), 0);
  return (8 * sum('#EXT-X-BYTERANGE:')) / sum('#EXTINF:');
}
