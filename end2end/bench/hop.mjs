// What it costs that a segment's stable address leads through the server: the access check, a signature and a redirect.
import { execFileSync } from 'node:child_process';
import net from 'node:net';
import { authorized, baseURL, expectStatus, playlists, request, watchable } from './kinora.mjs';
import { cpuSeconds, pids } from './processes.mjs';
import { median, milliseconds, percent, percentile } from './table.mjs';

const PAIRS = 400;
const LINES = 32;
/** Requests that are under way on each line: so the one who asks doesn't wait for the one who answers. */
const AHEAD = 16;
const SECONDS = 6;

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
  const bin = process.env.KINORA_BIN_DIR ?? '';
  const built = bin.endsWith('/release') ? 'release' : 'dev: our crates unoptimised';
  const path = new URL(object).pathname;
  const anyone = await crowd(path, {});
  const guest = await crowd(path, { cookie: await guestOf(film) });
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

const perCore = ({ count, cpu }) => `${Math.round(count / cpu)}/s`;
const about = ({ count, cpu, wall }) => `${count} in ${wall.toFixed(1)} s, in which the server used ${cpu.toFixed(1)} s of a core`;

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

/** Everybody asks for the same on lines of their own; what was answered in that time, and what it cost the server. */
async function crowd(path, headers) {
  const { hostname, port, host } = new URL(baseURL);
  const lines = Object.entries({ host, ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  const asked = Buffer.from(`GET ${path} HTTP/1.1\r\n${lines.join('')}\r\n`);
  const [END, GOOD] = [Buffer.from('\r\n\r\n'), Buffer.from('HTTP/1.1 302')];
  let [count, wrong, going] = [0, 0, true];
  const line = () =>
    new Promise((resolve, reject) => {
      const socket = net.connect({ host: hostname === 'localhost' ? '127.0.0.1' : hostname, port });
      socket.setNoDelay(true);
      let rest = Buffer.alloc(0);
      let open = AHEAD;
      socket.on('error', reject);
      socket.on('close', () => (going ? reject(new Error('the server closed a connection')) : resolve()));
      socket.on('data', (bytes) => {
        rest = rest.length ? Buffer.concat([rest, bytes]) : bytes;
        let [begin, done] = [0, 0];
        // A redirect has no body: one answer ends where its head does.
        for (let end = rest.indexOf(END); end >= 0; end = rest.indexOf(END, begin)) {
          if (rest.compare(GOOD, 0, GOOD.length, begin, begin + GOOD.length)) wrong++;
          begin = end + END.length;
          done++;
        }
        rest = rest.subarray(begin);
        count += done;
        open -= done;
        if (!going) {
          if (!open) socket.end();
          return;
        }
        if (done) socket.write(Buffer.concat(Array(done).fill(asked)));
        open += done;
      });
      socket.on('connect', () => socket.write(Buffer.concat(Array(AHEAD).fill(asked))));
    });
  const begun = { at: performance.now(), cpu: cpuSeconds(pids.server) };
  const all = Promise.all(Array.from({ length: LINES }, line));
  await Promise.race([all, new Promise((resolve) => setTimeout(resolve, SECONDS * 1000))]);
  going = false;
  await all;
  const [wall, cpu] = [(performance.now() - begun.at) / 1000, cpuSeconds(pids.server) - begun.cpu];
  if (wrong) throw new Error(`${wrong} of ${count} answers were no redirects`);
  return { count, cpu, wall };
}
