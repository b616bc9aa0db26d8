// How fast a film leaves the browser: beside six `curl`s that PUT the same parts by the same kind of URLs at once, beside
// Uppy, in the same browser to the same storage, and beside what this browser can do at all: a page that only PUTs the parts,
// read, digested and signed before. Then over a line that is slow to answer and breaks.
import { spawn } from 'node:child_process';
import { createHash, randomBytes, randomFillSync } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, openSync, readSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';
import { args, baseURL, executablePath } from '../browser.mjs';
import { badLine } from '../lines.mjs';
import { folder } from './footage.mjs';
import { authorized, credentials, remove } from './kinora.mjs';
import { rows } from './psql.mjs';
import { megabytes, median, milliseconds, percent, seconds } from './table.mjs';

const MEGABYTES = 400;
const LANES = 6;
/** Milliseconds that the bad line adds, and which of its PUTs break. */
const [LATENCY, EVERY] = [50, 7];

export async function upload({ rounds, length }) {
  const size = (length ?? MEGABYTES) * 2 ** 20;
  const person = await credentials();
  const browser = await chromium.launch({ executablePath, args });
  try {
    const ours = [];
    const curls = [];
    const uppys = [];
    const bares = [];
    const tasks = [];
    for (let round = 0; round < rounds; round++) {
      const film = noise(size);
      // Turns change, because the first finds the file in no cache.
      const turns = [
        async () => {
          const { time, longest } = await byPage(browser, person, film);
          ours.push(time);
          tasks.push(longest);
        },
        async () => curls.push(await byCurl(film, size)),
        async () => uppys.push(await byUppy(browser, film, size)),
        async () => bares.push(await byBareBrowser(browser, film, size)),
      ];
      for (let turn = 0; turn < turns.length; turn++) await turns[(turn + round) % turns.length]();
      rmSync(film);
    }
    const broken = await overABadLine(browser, person, noise(size / 4));
    const rate = (times) => `${megabytes(size / median(times))}/s`;
    const ratio = (others) => percent(median(others.map((time, round) => time / ours[round])));
    const by = (times) => times.map(seconds).join(', ');
    return [
      ['throughput ÷ six curls with the same parts', ratio(curls), `aim: 95 %; ${rate(ours)} and ${rate(curls)}; by round ${by(ours)} and ${by(curls)}`],
      ['throughput ÷ Uppy', ratio(uppys), `Uppy, without checksums, ${rate(uppys)}; by round ${by(uppys)}`],
      ['throughput ÷ the browser itself', ratio(bares), `a page that sends, and does nothing else, ${rate(bares)}; by round ${by(bares)}`],
      ['the browser itself ÷ six curls', percent(median(bares.map((time, round) => curls[round] / time))), 'a bare page of Blobs'],
      ['longest task of the page while it sends', tasks.every((ms) => !ms) ? 'under 50 ms' : milliseconds(Math.max(...tasks)), 'aim: 50 ms'],
      [`${LATENCY} ms more, every ${EVERY}th part broken off`, broken.ends, `${megabytes(size / 4)} in ${seconds(broken.time)}; ${broken.puts} PUTs`],
    ];
  } finally {
    await browser.close();
  }
}

/** A file that begins as a film does, and is noise: nothing on the way can make it smaller. */
function noise(size) {
  const path = join(folder(), `noise-${randomBytes(4).toString('hex')}.mp4`);
  const file = openSync(path, 'w');
  const piece = Buffer.alloc(2 ** 20);
  for (let written = 0; written < size; written += piece.length) {
    randomFillSync(piece);
    if (!written) piece.write('\0\0\0\x10ftypisom\0\0\0\0\0\0\0\x08free', 0, 'latin1');
    writeSync(file, piece, 0, Math.min(piece.length, size - written));
  }
  closeSync(file);
  return path;
}

async function signedIn(context, { username, password }) {
  const page = await context.newPage();
  await page.goto('/signin');
  await page.locator('html[data-hydrated]').waitFor({ state: 'attached' });
  await page.getByLabel('Username').fill(username);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL((url) => url.pathname !== '/signin');
  return page;
}

/** Seconds from the choice of the file until its last byte is stored, and the longest task meanwhile, in ms, if it is over 50. */
async function byPage(browser, person, film) {
  const context = await browser.newContext({ baseURL });
  try {
    return await chosen(await signedIn(context, person), film);
  } finally {
    await context.close();
  }
}

async function chosen(page, film) {
  await page.goto('/upload');
  await page.locator('html[data-hydrated]').waitFor({ state: 'attached' });
  await page.evaluate(() => {
    globalThis.longest = 0;
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) globalThis.longest = Math.max(globalThis.longest, duration);
    }).observe({ entryTypes: ['longtask'] });
  });
  // What comes behind the last part is the server's matter.
  const sent = page.waitForRequest((request) => request.url().includes('complete_upload'), { timeout: 0 });
  const begun = performance.now();
  await page.locator('input#film').setInputFiles(film);
  await sent;
  const time = (performance.now() - begun) / 1000;
  const longest = await page.evaluate(() => globalThis.longest);
  const link = page.getByTestId('upload-row').getByRole('link', { name: 'Watch' });
  await link.or(page.getByRole('button', { name: 'Remove' })).first().waitFor();
  await removeAll();
  return { time, longest };
}

async function removeAll() {
  const ids = rows("SELECT id FROM videos WHERE title LIKE 'noise%' AND deleted_at IS NULL");
  await remove(...ids.map(([id]) => id));
}

/** A session of which all parts are signed, with their bytes. */
async function signed(film, size) {
  const session = await begin(film, size, true);
  const file = openSync(film);
  const parts = [];
  for (let number = 1; number <= session.part_count; number++) {
    const bytes = Buffer.alloc(Math.min(session.part_size, size - (number - 1) * session.part_size));
    readSync(file, bytes, 0, bytes.length, (number - 1) * session.part_size);
    const checksum = createHash('sha256').update(bytes).digest('base64');
    const answer = await authorized(200, 'POST', `/uploads/${session.upload_id}/parts`, { parts: [{ number, checksum }] });
    parts.push({ ...answer.parts[0], bytes });
  }
  closeSync(file);
  return { session, parts };
}

/** Seconds that six curls take for all parts. They are read and signed before. */
async function byCurl(film, size) {
  const { session, parts } = await signed(film, size);
  const files = [];
  const lines = parts.map(({ number, url, headers, bytes }) => {
    const path = join(folder(), `part-${number}`);
    writeFileSync(path, bytes);
    files.push(path);
    const named = Object.entries(headers).flatMap(([name, value]) => ['-H', `'${name}: ${value}'`]);
    return `curl -sS -f -o /dev/null -T ${path} ${named.join(' ')} '${url}'`;
  });
  const begun = performance.now();
  const all = spawn('xargs', ['-P', `${LANES}`, '-d', '\n', '-I', '{}', 'sh', '-c', '{}'], { stdio: ['pipe', 'inherit', 'inherit'] });
  all.stdin.end(lines.join('\n'));
  const [code] = await once(all, 'exit');
  const time = (performance.now() - begun) / 1000;
  if (code) throw new Error(`curl ended with ${code}`);
  files.forEach((path) => rmSync(path));
  await authorized(204, 'DELETE', `/uploads/${session.upload_id}`);
  return time;
}

/** Seconds that a page takes which does nothing but send the parts, straight from the file. They are signed before. */
async function byBareBrowser(browser, film, size) {
  const { session, parts } = await signed(film, size);
  const context = await browser.newContext({ baseURL, bypassCSP: true });
  try {
    const page = await context.newPage();
    await page.goto('/signin');
    await page.setContent('<input type="file">');
    await page.locator('input').setInputFiles(film);
    const requests = parts.map(({ number, url, headers }) => ({ start: (number - 1) * session.part_size, url, headers }));
    return await page.evaluate(
      async ({ requests, partSize, lanes }) => {
        const [file] = document.querySelector('input').files;
        const put = ({ start, url, headers }) =>
          new Promise((resolve, reject) => {
            const request = new XMLHttpRequest();
            request.open('PUT', url);
            for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
            request.onloadend = () => (request.status === 200 ? resolve() : reject(new Error(`answered ${request.status}`)));
            request.send(file.slice(start, start + partSize));
          });
        const begun = performance.now();
        const lane = async () => {
          while (requests.length) await put(requests.shift());
        };
        await Promise.all(Array.from({ length: lanes }, lane));
        return (performance.now() - begun) / 1000;
      },
      { requests, partSize: session.part_size, lanes: LANES },
    );
  } finally {
    await context.close();
    await authorized(204, 'DELETE', `/uploads/${session.upload_id}`);
  }
}

const begin = (film, size, checked) =>
  authorized(201, 'POST', '/uploads', {
    file_name: film.split('/').at(-1),
    size,
    ...(checked && { checksum_algorithm: 'SHA256' }),
  });

/** Uppy's own client for S3, on our page because the storage lets in no other, with our REST API behind its hooks. */
async function byUppy(browser, film, size) {
  const session = await begin(film, size, false);
  const context = await browser.newContext({ baseURL, bypassCSP: true });
  try {
    const page = await context.newPage();
    const ask = (method, path, body) => authorized(200, method, `/uploads/${session.upload_id}${path}`, body);
    await page.exposeFunction('signPart', async (number) => (await ask('POST', '/parts', { parts: [{ number }] })).parts[0]);
    await page.goto('/signin');
    await page.setContent('<input type="file">');
    await page.addScriptTag({ content: await uppy() });
    await page.locator('input').setInputFiles(film);
    return await page.evaluate((partSize) => globalThis.sendByUppy(partSize), session.part_size);
  } finally {
    await context.close();
    await authorized(204, 'DELETE', `/uploads/${session.upload_id}`);
  }
}

let bundled;

async function uppy() {
  bundled ??= await build({
    stdin: {
      resolveDir: process.cwd(),
      contents: `
        import Uppy from '@uppy/core';
        import AwsS3 from '@uppy/aws-s3';
        globalThis.sendByUppy = (partSize) => new Promise((resolve, reject) => {
          const uppy = new Uppy().use(AwsS3, {
            shouldUseMultipart: true,
            limit: ${LANES},
            getChunkSize: () => partSize,
            createMultipartUpload: async () => ({ uploadId: 'theirs', key: 'theirs' }),
            listParts: async () => [],
            signPart: async (file, { partNumber }) => globalThis.signPart(partNumber),
            completeMultipartUpload: async () => ({}),
            abortMultipartUpload: async () => {},
          });
          const begun = performance.now();
          uppy.on('complete', ({ failed }) => (failed.length ? reject(failed[0].error) : resolve((performance.now() - begun) / 1000)));
          uppy.on('error', reject);
          uppy.addFile({ name: 'film.mp4', data: document.querySelector('input').files[0] });
          uppy.upload();
        });`,
    },
    bundle: true,
    write: false,
    format: 'iife',
    logLevel: 'error',
  });
  return bundled.outputFiles[0].text;
}

async function overABadLine(browser, person, film) {
  const line = await badLine();
  line.latency = LATENCY;
  line.accidents = (nth) => (nth % EVERY === EVERY - 1 ? 'drop' : undefined);
  const context = await browser.newContext({ baseURL, proxy: { server: line.url } });
  try {
    const page = await signedIn(context, person);
    const { time } = await chosen(page, film);
    return { time, ends: 'finished by itself', puts: line.puts.length };
  } finally {
    await context.close();
    line.close();
    rmSync(film);
  }
}
