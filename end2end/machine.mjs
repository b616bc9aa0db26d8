// What the machine tells and gives.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';

/** A port of this machine that nobody listens on. */
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/** What a file of proc(5) says; nothing of a thread or process that has ended meanwhile. */
export function known(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
