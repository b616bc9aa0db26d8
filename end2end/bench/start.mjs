// How long somebody who comes for the first time waits for the first frame of a film, beside a plain page with hls.js out of
// the box and the same film. Both come through the same proxy, over a line that Chromium makes slow.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import { createRequire } from 'node:module';
import { brotliCompressSync } from 'node:zlib';
import { chromium } from 'playwright-core';
import { args, baseURL, executablePath } from '../browser.mjs';
import { footage } from './footage.mjs';
import { untilReady, uploadFile, video } from './kinora.mjs';
import { untilIdle } from './metrics.mjs';
import { median, milliseconds } from './table.mjs';

const LINES = [
  ['120 ms, 8 Mbit/s', 120, 8e6],
  ['40 ms, 20 Mbit/s', 40, 20e6],
];
const LENGTH = 40;
const PATIENCE = 30_000;
/** Seconds of the film that are played after the first frame, to see which rungs come. */
const PLAYED = 10;

const library = brotliCompressSync(readFileSync(createRequire(import.meta.url).resolve('hls.js/dist/hls.min.js')));

const plainPage = (playlist) => `<!doctype html><meta charset="utf-8"><title>Plain</title>
<video controls playsinline style="width:100%"></video>
<script src="/plain/hls.min.js"></script>
<script>
const hls = new Hls();
hls.loadSource(${JSON.stringify(playlist)});
hls.attachMedia(document.querySelector('video'));
</script>`;

/** The site, and beside it a page that knows nothing of it. */
async function proxy(playlist) {
  const agent = new http.Agent({ keepAlive: true });
  const server = http.createServer((request, response) => {
    if (request.url === '/plain/') {
      response.writeHead(200, { 'content-type': 'text/html', 'content-encoding': 'br' }).end(brotliCompressSync(plainPage(playlist)));
    } else if (request.url === '/plain/hls.min.js') {
      response.writeHead(200, { 'content-type': 'text/javascript', 'content-encoding': 'br' }).end(library);
    } else {
      const way = http.request(new URL(request.url, baseURL), { agent, method: request.method, headers: request.headers }, (answer) => {
        response.writeHead(answer.statusCode, answer.headers);
        answer.pipe(response);
      });
      way.on('error', () => response.destroy());
      request.pipe(way);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { origin: `http://127.0.0.1:${server.address().port}`, close: () => server.closeAllConnections() ?? server.close() };
}

export async function start({ rounds }) {
  const film = await uploadFile('The first frame in a browser', footage(LENGTH));
  await untilReady(film);
  await untilIdle();
  const { playback } = await video(film);
  const site = await proxy(playback.hls);
  const browser = await chromium.launch({ executablePath, args });
  const rows = [];
  try {
    for (const [name, latency, rate] of LINES) {
      const [ours, plain] = [[], []];
      // By turns, so that a noisy moment hits both.
      for (let round = 0; round < Math.max(rounds, 5); round++) {
        ours.push(await look(browser, `${site.origin}/watch/${film}`, latency, rate));
        plain.push(await look(browser, `${site.origin}/plain/`, latency, rate));
      }
      const time = (looks) => median(looks.map(({ ms }) => ms));
      const shift = Math.max(...ours.map(({ shift }) => shift));
      const { rungs } = ours.sort((one, other) => one.ms - other.ms)[ours.length >> 1];
      rows.push(
        [`first frame, ${name}`, milliseconds(time(ours)), `${(time(ours) / time(plain)).toFixed(2)} of the plain page’s ${milliseconds(time(plain))}; aim: 0.50`],
        [`rungs of the first segments, ${name}`, rungs.slice(0, 5).join(' '), `layout shift ${shift.toFixed(3)}`],
      );
    }
    return rows;
  } finally {
    await browser.close();
    site.close();
  }
}

/** Milliseconds from the navigation until the first frame can be seen; the rungs in the order in which they were asked for. */
async function look(browser, address, latency, rate) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  try {
    const page = await context.newPage();
    const cdp = await context.newCDPSession(page);
    await cdp.send('Network.enable');
    await cdp.send('Network.emulateNetworkConditions', { offline: false, latency, downloadThroughput: rate / 8, uploadThroughput: rate / 8 });
    const rungs = [];
    page.on('request', (request) => {
      const rung = /\/m\/[^/]+\/\d+\.\d+\/(\d+p)\.m4s$/.exec(new URL(request.url()).pathname)?.[1];
      if (rung) rungs.push(rung);
    });
    await page.addInitScript(() => {
      window.shift = 0;
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) window.shift += entry.value;
      }).observe({ type: 'layout-shift', buffered: true });
      document.addEventListener('loadeddata', () => (window.firstFrame ??= performance.now()), { capture: true });
    });
    await page.goto(address, { waitUntil: 'commit' });
    const frame = await page.waitForFunction(() => window.firstFrame, undefined, { timeout: PATIENCE, polling: 100 });
    const ms = await frame.jsonValue();
    await page.evaluate(() => document.querySelector('video').play().catch(() => {}));
    await page.waitForFunction((until) => document.querySelector('video').currentTime > until, PLAYED, { timeout: PATIENCE });
    return { ms, rungs, shift: await page.evaluate(() => window.shift) };
  } finally {
    await context.close();
  }
}
