// What it costs that a segment's stable address leads through the server: the access check, a signature and a redirect.
import { execFileSync } from 'node:child_process';
import { about, built, crowd, perCore } from './crowd.mjs';
import { authorized, baseURL, expectStatus, playlists, request, watchable } from './kinora.mjs';
import { median, milliseconds, percent, percentile } from './table.mjs';

const PAIRS = 400;
/** Requests that are under way on each line. */
const AHEAD = 16;

export async function hop() {
  const film = await watchable();
  const { object } = await playlists(film);
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
  const p95 = (times) => `p95 ${milliseconds(percentile(times, 0.95))}`;
  const share = median(hops) / (median(hops) + median(reads));
  const path = new URL(object).pathname;
  const anyone = await crowd(path, { ahead: AHEAD });
  const guest = await crowd(path, { ahead: AHEAD, headers: { cookie: await guestOf(film) } });
  const rows = [
    ['GET /m/…, 302, one after another', milliseconds(median(hops)), `${p95(hops)}, ${PAIRS} requests on a kept connection`],
    ['the presigned URL, to its first bytes', milliseconds(median(reads)), `${p95(reads)}, by turns with the former`],
    ['the hop’s share of both', percent(share), 'of the time to a segment’s first bytes'],
    ['redirects a second and core of the server', perCore(anyone), `${about(anyone)}; built as ${built}; aim: 20,000 as release`],
    ['the same, of a private film by a share link', perCore(guest), about(guest)],
  ];
  const signing = signatures();
  return signing ? [...rows, ['a URL is signed in', `${signing.ours_us} µs`, `${signing.sdk_us} µs by the SDK; built as ${signing.profile}; aim: 3 µs as release`]] : rows;
}

/** What the example of `platform` says, if it is built. */
function signatures() {
  try {
    const { KINORA_BIN_DIR } = process.env;
    return JSON.parse(execFileSync(`${KINORA_BIN_DIR}/examples/presign`, { encoding: 'utf8' }));
  } catch {
    return undefined;
  }
}

/** The cookie of somebody who came by a share link; the film is private from now on. */
async function guestOf(film) {
  await authorized(200, 'PATCH', `/videos/${film}`, { visibility: 'private' });
  const { url } = await authorized(201, 'POST', `/videos/${film}/links`, { expires: '1h' });
  const { pathname, search } = new URL(url);
  const arrived = await request(`${baseURL}${pathname}${search}`);
  return arrived.headers['set-cookie'][0].split(';')[0];
}
