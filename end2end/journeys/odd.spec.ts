import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, type Locator, type Page, expect, test } from '@playwright/test';
import { film, heavyFilm } from '../footage.ts';
import { badLine } from '../lines.mjs';
import { anotherServer, restarted } from '../server.ts';
import { originalOf, sha256 } from '../storage.ts';
import { signUp, uniqueWord, untilReady, upload, visit } from '../support.ts';

/** Five parts of 8 MiB and a bit. */
const MEGABYTES = 40;

let line: Awaited<ReturnType<typeof badLine>>;
let folder: string;
test.beforeEach(async () => {
  line = await badLine();
  folder = mkdtempSync(join(tmpdir(), 'kinora-odd-'));
});
test.afterEach(() => {
  line.close();
  rmSync(folder, { recursive: true, force: true });
});

async function onTheLine(browser: Browser, baseURL: string | undefined): Promise<Page> {
  return (await browser.newContext({ baseURL, proxy: { server: line.url } })).newPage();
}

const rows = (page: Page) => page.getByTestId('upload-row');
const select = (page: Page, path: string | string[]) => page.locator('input#film').setInputFiles(path);
const titleOf = (row: Locator) => row.getByLabel(/^Title of/);

/** The film is ready, and what lies in the storage is what was sent. */
async function arrives(row: Locator, bytes: Buffer): Promise<string> {
  await untilReady(row);
  const href = await row.getByRole('link', { name: 'Watch' }).getAttribute('href');
  const id = href!.split('/').at(-1)!;
  expect(await originalOf(id)).toBe(sha256(bytes));
  return id;
}

/** A film of which two parts have arrived, and nothing more passes. */
async function stuck(page: Page): Promise<string> {
  line.accidents = (nth) => (nth >= 2 ? 'hiccup' : undefined);
  const path = heavyFilm(`Odd ${uniqueWord()}`, MEGABYTES);
  await upload(page, path);
  await expect.poll(() => line.taken).toBe(2);
  return path;
}

test('the server is restarted half-way', async ({ browser, baseURL }) => {
  const page = await onTheLine(browser, baseURL);
  await signUp(page);
  line.accidents = (nth) => (nth >= 2 ? 'hold' : undefined);
  const path = heavyFilm(`Restart ${uniqueWord()}`, MEGABYTES);
  await upload(page, path);
  await expect.poll(() => line.taken).toBe(2);
  await restarted(async () => {
    // The parts that are signed arrive without a server; what comes then needs one, and waits for it.
    line.accidents = () => undefined;
    line.release();
    await expect(rows(page).getByRole('alert')).toContainText("Kinora can't be reached");
  });
  await arrives(rows(page), readFileSync(path));
  await expect(rows(page).getByRole('alert')).toHaveCount(0);
});

for (const hours of [-9, 9]) {
  test(`a clock that is ${hours} hours wrong is no matter`, async ({ page }) => {
    await page.addInitScript((wrong) => {
      const Right = Date;
      globalThis.Date = class extends Right {
        constructor(...parts: []) {
          if (parts.length) super(...parts);
          else super(Right.now() + wrong);
        }
        static now() {
          return Right.now() + wrong;
        }
      } as DateConstructor;
    }, hours * 3_600_000);
    await signUp(page);
    const path = heavyFilm(`Clock ${uniqueWord()}`, 9);
    await arrives(await upload(page, path), readFileSync(path));
  });
}

test('a folder is dropped: its films are queued in order, and what is no film is set aside', async ({ page }) => {
  await signUp(page);
  const trip = join(folder, 'Trip');
  mkdirSync(join(trip, '2 Evening'), { recursive: true });
  const one = film(`One ${uniqueWord()}`);
  copyFileSync(one, join(trip, '1 Morning.mp4'));
  copyFileSync(heavyFilm(`Two ${uniqueWord()}`, 1), join(trip, '2 Evening', 'Fire.mp4'));
  writeFileSync(join(trip, '3 notes.txt'), 'Remember the tent.\n');
  writeFileSync(join(trip, '.DS_Store'), 'hidden');
  await visit(page, '/upload');
  const devtools = await page.context().newCDPSession(page);
  const data = { items: [], files: [trip], dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
    await devtools.send('Input.dispatchDragEvent', { type, x: 400, y: 300, data });
  }
  await expect(rows(page)).toHaveCount(3);
  for (const [nth, title] of ['1 Morning', 'Fire', '3 notes'].entries()) {
    await expect(titleOf(rows(page).nth(nth))).toHaveValue(title);
  }
  await expect(rows(page).nth(2)).toHaveAttribute('data-state', 'refused');
  await expect(rows(page).nth(2).getByRole('alert')).toContainText("isn't a film");
  // What the browser tells of a film by its first bytes.
  await expect(rows(page).nth(0)).toContainText('0:12 · 640 × 360 · H.264, AAC');
  await untilReady(rows(page).nth(0));
  await untilReady(rows(page).nth(1));
});

test('five hundred files at once: the page stays usable, and each is told what becomes of it', async ({ page }) => {
  await signUp(page);
  const files = Array.from({ length: 499 }, (_, nth) => {
    const path = join(folder, `${nth}.mp4`);
    writeFileSync(path, `This is letter ${nth}.`);
    return path;
  });
  const last = film(`Last ${uniqueWord()}`);
  await visit(page, '/upload');
  await page.evaluate(() => {
    const times: number[] = [];
    new PerformanceObserver((list) => times.push(...list.getEntries().map((entry) => entry.duration))).observe({ type: 'longtask' });
    Object.assign(globalThis, { times });
  });
  await select(page, [...files, last]);
  await expect(rows(page)).toHaveCount(500);
  for (const nth of [0, 7, 8, 250, 498]) await expect(titleOf(rows(page).nth(nth))).toHaveValue(`${nth}`);
  await page.getByRole('link', { name: 'Kinora' }).first().click();
  await expect(page).toHaveURL(/\/$/);
  await page.goBack();
  await expect(page.locator('[data-testid=upload-row][data-state=refused]')).toHaveCount(499);
  // Those that weren't in sight can be reached by keyboard as well.
  await titleOf(rows(page).nth(300)).focus();
  await page.keyboard.press('Tab');
  await expect(rows(page).nth(300).getByRole('button', { name: 'Remove' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(rows(page)).toHaveCount(499);
  await expect(titleOf(rows(page).nth(300))).toHaveValue('301');
  await untilReady(rows(page).last());
  const times = await page.evaluate(() => (globalThis as unknown as { times: number[] }).times);
  console.log(`long tasks: ${times.length}, the longest ${Math.round(Math.max(0, ...times))} ms`);
});

for (const [name, happen] of Object.entries({
  vanishes: (path: string) => rmSync(path),
  changes: (path: string) => writeFileSync(path, heavyBytes(path)),
})) {
  test(`a file that ${name} while it is sent is told of, and goes on when it is chosen again`, async ({ browser, baseURL }) => {
    const page = await onTheLine(browser, baseURL);
    await signUp(page);
    const path = await stuck(page);
    const bytes = readFileSync(path);
    happen(path);
    await expect(rows(page).getByRole('alert')).toContainText("This file can't be read any more", { timeout: 60_000 });
    await expect(rows(page)).toHaveAttribute('data-state', 'failed');
    writeFileSync(path, bytes);
    line.accidents = () => undefined;
    line.puts.length = 0;
    await rows(page).getByRole('button', { name: 'Remove' }).click();
    await visit(page, '/upload');
    await expect(page.getByTestId('unfinished')).toContainText('17 MB of 4');
    await select(page, path);
    await arrives(rows(page), bytes);
    expect(line.puts.length).toBe(4);
  });
}

/** Other bytes of the same length. */
function heavyBytes(path: string): Buffer {
  const bytes = readFileSync(path);
  return bytes.fill(7, Math.floor(bytes.length / 2));
}

test('a film that is there already is not sent again', async ({ browser, baseURL }) => {
  const page = await onTheLine(browser, baseURL);
  await signUp(page);
  const path = heavyFilm(`Known ${uniqueWord()}`, 9);
  const id = await arrives(await upload(page, path), readFileSync(path));
  line.puts.length = 0;
  await visit(page, '/upload');
  await select(page, path);
  expect(await arrives(rows(page), readFileSync(path))).toBe(id);
  await expect(rows(page)).toContainText('You have sent this film before');
  expect(line.puts).toEqual([]);
});

test('where the quota is reached it is told before a byte leaves', async ({ browser }) => {
  const site = await anotherServer({ KINORA_QUOTA_BYTES: '20000000' });
  try {
    const page = await (await browser.newContext({ baseURL: site.url, proxy: { server: line.url } })).newPage();
    await signUp(page);
    const [first, second] = [heavyFilm(`First ${uniqueWord()}`, 12), heavyFilm(`Second ${uniqueWord()}`, 12)];
    await visit(page, '/upload');
    await expect(page.getByText('20 MB are left for your films.')).toBeVisible();
    await select(page, [first, second]);
    const refused = rows(page).nth(1);
    await expect(refused).toHaveAttribute('data-state', 'refused');
    await expect(refused.getByRole('alert')).toContainText(/^This film has 15 MB, and 4\.\d MB are left/);
    const id = await arrives(rows(page).nth(0), readFileSync(first));
    expect(line.puts.every((put) => put.includes(id))).toBe(true);
    await visit(page, '/upload');
    await expect(page.getByText(/^4\.\d MB are left for your films\.$/)).toBeVisible();
  } finally {
    site.stop();
  }
});
