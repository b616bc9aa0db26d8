// How many pages a core of the server makes in a second, for somebody who isn't signed in and takes brotli as browsers do.
// Beside it the least that goes through the same layers, so that another machine's figures can be compared.
import { fill } from './catalogue.mjs';
import { about, built, crowd } from './crowd.mjs';
import { watchable } from './kinora.mjs';
import { median } from './table.mjs';

const headers = { 'accept-encoding': 'gzip, deflate, br, zstd', accept: 'text/html' };

export async function serving({ rounds }) {
  fill(48);
  const film = await watchable();
  const measured = [
    ['home', '/', headers],
    ['a film’s page', `/watch/${film}`, headers],
    ['the same, not compressed', `/watch/${film}`, {}],
    ['the least there is: /healthz', '/healthz', {}],
  ].map(([name, path, headers]) => ({ name, path, headers, runs: [] }));
  // By turns, so that a noisy moment hits all.
  for (let round = 0; round < rounds; round++) {
    for (const { path, headers, runs } of measured) runs.push(await crowd(path, { status: 200, headers }));
  }
  const each = ({ runs }) => median(runs.map(({ count, cpu }) => cpu / count));
  const least = each(measured.at(-1));
  return measured.map((page) => {
    const times = page === measured.at(-1) ? `built as ${built}` : `${(each(page) / least).toFixed(1)} times the least`;
    return [`${page.name}, a second and core of the server`, `${Math.round(1 / each(page))}/s`, `${times}; ${about(page.runs.at(-1))}`];
  });
}
