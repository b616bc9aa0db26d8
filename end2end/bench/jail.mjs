// What the jail costs: the same work with and without, by turns, in one program (worker/examples/overhead.rs).
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { footage } from './footage.mjs';
import { median, percent, seconds } from './table.mjs';

const LENGTH = 8;

export async function jail({ film: given, rounds }) {
  const film = given ?? footage(LENGTH, { copyable: false });
  const program = join(process.env.KINORA_BIN_DIR, 'examples', 'overhead');
  const { stdout } = await promisify(execFile)(program, [film, `${rounds}`]);
  const pairs = JSON.parse(stdout);
  const [inside, outside] = [pairs.map((pair) => pair.inside), pairs.map((pair) => pair.outside)];
  const each = pairs.map((pair) => percent(pair.inside / pair.outside - 1)).join(', ');
  const more = `${seconds(median(inside))} in a child, ${seconds(median(outside))} without; by round: ${each}; aim: 3 %`;
  return [['a chunk of 1080p in the jail, more than without', percent(median(inside) / median(outside) - 1), more]];
}
