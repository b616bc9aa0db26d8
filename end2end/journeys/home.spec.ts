import { expect, test } from '@playwright/test';
import { complaints, visit } from '../support.ts';

test('the home page hydrates without a complaint', async ({ page }) => {
  const heard = complaints(page);
  await visit(page, '/');
  await expect(page.getByRole('searchbox')).toBeVisible();
  await page.waitForLoadState('networkidle');
  expect(heard).toEqual([]);
});

test('a page that is not there answers 404 and belongs to the site', async ({ page }) => {
  for (const path of ['/nowhere', '/watch/nothinghere']) {
    const answer = await page.goto(path);
    expect(answer?.status(), path).toBe(404);
    await expect(page.getByRole('searchbox')).toBeVisible();
  }
});

test('the page fits a phone', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  for (const path of ['/', '/signin', '/signup', '/search?q=film']) {
    await visit(page, path);
    const overhang = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    expect(overhang, path).toBeLessThanOrEqual(0);
  }
});

test('a page of films rests until somebody stirs, and its links lead on all the same', async ({ page }) => {
  const asked: string[] = [];
  page.on('request', (request) => asked.push(new URL(request.url()).pathname));
  await page.goto('/');
  await page.waitForLoadState('networkidle');
  expect(asked.filter((path) => path.endsWith('.wasm'))).toEqual([]);
  await page.getByRole('link', { name: 'Sign in' }).press('Enter');
  await expect(page).toHaveURL(/\/signin/);
  await page.goBack();
  await page.mouse.move(200, 200);
  await expect(page.locator('html[data-hydrated]')).toBeAttached();
  expect(asked).toContain('/pkg/kinora_bg.wasm');
});

test('light or dark is known before anything runs', async ({ page }) => {
  await visit(page, '/');
  await page.emulateMedia({ colorScheme: 'light' });
  await page.getByRole('button', { name: 'Light or dark' }).click();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  const again = await page.reload();
  expect(await again?.text()).toContain('data-theme="dark"');
});
