import { AxeBuilder } from '@axe-core/playwright';
import { type Page, expect, test } from '@playwright/test';
import { film } from '../footage.ts';
import { hydrated, signUp, stranger, uniqueWord, untilReady, upload, visit, watchFrom } from '../support.ts';

const plays = (page: Page) => expect(page.getByTestId('player').locator('video')).toBeVisible();

/** The form of the only film there is. */
async function editing(page: Page): Promise<void> {
  await visit(page, '/studio');
  await page.getByRole('button', { name: 'Edit' }).click();
}

async function shown(page: Page, name: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`), name).toEqual([]);
  if (!process.env.SHOTS) return;
  for (const width of [390, 1280]) {
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme });
      await page.screenshot({ path: `${process.env.SHOTS}/${name}-${width}-${colorScheme}.png`, fullPage: true });
    }
  }
  await page.emulateMedia({ colorScheme: null });
}

test('a film behind a password is watched by who knows it, until the password is another', async ({ page, browser, baseURL }) => {
  await signUp(page);
  const title = `Lighthouse ${uniqueWord()}`;
  const row = await upload(page, film(title));
  await untilReady(row);
  const id = await watchFrom(row);
  const protect = async (password: string) => {
    await editing(page);
    await page.getByLabel('Who can see it').selectOption('Password');
    await page.getByLabel('Password', { exact: true }).fill(password);
    await page.getByRole('button', { name: 'Save' }).click();
  };
  await editing(page);
  await page.getByLabel('Who can see it').selectOption('Password');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('Choose a password.')).toBeVisible();
  await shown(page, 'studio-password');
  await protect('the blue lighthouse');
  await expect(page.getByTestId('film-row')).toContainText('Password');

  const guest = await stranger(browser, baseURL);
  const answer = await guest.goto(`/watch/${id}`);
  expect(answer?.status()).toBe(401);
  await hydrated(guest);
  await expect(guest.getByRole('heading', { name: 'This film is behind a password' })).toBeVisible();
  expect(await guest.content()).not.toContain(title);
  await guest.getByLabel('Password').fill('the red lighthouse');
  await guest.getByRole('button', { name: 'Watch the film' }).click();
  await expect(guest.getByRole('alert')).toHaveText(/isn't this film's password/);
  await shown(guest, 'locked');
  await guest.getByLabel('Password').fill('the blue lighthouse');
  await guest.keyboard.press('Enter');
  await expect(guest.getByRole('heading', { name: title })).toBeVisible();
  await plays(guest);
  await guest.reload();
  await plays(guest);

  await protect('the green lighthouse');
  await expect(page.getByTestId('toast')).toContainText('Saved');
  await guest.reload();
  await expect(guest.getByTestId('locked')).toBeVisible();
});

test('a share link opens a private film until it is withdrawn', async ({ page, browser, baseURL }) => {
  await signUp(page);
  const title = `Harbour ${uniqueWord()}`;
  const row = await upload(page, film(title));
  await untilReady(row);
  const id = await watchFrom(row);
  await editing(page);
  await page.getByLabel('For whom').fill('The choir');
  await page.getByLabel('Expires').selectOption('in a day');
  await page.getByRole('button', { name: 'Create link' }).click();
  const address = await page.getByLabel(/Copy this link now/).inputValue();
  await expect(page.getByTestId('share-link')).toContainText('The choir');
  await expect(page.getByTestId('share-link')).toContainText(/Expires in 24 hours · not used yet/);
  await shown(page, 'studio-links');

  const guest = await stranger(browser, baseURL);
  expect((await guest.goto(`/watch/${id}`))?.status()).toBe(404);
  await guest.goto(new URL(address).pathname + new URL(address).search);
  await expect(guest).toHaveURL(new RegExp(`/watch/${id}$`));
  await expect(guest.getByRole('heading', { name: title })).toBeVisible();
  await plays(guest);

  await editing(page);
  await expect(page.getByTestId('share-link')).toContainText('used once');
  await page.getByRole('button', { name: 'Withdraw the link: The choir' }).click();
  await expect(page.getByTestId('share-link')).toHaveCount(0);
  expect((await guest.reload())?.status()).toBe(404);
  expect((await guest.goto(new URL(address).pathname + new URL(address).search))?.status()).toBe(404);
});
