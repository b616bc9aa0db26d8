// The same by a worker that is set to hurry.
import { footage } from './footage.mjs';
import { compared } from './ladder.mjs';
import { instead } from './workers.mjs';

const LENGTH = 30;

export async function quick({ film: given, rounds, length = LENGTH }) {
  const film = given ?? footage(length, { copyable: false });
  return instead([{ env: { KINORA_ENCODE: 'quick' } }], async (begin) => {
    const [{ pid }] = await begin();
    return compared('', film, { rounds, pid });
  });
}
