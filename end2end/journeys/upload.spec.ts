import { type Page, expect, test } from '@playwright/test';
import { brokenFilm, film, textNamedFilm } from '../footage.ts';
import { signUp, uniqueWord, untilReady, upload } from '../support.ts';

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
