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
