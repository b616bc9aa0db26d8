// Files to upload: a film, one that is broken, and one that is none.
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folder = mkdtempSync(join(tmpdir(), 'kinora-shots-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

/** `{title}.mp4`, colours that drift for `seconds`, with a tone. */
export function film(title, seconds) {
  const path = join(folder, `${title}.mp4`);
  const command = [
    '-v error -y',
    `-f lavfi -i gradients=size=1280x720:rate=25:speed=0.02:seed=7:c0=0x0b1d33:c1=0xd97b29:c2=0x2a5f6e:n=3:duration=${seconds}`,
    `-f lavfi -i sine=frequency=220:duration=${seconds}`,
    '-c:v libx264 -preset ultrafast -pix_fmt yuv420p -g 50 -c:a aac -shortest',
  ].join(' ');
  execFileSync('ffmpeg', [...command.split(' '), path], { stdio: ['ignore', 'ignore', 'inherit'] });
  return path;
}

/** A film by its first bytes, noise from there on. */
export function broken(title) {
  const path = join(folder, `${title}.mp4`);
  writeFileSync(path, Buffer.concat([readFileSync(film('first bytes', 1)).subarray(0, 32), randomBytes(300_000)]));
  return path;
}

export function letter(title) {
  const path = join(folder, `${title}.mp4`);
  writeFileSync(path, 'This is a letter, whatever its name says.\n'.repeat(500));
  return path;
}
