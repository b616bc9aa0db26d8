// What a browser that comes for the first time has to fetch, by Chromium's own count: headers and compressed bodies.
import { chromium } from 'playwright-core';
import { args, baseURL, executablePath } from '../browser.mjs';
import { fill } from './catalogue.mjs';
import { watchable } from './kinora.mjs';
import { kilobytes, median } from './table.mjs';

const LOADS = 3;
const KINDS = ['html', 'js', 'wasm', 'css', 'player', 'other'];
/** What can be compressed and is worth it. */
const COMPRESSIBLE = /^(text\/|application\/(javascript|json|wasm|vnd\.apple))/;

export async function pages() {
  // Two pages of cards, as a house that is in use has them.
  fill(48);
  const film = await watchable();
  const browser = await chromium.launch({ executablePath, args });
  try {
    const home = await weigh(browser, '/', (page) => page.waitForLoadState());
    const homeAwake = await weigh(browser, '/', async (page) => {
      await page.mouse.move(1, 1);
      await page.locator('html[data-hydrated]').waitFor({ state: 'attached' });
    });
    const watch = await weigh(browser, `/watch/${film}`, plays);
    const embed = await weigh(browser, `/embed/${film}`, (page) => page.waitForLoadState());
    const embedPlays = await weigh(browser, `/embed/${film}?autoplay=1&muted=1`, ready);
    return [
      ['home, without posters', ...figure(home)],
      ['the same, once somebody stirs', ...figure(homeAwake)],
      ['watch, with player, without poster and segments', ...figure(watch)],
      ['embedded film, before somebody presses play', ...figure(embed)],
      ['the same, playing', ...figure(embedPlays)],
    ];
  } finally {
    await browser.close();
  }
}

async function plays(page) {
  await page.getByTestId('player').locator('video').waitFor();
  await ready(page);
}

async function ready(page) {
  await page.waitForFunction(() => document.querySelector('video').readyState > 2, undefined, { timeout: 30_000 });
}

function figure(loads) {
  const of = (kind) => median(loads.map(({ bytes }) => bytes[kind] ?? 0));
  const total = median(loads.map(({ bytes }) => KINDS.reduce((sum, kind) => sum + (bytes[kind] ?? 0), 0)));
  const split = KINDS.filter(of).map((kind) => `${kind} ${kilobytes(of(kind))}`);
  const plain = loads[0].plain.length ? `; not brotli: ${loads[0].plain.join(' ')}` : '';
  return [kilobytes(total), `${split.join(', ')}; left out: pictures ${kilobytes(of('picture'))}${plain}`];
}

async function weigh(browser, path, settled) {
  const loads = [];
  for (let load = 0; load < LOADS; load++) {
    const context = await browser.newContext({ baseURL, viewport: { width: 1280, height: 800 } });
    const page = await context.newPage();
    const weight = await listen(await context.newCDPSession(page));
    await page.goto(path);
    await settled(page);
    await page.waitForLoadState('networkidle', { timeout: 5_000 }).catch(() => {});
    await context.close();
    loads.push(weight);
  }
  return loads;
}

/** Adds up by kind while the page loads. */
async function listen(cdp) {
  const [bytes, plain, open] = [{}, [], new Map()];
  const add = (kind, count) => (bytes[kind] = (bytes[kind] ?? 0) + count);
  cdp.on('Network.requestWillBeSent', ({ requestId, request, type, redirectResponse }) => {
    if (redirectResponse) add(open.get(requestId), redirectResponse.encodedDataLength);
    open.set(requestId, kindOf(new URL(request.url), type));
  });
  cdp.on('Network.responseReceived', ({ requestId, response }) => {
    const coding = new Headers(response.headers).get('content-encoding');
    const counts = KINDS.includes(open.get(requestId)) && COMPRESSIBLE.test(response.mimeType);
    if (counts && coding !== 'br') plain.push(new URL(response.url).pathname);
  });
  cdp.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => add(open.get(requestId), encodedDataLength));
  await cdp.send('Network.enable');
  return { bytes, plain };
}

function kindOf({ origin, pathname }, type) {
  if (type === 'Image' && pathname !== '/favicon.svg') return 'picture';
  if (type === 'Document') return 'html';
  if (pathname.endsWith('.m3u8')) return 'other';
  if (pathname.startsWith('/m/') || origin !== new URL(baseURL).origin) return 'segment';
  if (pathname.endsWith('/player.js')) return 'player';
  return /\.(js|wasm|css)$/.exec(pathname)?.[1] ?? 'other';
}
