import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  appendFileSync,
  closeSync,
  copyFileSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const H264 = '-c:v libx264 -preset ultrafast';

const folder = mkdtempSync(join(tmpdir(), 'kinora-footage-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

let original: string | undefined;
let older: string | undefined;
let late: string | undefined;
let large: string | undefined;
let long: string | undefined;
let colours: string | undefined;
let telling: string | undefined;

/** Twelve seconds of moving test pattern with a tone, as `{title}.mp4`. */
export function film(title: string): string {
  original ??= encode(join(folder, 'original.mp4'));
  const path = join(folder, `${title}.mp4`);
  copyFileSync(original, path);
  return path;
}

/** The twelve seconds with French subtitles in the file. */
export function captionedFilm(title: string): string {
  original ??= encode(join(folder, 'original.mp4'));
  const words = join(folder, 'fr.srt');
  writeFileSync(words, '1\n00:00:00,500 --> 00:00:03,000\nBonjour <b>&</b> bienvenue\n');
  const path = join(folder, `${title}.mkv`);
  const command = ['-v', 'error', '-y', '-i', original, '-i', words, '-c', 'copy', '-c:s', 'srt', '-metadata:s:s:0', 'language=fre', path];
  execFileSync('ffmpeg', command, { stdio: ['ignore', 'ignore', 'inherit'] });
  return path;
}

/** The twelve seconds with `words` wherever a file has room for some: chapters, subtitles, names of tracks, a title. */
export function wordyFilm(title: string, words: string): string {
  original ??= encode(join(folder, 'original.mp4'));
  const [said, about] = [join(folder, 'words.srt'), join(folder, 'words.txt')];
  writeFileSync(said, `1\n00:00:00,500 --> 00:00:10,000\n${words}\n`);
  const escaped = words.replace(/[=;#\\\n]/g, '\\$&');
  const chapter = (start: number, end: number) => `[CHAPTER]\nTIMEBASE=1/1\nSTART=${start}\nEND=${end}\ntitle=${escaped}\n`;
  writeFileSync(about, `;FFMETADATA1\ntitle=${escaped}\nartist=${escaped}\n${chapter(0, 6)}${chapter(6, 12)}`);
  const path = join(folder, `${title}.mkv`);
  const names = ['v:0', 'a:0', 'a:1', 's:0'].flatMap((track) => [`-metadata:s:${track}`, `title=${words}`]);
  const maps = ['0:v', '0:a', '0:a', '1'].flatMap((map) => ['-map', map]);
  const inputs = [original, said, about].flatMap((input) => ['-i', input]);
  const command = ['-v', 'error', '-y', ...inputs, ...maps, '-map_metadata', '2', '-c', 'copy', '-c:s', 'srt', ...names, path];
  execFileSync('ffmpeg', command, { stdio: ['ignore', 'ignore', 'inherit'] });
  return path;
}

/** Five pictures of three seconds each that can be told apart: red, green, blue, yellow, white with a black border. */
export function colourful(title: string): string {
  if (!colours) {
    colours = join(folder, 'colours.mp4');
    const inputs = ['red', 'green', 'blue', 'yellow', 'white'].flatMap((colour) => [
      '-f', 'lavfi', '-i', `color=${colour}:size=1280x720:rate=25:duration=3,drawgrid=w=160:h=90:t=4:color=black`,
    ]);
    const rest = ['-filter_complex', 'concat=n=5', '-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-g', '25'];
    execFileSync('ffmpeg', ['-v', 'error', '-y', ...inputs, ...rest, colours], { stdio: ['ignore', 'ignore', 'inherit'] });
  }
  const path = join(folder, `${title}.mp4`);
  copyFileSync(colours, path);
  return path;
}

/** A picture of that colour, as a phone would send it. */
export function photo(colour: string): string {
  const path = join(folder, `${colour}.jpg`);
  const command = ['-v', 'error', '-y', '-f', 'lavfi', '-i', `color=${colour}:size=2000x1500`, '-frames:v', '1', path];
  execFileSync('ffmpeg', command, { stdio: ['ignore', 'ignore', 'inherit'] });
  return path;
}

/** A sound without a cover: twelve seconds, quiet at first. */
export function sound(title: string): string {
  const path = join(folder, `${title}.mp3`);
  const wave = "aevalsrc='(0.1+0.06*t)*sin(330*2*PI*t)*(0.6+0.4*sin(3*PI*t))':d=12";
  execFileSync('ffmpeg', ['-v', 'error', '-y', '-f', 'lavfi', '-i', wave, path], { stdio: ['ignore', 'ignore', 'inherit'] });
  return path;
}

/** Forty seconds in a codec that no browser plays, so that all of it has to be encoded. */
export function olderFilm(title: string): string {
  older ??= encode(join(folder, 'older.mp4'), 40, '-c:v mpeg4 -q:v 4');
  const path = join(folder, `${title}.mp4`);
  copyFileSync(older, path);
  return path;
}

/** A minute that are taken as they are, and of which smaller sizes take long to make. */
export function largeFilm(title: string): string {
  large ??= encode(join(folder, 'large.mp4'), 60, `${H264} -maxrate 6M -bufsize 6M`, '', '1920x1080:rate=30');
  const path = join(folder, `${title}.mp4`);
  copyFileSync(large, path);
  return path;
}

/** Two minutes: more than a player reads ahead. */
export function longFilm(title: string): string {
  long ??= encode(join(folder, 'long.mp4'), 120);
  const path = join(folder, `${title}.mp4`);
  copyFileSync(long, path);
  return path;
}

/** Forty seconds with three chapters, and with a sound and captions ("Hello 1", a new one every three seconds) in English and German. */
export function tellingFilm(title: string): string {
  telling ??= tell(join(folder, 'telling.mkv'));
  const path = join(folder, `${title}.mkv`);
  copyFileSync(telling, path);
  return path;
}

function tell(path: string): string {
  const picture = encode(join(folder, 'telling.mp4'), 40);
  const chapters = ['The first', 'The second', 'The third'].map((name, at) => `[CHAPTER]\nTIMEBASE=1/1\nSTART=${at * 15}\nEND=${Math.min(at * 15 + 15, 40)}\ntitle=${name}\n`);
  writeFileSync(join(folder, 'chapters.txt'), `;FFMETADATA1\n${chapters.join('')}`);
  const stamp = (second: number) => `00:00:${String(second).padStart(2, '0')},000`;
  for (const [language, word] of [['eng', 'Hello'], ['deu', 'Hallo']]) {
    const cues = Array.from({ length: 13 }, (_, at) => `${at + 1}\n${stamp(at * 3)} --> ${stamp(at * 3 + 3)}\n${word} ${at + 1}\n`);
    writeFileSync(join(folder, `${language}.srt`), cues.join('\n'));
  }
  const inputs = [picture, join(folder, 'eng.srt'), join(folder, 'deu.srt'), join(folder, 'chapters.txt')].flatMap((input) => ['-i', input]);
  const tone = ['-f', 'lavfi', '-i', 'sine=frequency=330:duration=40'];
  const maps = ['0:v', '0:a', '4:a', '1', '2'].flatMap((map) => ['-map', map]);
  const languages = ['a:0=eng', 'a:1=deu', 's:0=eng', 's:1=deu'].flatMap((stream) => {
    const [which, language] = stream.split('=');
    return [`-metadata:s:${which}`, `language=${language}`];
  });
  const rest = ['-map_metadata', '3', '-c:v', 'copy', '-c:a', 'aac', '-c:s', 'srt', ...languages, path];
  execFileSync('ffmpeg', ['-v', 'error', '-y', ...inputs, ...tone, ...maps, ...rest], { stdio: ['ignore', 'ignore', 'inherit'] });
  return path;
}

/** The picture begins three frames behind the sound. */
export function lateFilm(title: string): string {
  late ??= encode(join(folder, 'late.mp4'), 12, `${H264} -fps_mode passthrough`, '-itsoffset 0.12');
  const path = join(folder, `${title}.mp4`);
  copyFileSync(late, path);
  return path;
}

/**
 * The twelve seconds in a file of `size` bytes that takes next to no room on the disk: behind them are holes, and between
 * these a few bytes each that are found nowhere else.
 */
export function enormousFilm(title: string, size: number): string {
  const path = film(title);
  // A box whose content nobody looks at, with a length of 64 bits (ISO 14496-12, 4.2 and 8.1.2).
  const box = Buffer.from('\0\0\0\x01free\0\0\0\0\0\0\0\0', 'latin1');
  box.writeBigUInt64BE(BigInt(size - readFileSync(path).length), 8);
  appendFileSync(path, box);
  truncateSync(path, size);
  const file = openSync(path, 'r+');
  for (let at = 5_000_000; at < size - 16; at += 5_000_000) writeSync(file, randomBytes(16), 0, 16, at);
  closeSync(file);
  return path;
}

/** The twelve seconds with so many megabytes that mean nothing, other ones each time: what matters is the way here. */
export function heavyFilm(title: string, megabytes: number): string {
  original ??= encode(join(folder, 'original.mp4'));
  const path = join(folder, `${title}.mp4`);
  const size = Buffer.alloc(4);
  size.writeUInt32BE(8 + megabytes * 2 ** 20);
  const free = [size, Buffer.from('free'), randomBytes(megabytes * 2 ** 20)];
  writeFileSync(path, Buffer.concat([readFileSync(original), ...free]));
  return path;
}

/** Looks like an MP4 by its first bytes, and is noise from there on. */
export function brokenFilm(title: string): string {
  original ??= encode(join(folder, 'original.mp4'));
  const path = join(folder, `${title}.mp4`);
  writeFileSync(path, Buffer.concat([readFileSync(original).subarray(0, 32), randomBytes(300_000)]));
  return path;
}

export function textNamedFilm(title: string): string {
  const path = join(folder, `${title}.mp4`);
  writeFileSync(path, 'This is a letter, whatever its name says.\n'.repeat(500));
  return path;
}

function encode(path: string, seconds = 12, codec = H264, input = '', picture = '640x360:rate=25'): string {
  const command = [
    '-v error -y',
    `${input} -f lavfi -i testsrc2=size=${picture}:duration=${seconds}`,
    `-f lavfi -i sine=frequency=440:duration=${seconds}`,
    `${codec} -pix_fmt yuv420p -g 50 -c:a aac -shortest`,
  ].join(' ');
  execFileSync('ffmpeg', [...command.split(' ').filter(Boolean), path], { stdio: ['ignore', 'ignore', 'inherit'] });
  return path;
}
