import { AxeBuilder } from '@axe-core/playwright';
import { type Page, expect, test } from '@playwright/test';
import { film, textNamedFilm } from '../footage.ts';
import { signUp, uniqueWord, untilReady, upload, visit } from '../support.ts';

/** Nothing that axe knows to be in somebody's way, in the light and in the dark. */
async function passes(page: Page, name: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    const { violations } = await new AxeBuilder({ page }).analyze();
    const found = violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html).join(' ')}`);
    expect(found, `${name}, ${colorScheme}`).toEqual([]);
  }
}

test('axe finds nothing on any page', async ({ page }) => {
  for (const path of ['/signin', '/signin/code', '/signup', '/forgot', '/reset', '/confirm', '/nowhere']) {
    await visit(page, path);
    await passes(page, path);
  }
  // Nothing runs there.
  await page.goto('/api');
  await passes(page, '/api');
  await signUp(page);
  for (const path of ['/account', '/account/password', '/account/email', '/account/identities', '/account/factors', '/account/tokens', '/account/log', '/verify', '/admin']) {
    await visit(page, path);
    await passes(page, path);
  }
  const word = uniqueWord();
  const row = await upload(page, film(`Lamp ${word}`), 'Public');
  await page.locator('input#film').setInputFiles(textNamedFilm(`Letter ${word}`));
  await row.locator('summary').first().click();
  await untilReady(row.first());
  await passes(page, 'upload');
  await page.getByRole('link', { name: 'Kinora' }).first().click();
  await expect(page.getByTestId('tray')).toBeVisible();
  await passes(page, 'home with the tray');
  await visit(page, `/search?q=${word}`);
  await expect(page.getByTestId('film-card')).toHaveCount(1);
  await passes(page, 'search');
  await visit(page, '/studio');
  await page.getByRole('button', { name: 'Edit' }).first().click();
  await passes(page, 'studio, editing');
  await page.getByTestId('film-card').or(page.getByTestId('film-row')).first().getByRole('link').first().click();
  await expect(page.getByTestId('player').locator('video')).toBeVisible();
  await passes(page, 'watch');
});
