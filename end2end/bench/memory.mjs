// Memory of server and worker, its children included: idle, while a large file comes in, and while it is encoded.
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { footage } from './footage.mjs';
import { untilReady, upload } from './kinora.mjs';
import { held, pids } from './processes.mjs';
import { median, megabytes, seconds } from './table.mjs';

const SIZE = 2_000_000_000;
const ENCODED = 24;

export async function memory() {
  const [film, rows] = [footage(ENCODED, { copyable: false }), []];
  const phase = async (name, work) => {
    const { taken, samples } = await watched(work);
    for (const [who, pid] of Object.entries(pids)) {
      const seen = [held(pid), ...samples[who]];
      const more = `typically ${megabytes(median(seen))}, after ${seconds(taken)}`;
      rows.push([`${who}, ${name}`, `${megabytes(Math.max(...seen))} peak`, more]);
    }
  };
  let id;
  await phase('idle', () => sleep(4_000));
  await phase('a 2 GB film is uploaded', async () => {
    id = await upload('Two gigabytes', SIZE, padded(film));
  });
  await phase('it is encoded', () => untilReady(id));
  return rows.sort(([a], [b]) => a.split(',')[0].localeCompare(b.split(',')[0]));
}

/** The film, and a `free` box (ISO 14496-12, 8.1.2) behind it that makes it as large as wanted. */
function padded(path) {
  const film = readFileSync(path);
  const box = Buffer.from('\0\0\0\0free', 'latin1');
  box.writeUInt32BE(SIZE - film.length);
  const head = Buffer.concat([film, box]);
  return (start, length) => {
    const part = Buffer.alloc(length);
    if (start < head.length) head.copy(part, 0, start);
    return part;
  };
}

async function watched(work) {
  const samples = Object.fromEntries(Object.keys(pids).map((who) => [who, []]));
  const timer = setInterval(() => {
    for (const [who, pid] of Object.entries(pids)) samples[who].push(held(pid));
  }, 100);
  const begun = performance.now();
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
  return { taken: (performance.now() - begun) / 1000, samples };
}
