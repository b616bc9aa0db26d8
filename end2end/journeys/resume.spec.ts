import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { type Browser, type Dialog, type Locator, type Page, type Response, expect, test } from '@playwright/test';
import { film, heavyFilm, textNamedFilm } from '../footage.ts';
import { badLine } from '../lines.mjs';
import { originalOf, sha256 } from '../storage.ts';
import { type User, signUp, uniqueWord, untilReady, upload, visit } from '../support.ts';

/** Five parts of 8 MiB and a bit. */
const MEGABYTES = 40;
const PARTS = 6;

let line: Awaited<ReturnType<typeof badLine>>;
test.beforeEach(async () => {
  line = await badLine();
});
test.afterEach(() => line.close());

async function onTheLine(browser: Browser, baseURL: string | undefined): Promise<Page> {
  return (await browser.newContext({ baseURL, proxy: { server: line.url } })).newPage();
}

const rows = (page: Page) => page.getByTestId('upload-row');
const unfinished = (page: Page) => page.getByTestId('unfinished');
const select = (page: Page, path: string | string[]) => page.locator('input#film').setInputFiles(path);

/** The film is ready, and what lies in the storage is what was sent. */
async function arrives(row: Locator, path: string): Promise<void> {
  await untilReady(row);
  const href = await row.getByRole('link', { name: 'Watch' }).getAttribute('href');
  expect(await originalOf(href!.split('/').at(-1)!)).toBe(sha256(readFileSync(path)));
}

/** A film of which some parts have arrived and the rest waits on the line. */
async function halfSent(page: Page): Promise<string> {
  line.accidents = (nth) => (nth >= 2 ? 'hold' : undefined);
  const path = heavyFilm(`Half ${uniqueWord()}`, MEGABYTES);
  await upload(page, path);
  await expect.poll(() => line.taken).toBe(2);
  await expect.poll(() => line.puts.length).toBeGreaterThan(2);
  return path;
}

async function leave(page: Page, go: () => Promise<unknown>): Promise<void> {
  const accept = (dialog: Dialog) => dialog.accept();
  page.on('dialog', accept);
  await go();
  page.off('dialog', accept);
}

async function signIn(page: Page, user: User): Promise<void> {
  await visit(page, '/signin');
  await page.getByLabel('Username').fill(user.name);
  await page.getByLabel('Password').fill(user.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page).not.toHaveURL(/\/signin/);
}

test('after a reload the same file, by another name, goes on with what is missing', async ({ browser, baseURL }) => {
  const page = await onTheLine(browser, baseURL);
  await signUp(page);
  const path = await halfSent(page);
  await leave(page, () => page.reload());
  line.release();
  await visit(page, '/upload');
  await expect(unfinished(page)).toContainText('17 MB of 4');
  const copy = path.replace('Half', 'Copy');
  copyFileSync(path, copy);
  line.puts.length = 0;
  line.accidents = () => undefined;
  await select(page, copy);
  await expect(unfinished(page)).toHaveCount(0);
  await arrives(rows(page), path);
  expect(line.puts.length).toBeLessThanOrEqual(PARTS - 2);
});

test('another browser goes on, and tells another file from the one that was begun', async ({ browser, baseURL }) => {
  const page = await onTheLine(browser, baseURL);
  const user = await signUp(page);
  const path = await halfSent(page);
  await page.context().close();
  line.release();
  line.accidents = () => undefined;

  const other = await onTheLine(browser, baseURL);
  await signIn(other, user);
  await visit(other, '/upload');
  const begun = unfinished(other);
  const again = begun.locator('input[type=file]');
  await again.setInputFiles(film(`Other ${uniqueWord()}`));
  await expect(begun.getByRole('alert')).toContainText('This is another file');
  const changed = path.replace('.mp4', ' changed.mp4');
  const bytes = readFileSync(path);
  bytes[bytes.length - 1] ^= 1;
  writeFileSync(changed, bytes);
  await again.setInputFiles(changed);
  await expect(begun.getByRole('alert')).toContainText('with other content');
  await again.setInputFiles(path);
  await arrives(rows(other), path);
});

test('what was begun can be discarded', async ({ browser, baseURL }) => {
  const page = await onTheLine(browser, baseURL);
  await signUp(page);
  await halfSent(page);
  await leave(page, () => page.reload());
  line.release();
  await visit(page, '/upload');
  await unfinished(page).getByRole('button', { name: 'Discard' }).click();
  await expect(unfinished(page)).toHaveCount(0);
  await visit(page, '/upload');
  await expect(unfinished(page)).toHaveCount(0);
});

test('parts that break, change or come too late on their way are sent again', async ({ browser, baseURL }) => {
  const page = await onTheLine(browser, baseURL);
  await signUp(page);
  line.latency = 50;
  line.accidents = (nth) => (['drop', 'flip', 'expire', 'hiccup'] as const)[nth];
  const path = heavyFilm(`Stones ${uniqueWord()}`, MEGABYTES);
  await arrives(await upload(page, path), path);
  expect(line.puts.length).toBe(PARTS + 4);
});

test('offline is told, and it goes on by itself', async ({ browser, baseURL }) => {
  const page = await onTheLine(browser, baseURL);
  await signUp(page);
  const path = await halfSent(page);
  await page.context().setOffline(true);
  await expect(rows(page).getByRole('alert')).toContainText('You are offline');
  line.accidents = () => undefined;
  line.release();
  await page.context().setOffline(false);
  await arrives(rows(page), path);
  await expect(rows(page).getByRole('alert')).toHaveCount(0);
});

test('two tabs with one film do not fight: the second goes on when the first is closed', async ({ browser, baseURL }) => {
  const page = await onTheLine(browser, baseURL);
  await signUp(page);
  const path = await halfSent(page);
  const second = await page.context().newPage();
  await visit(second, '/upload');
  await select(second, path);
  await expect(rows(second)).toContainText('waits for another tab');
  // What the first has on its way stays held; the second's parts pass.
  line.accidents = () => undefined;
  line.puts.length = 0;
  await page.close();
  line.release();
  await arrives(rows(second), path);
  expect(line.puts.length).toBeLessThanOrEqual(PARTS - 2);
});

test('a film is paused and goes on', async ({ browser, baseURL }) => {
  const page = await onTheLine(browser, baseURL);
  await signUp(page);
  const path = await halfSent(page);
  const row = rows(page);
  await row.getByRole('button', { name: 'Pause' }).click();
  await expect(row).toHaveAttribute('data-state', 'paused');
  line.accidents = () => undefined;
  line.release();
  const sent = line.puts.length;
  await page.waitForTimeout(1500);
  expect(line.puts.length).toBe(sent);
  await row.getByRole('button', { name: 'Go on' }).click();
  await arrives(row, path);
});

test('signed out half-way, it goes on after signing in elsewhere', async ({ browser, baseURL }) => {
  const page = await onTheLine(browser, baseURL);
  const user = await signUp(page);
  const path = await halfSent(page);
  await page.context().clearCookies();
  line.accidents = () => undefined;
  line.release();
  await expect(rows(page).getByRole('alert')).toContainText('You are signed out');
  const second = await page.context().newPage();
  await signIn(second, user);
  await arrives(rows(page), path);
});

test('the tray goes along while somebody looks around, and the title tells', async ({ browser, baseURL }) => {
  const page = await onTheLine(browser, baseURL);
  await signUp(page);
  const path = await halfSent(page);
  await expect(page).toHaveTitle(/^\d+ % · Upload/);
  await page.getByRole('link', { name: 'Kinora' }).first().click();
  await expect(page).toHaveURL(/\/$/);
  const tray = page.getByTestId('tray');
  await expect(tray).toContainText('Sending 1 film · ');
  line.accidents = () => undefined;
  line.release();
  await expect(tray).toContainText('1 film ready', { timeout: 120_000 });
  await expect(page).toHaveTitle(/^✓ /);
  await tray.getByRole('link', { name: 'Show' }).click();
  await expect(tray).toHaveCount(0);
  await arrives(rows(page), path);
});

test('many at once: each is told what becomes of it', async ({ page }) => {
  await signUp(page);
  const one = film(`One ${uniqueWord()}`);
  const twin = one.replace('One', 'Twin');
  copyFileSync(one, twin);
  const letter = textNamedFilm(`Letter ${uniqueWord()}`);
  await visit(page, '/upload');
  await select(page, [one, twin, letter, heavyFilm(`Heavy ${uniqueWord()}`, 9)]);
  await expect(rows(page)).toHaveCount(4);
  await expect(rows(page).nth(1)).toContainText('on its way already');
  await expect(rows(page).nth(2)).toContainText("isn't a film");
  await untilReady(rows(page).nth(0));
  await untilReady(rows(page).nth(3));
});

test('reloads at random moments lose nothing', async ({ browser, baseURL }) => {
  const times = Number(process.env.KINORA_RELOADS ?? 5);
  test.setTimeout(180_000 + times * 20_000);
  const page = await onTheLine(browser, baseURL);
  await signUp(page);
  line.latency = 50;
  let [reloads, films] = [0, 0];
  // A film is there after a few of them: then the next one is sent.
  for (; reloads < times; films += 1) {
    const path = heavyFilm(`Restless ${uniqueWord()}`, MEGABYTES);
    await visit(page, '/upload');
    await select(page, path);
    let isDone = false;
    const look = (answer: Response) => {
      isDone ||= answer.ok() && answer.url().includes('complete_upload');
    };
    page.on('response', look);
    for (; reloads < times && !isDone; reloads += 1) {
      await page.waitForTimeout(Math.random() * 1_500);
      await leave(page, () => page.reload());
      await visit(page, '/upload');
      if (!isDone) await select(page, path);
    }
    page.off('response', look);
    if (await rows(page).count()) {
      await arrives(rows(page), path);
      continue;
    }
    await visit(page, '/studio');
    const href = await page.getByTestId('film-row').first().getByRole('link').first().getAttribute('href');
    expect(await originalOf(href!.split('/').at(-1)!)).toBe(sha256(readFileSync(path)));
  }
  console.log(`${reloads} reloads, ${films} films`);
});
