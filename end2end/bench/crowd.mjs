// Many who ask for the same at once, and what it costs the server.
import net from 'node:net';
import { answers } from './answers.mjs';
import { baseURL } from './kinora.mjs';
import { cpuSeconds, pids } from './processes.mjs';

const LINES = 32;
const SECONDS = 6;

/**
 * Asks for `path` on lines of its own, `ahead` requests under way on each, so that the one who asks doesn't wait for the
 * one who answers: how many were answered, in how many seconds, and how many of a core the server used meanwhile.
 * Anything but `status` is an error that says what came.
 */
export async function crowd(path, { status = 302, headers = {}, ahead = 1 } = {}) {
  const { hostname, port, host } = new URL(baseURL);
  const lines = Object.entries({ host, ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  const asked = Buffer.from(`GET ${path} HTTP/1.1\r\n${lines.join('')}\r\n`);
  let [count, going] = [0, true];
  const wrong = new Map();
  let example = '';
  const line = () =>
    new Promise((resolve, reject) => {
      const socket = net.connect({ host: hostname === 'localhost' ? '127.0.0.1' : hostname, port });
      socket.setNoDelay(true);
      let [open, done] = [ahead, 0];
      const read = answers((answered, body) => {
        done++;
        if (answered === status) return;
        wrong.set(answered, (wrong.get(answered) ?? 0) + 1);
        example ||= `${Buffer.concat(body)}`.slice(0, 200);
      });
      socket.on('error', reject);
      socket.on('close', () => (going ? reject(new Error('the server closed a connection')) : resolve()));
      socket.on('data', (bytes) => {
        read(bytes);
        const now = done;
        done = 0;
        count += now;
        open -= now;
        if (!going) {
          if (!open) socket.end();
          return;
        }
        if (now) socket.write(Buffer.concat(Array(now).fill(asked)));
        open += now;
      });
      socket.on('connect', () => socket.write(Buffer.concat(Array(ahead).fill(asked))));
    });
  const begun = { at: performance.now(), cpu: cpuSeconds(pids.server) };
  const all = Promise.all(Array.from({ length: LINES }, line));
  await Promise.race([all, new Promise((resolve) => setTimeout(resolve, SECONDS * 1000))]);
  going = false;
  await all;
  const [wall, cpu] = [(performance.now() - begun.at) / 1000, cpuSeconds(pids.server) - begun.cpu];
  if (wrong.size) {
    const which = [...wrong].map(([status, times]) => `${times} × ${status}`).join(', ');
    throw new Error(`of ${count} answers to ${path} some weren't ${status}: ${which}; the first said ${example}`);
  }
  return { count, cpu, wall };
}

export const perCore = ({ count, cpu }) => `${Math.round(count / cpu)}/s`;
export const about = ({ count, cpu, wall }) => `${count} in ${wall.toFixed(1)} s, in which the server used ${cpu.toFixed(1)} s of a core`;

/** How the programs that are measured were built. */
export const built = (process.env.KINORA_BIN_DIR ?? '').endsWith('/release') ? 'release' : 'dev: our crates unoptimised';
