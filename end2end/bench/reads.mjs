// What is read from S3 to make a film, beside what it weighs. The numbers are the worker's own.
import { statSync } from 'node:fs';
import { footage } from './footage.mjs';
import { remove, untilReady, uploadFile } from './kinora.mjs';
import { metric, untilIdle, workerURL } from './metrics.mjs';
import { megabytes } from './table.mjs';

const LENGTH = 64;
const KINDS = ['plan', 'copy', 'encode', 'sound', 'pictures', 'storyboard'];

export async function reads({ length = LENGTH }) {
  return [
    ...(await read('copyable: ', footage(length), ['copy'])),
    ...(await read('to be encoded: ', footage(length, { copyable: false }), ['encode'])),
  ];
}

async function read(which, film, shown) {
  await untilIdle();
  const before = await counted();
  const id = await uploadFile('Much to read', film);
  await untilReady(id);
  // The small pictures are read for after that.
  await untilIdle();
  const after = await counted();
  await remove(id);
  const size = statSync(film).size;
  const share = (kind) => (after[kind] - before[kind]) / size;
  const others = KINDS.filter((kind) => !shown.includes(kind) && share(kind) > 0);
  const all = KINDS.reduce((sum, kind) => sum + share(kind), 0);
  return [
    ...shown.map((kind) => [
      `${which}read by ${kind} tasks ÷ original`,
      share(kind).toFixed(2),
      `${megabytes(size)}, ${kind === 'copy' ? 'aim: 1.1' : 'each chunk enters the film and runs ahead a little'}`,
    ]),
    [`${which}read by all tasks ÷ original`, all.toFixed(2), others.map((kind) => `${kind} ${share(kind).toFixed(2)}`).join(', ')],
  ];
}

async function counted() {
  const counts = {};
  for (const kind of KINDS) counts[kind] = await metric(workerURL, 'kinora_read_bytes_total', { kind });
  return counts;
}
