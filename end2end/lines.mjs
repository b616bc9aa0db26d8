import { once } from 'node:events';
import http from 'node:http';
import { buffer } from 'node:stream/consumers';

/**
 * What happens to a part on its way: a bit of it is turned over, the connection breaks half-way, its signature is too old,
 * the storage has a hiccup, or it waits until the line is released.
 * @typedef {'flip' | 'drop' | 'expire' | 'hiccup' | 'hold'} Accident
 */

/**
 * A line to the site and to the storage that has accidents. A browser takes it as its proxy.
 * @typedef {object} Line
 * @property {string} url
 * @property {string[]} puts PUTs that were asked for, in order.
 * @property {number} taken How many of them the storage took.
 * @property {(nth: number) => Accident | undefined} accidents Says what happens to the nth PUT, counted from 0.
 * @property {number} latency Milliseconds before anything is passed on.
 * @property {Set<string>} streams Event streams that are open at the moment.
 * @property {number} opened How many were opened so far.
 * @property {boolean} isHushed What they tell is held back until they tell something when it isn't hushed any more.
 * @property {() => void} release Lets go of what is held, and holds nothing any more.
 * @property {() => void} close
 */

/** @returns {Promise<Line>} */
export async function badLine() {
  let release = () => {};
  /** @type {Promise<void> | undefined} */
  let held = new Promise((resolve) => (release = resolve));
  /** @type {Line} */
  const line = {
    url: '',
    puts: [],
    taken: 0,
    streams: new Set(),
    opened: 0,
    isHushed: false,
    accidents: () => undefined,
    latency: 0,
    release() {
      held = undefined;
      release();
    },
    close() {
      line.release();
      server.close();
      server.closeAllConnections();
    },
  };

  const server = http.createServer(async (request, response) => {
    request.on('error', () => response.destroy());
    const target = new URL(request.url);
    const accident = request.method === 'PUT' ? line.accidents(line.puts.push(target.pathname + target.search) - 1) : undefined;
    if (line.latency) await new Promise((resolve) => setTimeout(resolve, line.latency));
    let whole;
    if (accident === 'hold') {
      // Were it not read, nobody would notice that the browser has given it up.
      whole = await buffer(request).catch(() => undefined);
      await held;
      if (!whole || request.socket.destroyed) return;
    }
    if (accident === 'expire') target.searchParams.set('X-Amz-Date', '20200101T000000Z');
    if (accident === 'hiccup') {
      const origin = request.headers.origin ?? '*';
      request.resume().on('end', () => response.writeHead(503, { 'access-control-allow-origin': origin }).end());
      return;
    }
    if (target.pathname === '/api/v1/events') {
      const stream = `${target.search}#${(line.opened += 1)}`;
      line.streams.add(stream);
      response.on('close', () => line.streams.delete(stream));
    }
    const way = http.request(target, { method: request.method, headers: request.headers }, (answer) => {
      if (request.method === 'PUT' && answer.statusCode === 200) line.taken += 1;
      response.writeHead(answer.statusCode, answer.headers);
      if (target.pathname !== '/api/v1/events') {
        answer.pipe(response);
        return;
      }
      const told = [];
      answer.on('data', (bytes) => {
        told.push(bytes);
        if (!line.isHushed) response.write(Buffer.concat(told.splice(0)));
      });
      answer.on('end', () => response.end(Buffer.concat(told)));
    });
    way.on('error', () => response.destroy());
    response.on('close', () => way.destroy());
    if (whole) {
      way.end(whole);
      return;
    }
    let passed = 0;
    const half = Number(request.headers['content-length'] ?? 0) / 2;
    request.on('data', (bytes) => {
      const before = passed;
      passed += bytes.length;
      if (accident && before <= half && passed > half) {
        if (accident === 'drop') {
          request.socket.destroy();
          way.destroy();
          return;
        }
        if (accident === 'flip') bytes[Math.floor(half) - before] ^= 1;
      }
      if (!way.write(bytes)) {
        request.pause();
        way.once('drain', () => request.resume());
      }
    });
    request.on('end', () => way.end());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  line.url = `http://127.0.0.1:${server.address().port}`;
  return line;
}
