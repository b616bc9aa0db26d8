import { type Page, expect, test } from '@playwright/test';
import { AxeBuilder } from '@axe-core/playwright';
import { freePort } from '../machine.mjs';
import { settings, startProvider } from '../provider.mjs';
import { anotherServer } from '../server.ts';
import { hydrated, uniqueWord, visit } from '../support.ts';

const label = 'your school account';

/** A site that lets in whoever the school lets in; `away` is a provider that nobody finds. */
async function site() {
  const port = await freePort();
  const school = await startProvider(`http://localhost:${port}`, 'school');
  const server = await anotherServer(
    {
      KINORA_OIDC: 'school,away',
      ...settings(school.issuer, 'school', label),
      ...settings('http://127.0.0.1:1', 'away', 'the club'),
    },
    port,
  );
  const stop = () => {
    server.stop();
    school.stop();
  };
  return { url: server.url, stop };
}

/** At the provider, as `name`. */
async function signInThere(page: Page, name: string): Promise<void> {
  await page.locator('input[name=login]').fill(name);
  await page.locator('input[name=password]').fill('any');
  await page.locator('button[type=submit]').click();
  await page.getByRole('button', { name: 'Continue' }).click();
}

async function passes(page: Page): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([]);
  }
}

test('somebody comes by the school, and has no other way in to lose', async ({ page }) => {
  const { url, stop } = await site();
  try {
    const name = uniqueWord();
    await visit(page, `${url}/signin?next=/studio`);
    await passes(page);
    await page.getByRole('button', { name: `Continue with ${label}` }).click();
    await signInThere(page, name);
    await expect(page).toHaveURL(`${url}/studio`);
    await visit(page, `${url}/account/identities`);
    const ways = page.getByRole('list', { name: 'Ways to sign in' });
    await expect(ways).toContainText(`${name}@school.example`);
    await expect(page.getByRole('button', { name: /^Remove/ })).toHaveCount(0);
    await passes(page);

    // A second account at the same school, as somebody has who is pupil and teacher.
    await page.context().clearCookies({ domain: '127.0.0.1' });
    await page.getByRole('button', { name: `Add ${label}` }).click();
    await signInThere(page, uniqueWord());
    await expect(page).toHaveURL(`${url}/account/identities`);
    await hydrated(page);
    await expect(ways.getByRole('listitem')).toHaveCount(2);
    await page.getByRole('button', { name: new RegExp(`Remove .*${name}`) }).click();
    await expect(ways.getByRole('listitem')).toHaveCount(1);
    await expect(page.getByRole('button', { name: /^Remove/ })).toHaveCount(0);
  } finally {
    stop();
  }
});

test('cancelling there, and a provider that is down, are told in words', async ({ page }) => {
  const { url, stop } = await site();
  try {
    await visit(page, `${url}/signin`);
    await page.getByRole('button', { name: `Continue with ${label}` }).click();
    await page.getByRole('link', { name: /cancel/i }).click();
    await expect(page.getByRole('alert')).toContainText(`You cancelled at ${label}.`);
    await page.getByRole('button', { name: 'Continue with the club' }).click();
    await expect(page.getByRole('alert')).toContainText("The club can't be reached at the moment.");
    await passes(page);
  } finally {
    stop();
  }
});

test('the way there and back needs no script', async ({ browser }) => {
  const { url, stop } = await site();
  const context = await browser.newContext({ javaScriptEnabled: false });
  try {
    const page = await context.newPage();
    await page.goto(`${url}/signup`);
    await page.getByRole('button', { name: `Continue with ${label}` }).click();
    await signInThere(page, uniqueWord());
    await expect(page).toHaveURL(`${url}/`);
    expect((await context.cookies(url)).some(({ name }) => name === 'kinora_session')).toBe(true);
  } finally {
    await context.close();
    stop();
  }
});
