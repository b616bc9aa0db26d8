// Memory of the worker and its children by the size of what is encoded.
import { footage } from './footage.mjs';
import { remove, untilReady, uploadFile } from './kinora.mjs';
import { untilIdle } from './metrics.mjs';
import { peakWhile, pids } from './processes.mjs';
import { median, megabytes } from './table.mjs';

const HEIGHTS = [720, 1080, 2160];
const LENGTH = 8;

export async function sizes({ rounds }) {
  const rows = [];
  for (const height of HEIGHTS) {
    const film = footage(LENGTH, { copyable: false, height });
    const peaks = [];
    for (let round = 0; round < rounds; round++) {
      await untilIdle();
      const id = await uploadFile('A size', film);
      peaks.push((await peakWhile(pids.worker, () => untilReady(id))).peak);
      await remove(id);
    }
    const each = peaks.map(megabytes).join(', ');
    rows.push([`${height}p to be encoded`, `${megabytes(median(peaks))} peak`, `worker and children; by round: ${each}`]);
  }
  return rows;
}
