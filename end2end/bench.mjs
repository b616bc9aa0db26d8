// What Kinora costs, measured: `node end2end/bench.mjs [--only memory,ladder] [--film FILE] [--rounds N]`, or the same words
// in capitals as variables of `make bench`. Smaller measurements, to see that they work: `--length SECONDS` of films,
// `--players N`. Wants `kinora-dev exec --app` around it. Nothing here passes or fails by a time: machines differ, and so
// do moments.
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { firstFrame } from './bench/first-frame.mjs';
import { hop } from './bench/hop.mjs';
import { jail } from './bench/jail.mjs';
import { ladder } from './bench/ladder.mjs';
import { memory } from './bench/memory.mjs';
import { pages } from './bench/pages.mjs';
import { queue } from './bench/queue.mjs';
import { quick } from './bench/quick.mjs';
import { reads } from './bench/reads.mjs';
import { scale } from './bench/scale.mjs';
import { search } from './bench/search.mjs';
import { serving } from './bench/serving.mjs';
import { sizes } from './bench/sizes.mjs';
import { start } from './bench/start.mjs';
import { table } from './bench/table.mjs';
import { upload } from './bench/upload.mjs';
import { waiting } from './bench/waiting.mjs';

// Memory is first, so that idle is idle; search is last, so that its films are in nobody's way.
const parts = { memory, upload, ladder, quick, 'first-frame': firstFrame, queue, scale, sizes, reads, jail, waiting, start, pages, serving, hop, search };

const names = ['only', 'film', 'rounds', 'length', 'players'];
const { values } = parseArgs({ options: Object.fromEntries(names.map((name) => [name, { type: 'string' }])) });
const given = (name) => values[name] || process.env[name.toUpperCase()] || undefined;
const wanted = given('only')?.split(',') ?? Object.keys(parts);
const number = (name) => given(name) && Number(given(name));
const options = { film: given('film'), rounds: number('rounds') ?? 3, length: number('length'), players: number('players') };

const wrong =
  wanted.some((name) => !parts[name]) ? `there is: ${Object.keys(parts).join(', ')}`
  : options.film && !existsSync(options.film) ? `${options.film} isn't there`
  : [options.rounds, options.length ?? 1, options.players ?? 1].some((number) => !(number >= 1)) ?
    'ROUNDS, LENGTH and PLAYERS are numbers from 1 on'
  : !process.env.KINORA_SERVER_PID ? 'run it by `make bench`'
  : undefined;
if (wrong) {
  console.error(`bench: ${wrong}`);
  process.exit(2);
}

// So that temporary folders are removed, which is done at `exit`.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(130));

const rows = [];
for (const [name, measure] of Object.entries(parts)) {
  if (!wanted.includes(name)) continue;
  const begun = performance.now();
  process.stderr.write(`bench: ${name} …`);
  try {
    for (const row of await measure(options)) rows.push([name, ...row]);
  } catch (error) {
    rows.push([name, 'could not be measured', '', error.message.split('\n')[0]]);
    process.stderr.write(`\n${error.stack}\n`);
    process.exitCode = 1;
  }
  process.stderr.write(` ${((performance.now() - begun) / 1000).toFixed(0)} s\n`);
}
console.log(`\n${table(['', 'what', 'figure', ''], rows)}`);
// Kept-alive connections would hold the process for a while.
process.exit();
