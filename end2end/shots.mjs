// Screenshots for our own eyes: `node end2end/shots.mjs DIR [FILM]`. With a film it is uploaded first, so that
// there is something to see. KINORA_BASE_URL and KINORA_CHROMIUM as for the journeys.
import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { args, baseURL, executablePath } from './browser.mjs';

const [folder, film] = process.argv.slice(2);
if (!folder) {
  console.error('usage: node end2end/shots.mjs DIR [FILM]');
  process.exit(2);
}
mkdirSync(folder, { recursive: true });

const browser = await chromium.launch({ executablePath, args });

async function signUp() {
  const context = await browser.newContext({ baseURL });
  const page = await context.newPage();
  const name = `shots${randomBytes(4).toString('hex')}`;
  await page.goto('/signup');
  await page.locator('html[data-hydrated]').waitFor({ state: 'attached' });
  await page.getByLabel('Username').fill(name);
  await page.getByLabel('E-mail').fill(`${name}@example.org`);
  await page.getByLabel('Password').fill(randomBytes(12).toString('hex'));
  await page.getByRole('button', { name: 'Create account' }).click();
  await page.waitForURL((url) => url.pathname !== '/signup');
  if (film) await uploadFilm(page);
  const state = await context.storageState();
  await context.close();
  return state;
}

async function uploadFilm(page) {
  await page.goto('/upload');
  await page.locator('html[data-hydrated]').waitFor({ state: 'attached' });
  await page.locator('label').filter({ hasText: 'Public' }).click();
  await page.locator('input[type=file]').first().setInputFiles(film);
  const row = page.locator('[data-testid=upload-row][data-state=processing]');
  await row.waitFor({ timeout: 60_000 }).catch(() => {});
  await page.screenshot({ path: join(folder, 'upload-busy.png') });
  await page.locator('[data-testid=upload-row][data-state=ready]').waitFor({ timeout: 600_000 });
}

async function shoot(page, name) {
  await page.waitForLoadState('networkidle', { timeout: 5_000 }).catch(() => {});
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
  const overhang = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  console.log(`${name}${overhang > 0 ? ` overhangs by ${overhang} px` : ''}`);
}

const outside = { home: '/', signin: '/signin', signup: '/signup', search: '/search?q=film', missing: '/watch/nothinghere' };
const inside = { 'home-in': '/', upload: '/upload', studio: '/studio' };

async function tour(storageState, pages, look) {
  const context = await browser.newContext({ baseURL, storageState, ...look.options });
  const page = await context.newPage();
  for (const [name, path] of Object.entries(pages)) {
    await page.goto(path);
    await shoot(page, `${name}-${look.name}`);
  }
  if (storageState) {
    await page.goto('/');
    const card = page.getByTestId('film-card').first().getByRole('link').first();
    if (await card.count()) {
      await page.goto(await card.getAttribute('href'));
      await page.waitForTimeout(2_000);
      await shoot(page, `watch-${look.name}`);
    }
  }
  await context.close();
}

const account = await signUp();
for (const width of [390, 1440]) {
  for (const colorScheme of ['light', 'dark']) {
    const viewport = { width, height: width < 800 ? 844 : 900 };
    const look = { name: `${width}-${colorScheme}`, options: { viewport, colorScheme, hasTouch: width < 800 } };
    await tour(undefined, outside, look);
    await tour(account, inside, look);
  }
}
await browser.close();
