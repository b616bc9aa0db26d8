// How long somebody who comes for the first time waits for the first frame of a film, beside a plain page with hls.js out of
// the box and the same film, over the same slow line.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
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
/** Bytes that go over the line at a time. */
const PIECE = 4096;
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

/** A browser's way to the site, to the storage, and to a page that knows nothing of either: so slow, and so far. */
async function slowLine(playlist, latency, rate) {
  const agent = new http.Agent({ keepAlive: true });
  // When the line is free again: all that comes shares it.
  let free = 0;
  const pass = async (answer, response) => {
    for await (const bytes of answer) {
      for (let at = 0; at < bytes.length; at += PIECE) {
        const piece = bytes.subarray(at, at + PIECE);
        free = Math.max(free, performance.now()) + (piece.length * 8000) / rate;
        await sleep(free - performance.now());
        response.write(piece);
      }
    }
    response.end();
  };
  const server = http.createServer(async (request, response) => {
    const target = new URL(request.url);
    await sleep(latency);
    const here = { '/plain/': ['text/html', brotliCompressSync(plainPage(playlist))], '/plain/hls.min.js': ['text/javascript', library] }[target.pathname];
    if (here) {
      response.writeHead(200, { 'content-type': here[0], 'content-encoding': 'br' });
      return pass([here[1]], response);
    }
    const way = http.request(target, { agent, method: request.method, headers: request.headers }, (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      pass(answer, response).catch(() => response.destroy());
    });
    way.on('error', () => response.destroy());
    response.on('close', () => way.destroy());
    request.pipe(way);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${server.address().port}`, close: () => server.closeAllConnections() ?? server.close() };
}

export async function start({ rounds }) {
  const film = await uploadFile('The first frame in a browser', footage(LENGTH));
  await untilReady(film);
  await untilIdle();
  const { playback } = await video(film);
  const browser = await chromium.launch({ executablePath, args });
  const rows = [];
  try {
    for (const [name, latency, rate] of LINES) {
      const [ours, plain] = [[], []];
      const line = await slowLine(playback.hls, latency, rate);
      // By turns, so that a noisy moment hits both.
      for (let round = 0; round < rounds; round++) {
        ours.push(await look(browser, line.url, `/watch/${film}`));
        plain.push(await look(browser, line.url, '/plain/'));
      }
      line.close();
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
  }
}

/** Milliseconds from the navigation until the first frame can be seen; the rungs in the order in which they were asked for. */
async function look(browser, proxy, path) {
  const context = await browser.newContext({ baseURL, viewport: { width: 1280, height: 800 }, proxy: { server: proxy, bypass: '<-loopback>' } });
  try {
    const page = await context.newPage();
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
    await page.goto(path, { waitUntil: 'commit' });
    const frame = await page.waitForFunction(() => window.firstFrame, undefined, { timeout: PATIENCE, polling: 100 });
    const ms = await frame.jsonValue();
    await page.evaluate(() => document.querySelector('video').play().catch(() => {}));
    await page.waitForFunction((until) => document.querySelector('video').currentTime > until, PLAYED, { timeout: PATIENCE });
    return { ms, rungs, shift: await page.evaluate(() => window.shift) };
  } finally {
    await context.close();
  }
}
