import { readFileSync } from 'node:fs';
import { type Page, expect, test } from '@playwright/test';
import { brokenFilm, film, heavyFilm, textNamedFilm } from '../footage.ts';
import { originalOf, sha256 } from '../storage.ts';
import { signUp, uniqueWord, untilReady, upload, watchFrom } from '../support.ts';

/** PUTs that left the page, the failed ones too. */
function sentParts(page: Page): string[] {
  const urls: string[] = [];
  page.on('request', (request) => {
    if (request.method() === 'PUT') urls.push(request.url());
  });
  return urls;
}

const accidents = {
  'whose connection breaks': { abort: true },
  'that the store answers with 500': { abort: false },
};

for (const [name, { abort }] of Object.entries(accidents)) {
  test(`a part ${name} is sent again`, async ({ page, baseURL }) => {
    await signUp(page);
    const puts = sentParts(page);
    let broken = false;
    await page.route('**/*', async (route) => {
      if (broken || route.request().method() !== 'PUT') return route.fallback();
      broken = true;
      if (abort) return route.abort('connectionreset');
      // The browser's request came from our origin; without this header it would see a broken connection again.
      return route.fulfill({ status: 500, headers: { 'access-control-allow-origin': new URL(baseURL!).origin } });
    });
    const row = await upload(page, film(`Twice ${uniqueWord()}`));
    await untilReady(row);
    expect(broken).toBe(true);
    expect(puts.length).toBeGreaterThan(1);
  });
}

/** What becomes of the worker that digests parts, by what is added to its script; without one there is none. */
const workers = {
  "that can't be loaded": undefined,
  'that stumbles': 'onmessage = () => { throw new Error("stumbled"); };',
  'that dies without a word': 'onmessage = () => close();',
  'that dies half-way': 'const digest = onmessage; let left = 3; onmessage = (event) => (left-- > 0 ? digest(event) : close());',
  'whose file never comes': 'const digest = onmessage; let parts = 0; onmessage = (event) => { if (!(event.data instanceof Blob) || ++parts !== 4) digest(event); };',
};

for (const [name, added] of Object.entries(workers)) {
  test(`a film arrives whole with a worker ${name}`, async ({ page }) => {
    await signUp(page);
    let isLoaded = false;
    await page.route('**/digest.js', async (route) => {
      isLoaded = true;
      if (added === undefined) return route.fulfill({ status: 404 });
      const answer = await route.fetch();
      return route.fulfill({ response: answer, body: `${await answer.text()}\n${added}` });
    });
    const path = heavyFilm(`Undigested ${uniqueWord()}`, 40);
    const row = await upload(page, path);
    await untilReady(row);
    expect(isLoaded).toBe(true);
    expect(await originalOf(await watchFrom(row))).toBe(sha256(readFileSync(path)));
  });
}

test('what is said of a film in its row, by keyboard, goes along with it', async ({ page }) => {
  await signUp(page);
  const row = await upload(page, film(`Told ${uniqueWord()}`));
  const description = `A ${uniqueWord()} by night`;
  await row.getByText('Details').focus();
  await page.keyboard.press('Enter');
  await expect(row.getByLabel('Description')).toBeVisible();
  await page.keyboard.press('Tab');
  await page.keyboard.type(description);
  await page.keyboard.press('Tab');
  await page.keyboard.type('Unl');
  await page.keyboard.press('Tab');
  await untilReady(row);
  await watchFrom(row);
  await expect(page.getByText(description)).toBeVisible();
  await expect(page.locator('main')).toContainText('Unlisted');
});

test('a broken file fails, and says why', async ({ page }) => {
  await signUp(page);
  const title = `Noise ${uniqueWord()}`;
  const row = await upload(page, brokenFilm(title));
  await expect(row).toHaveAttribute('data-state', 'failed', { timeout: 60_000 });
  await expect(row.getByRole('alert')).toHaveText(/\S+ \S+ \S+/);
  await page.goto('/studio');
  await expect(page.getByTestId('film-row').filter({ hasText: title })).toContainText(/failed/i);
});

test('a letter named .mp4 is refused before a byte leaves', async ({ page }) => {
  await signUp(page);
  const puts = sentParts(page);
  const row = await upload(page, textNamedFilm(`Letter ${uniqueWord()}`));
  await expect(row).toHaveAttribute('data-state', 'refused');
  await expect(row.getByRole('alert')).toHaveText(/\S+ \S+ \S+/);
  expect(puts).toEqual([]);
});
