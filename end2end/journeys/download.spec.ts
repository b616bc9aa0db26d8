import { readFileSync } from 'node:fs';
import { expect, test } from '@playwright/test';
import { film } from '../footage.ts';
import { sha256 } from '../storage.ts';
import { hydrated, signUp, stranger, uniqueWord, untilReady, upload, visit, watchFrom } from '../support.ts';

test('an original is downloaded by its owner, and by others once they are allowed to', async ({ page, browser, baseURL }) => {
  const title = `Été ${uniqueWord()}`;
  const path = film(title);
  await signUp(page);
  const row = await upload(page, path, 'Public');
  await untilReady(row);
  const id = await watchFrom(row);
  const save = async (by: typeof page) => {
    const [download] = await Promise.all([by.waitForEvent('download'), by.getByRole('link', { name: 'Download' }).click()]);
    expect(download.suggestedFilename()).toBe(`${title}.mp4`);
    return sha256(readFileSync(await download.path()));
  };
  expect(await save(page)).toBe(sha256(readFileSync(path)));

  const other = await stranger(browser, baseURL);
  await visit(other, `/watch/${id}`);
  await expect(other.getByRole('heading', { level: 1 })).toContainText(title);
  await expect(other.getByRole('link', { name: 'Download' })).toHaveCount(0);
  expect((await other.request.get(`/api/v1/videos/${id}/original`)).status()).toBe(404);

  await visit(page, '/studio');
  const mine = page.getByTestId('film-row').filter({ hasText: title });
  await mine.getByRole('button', { name: 'Edit' }).click();
  const allow = page.getByRole('checkbox', { name: 'download the original' });
  await expect(allow).not.toBeChecked();
  await allow.check();
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(allow).toHaveCount(0);
  await mine.getByRole('button', { name: 'Edit' }).click();
  await expect(allow).toBeChecked();

  await other.reload();
  await hydrated(other);
  expect(await save(other)).toBe(sha256(readFileSync(path)));
});
