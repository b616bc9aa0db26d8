// What it costs that a segment's stable address leads through the server: the access check and a redirect.
import { expectStatus, playlists, watchable } from './kinora.mjs';
import { median, milliseconds, percent, percentile } from './table.mjs';

const PAIRS = 400;
const CROWD = 16;
const CROWD_REQUESTS = 4_000;

export async function hop() {
  const { object } = await playlists(await watchable());
  const signed = (await expectStatus(302, object)).headers.location;
  const ask = async () => (await expectStatus(302, object)).ms;
  const read = async () => (await expectStatus(206, signed, { headers: { range: 'bytes=0-1023' } })).firstByte;
  for (let warm = 0; warm < 20; warm++) await Promise.all([ask(), read()]);

  const [hops, reads] = [[], []];
  // By turns, so that a noisy moment hits both.
  for (let pair = 0; pair < PAIRS; pair++) {
    hops.push(await ask());
    reads.push(await read());
  }
  const crowd = [];
  const begun = performance.now();
  const lane = async () => {
    while (crowd.length < CROWD_REQUESTS) crowd.push(await ask());
  };
  await Promise.all(Array.from({ length: CROWD }, lane));
  const rate = crowd.length / ((performance.now() - begun) / 1000);

  const p95 = (times) => `p95 ${milliseconds(percentile(times, 0.95))}`;
  const share = median(hops) / (median(hops) + median(reads));
  return [
    ['GET /m/…, 302, one after another', milliseconds(median(hops)), `${p95(hops)}, ${PAIRS} requests on a kept connection`],
    ['the presigned URL, to its first bytes', milliseconds(median(reads)), `${p95(reads)}, by turns with the former`],
    ['the hop’s share of both', percent(share), 'of the time to a segment’s first bytes'],
    [`GET /m/… by ${CROWD} at once`, `${rate.toFixed(0)}/s`, `${p95(crowd)}; the one who asks has the same cores`],
  ];
}
