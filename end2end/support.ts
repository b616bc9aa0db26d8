import { randomBytes } from 'node:crypto';
import { type Browser, type BrowserContext, type Locator, type Page, expect } from '@playwright/test';

export interface User {
  name: string;
  email: string;
  password: string;
}

export type Visibility = 'Public' | 'Unlisted' | 'Private';

/** A word nobody else's film has, and that can be misspelt: "balimerodu". */
export function uniqueWord(): string {
  const pick = (letters: string, byte: number) => letters[byte % letters.length];
  return [...randomBytes(12)].map((byte, index) => pick(index % 2 ? 'aeiou' : 'bdfgklmnprstvz', byte)).join('');
}

/** Two neighbouring letters change places. */
export function misspelt(word: string): string {
  const letters = [...word];
  [letters[4], letters[5]] = [letters[5], letters[4]];
  return letters.join('');
}

/** Contexts whose pages fail a journey that meets something the site's own policy forbids. */
const held = new WeakSet<BrowserContext>();

/** From here on what the policy of any page in the context refuses fails the test that runs. */
export function holdToPolicy(context: BrowserContext): void {
  if (held.has(context)) return;
  held.add(context);
  context.on('console', (message) => {
    const text = message.text();
    // Nobody awaits it: an unhandled rejection is the failure of whichever test is running.
    if (/(Content Security|Permissions|Trusted Types?)[ -]Policy/i.test(text)) void Promise.reject(new Error(`${message.page()?.url()}: ${text}`));
  });
}

/** Goes to a page and waits until its buttons do something. */
export async function visit(page: Page, path: string): Promise<void> {
  holdToPolicy(page.context());
  await page.goto(path);
  await hydrated(page);
}

export async function hydrated(page: Page): Promise<void> {
  // A page of links waits for somebody who stirs.
  await page.mouse.move(1, 1);
  await expect(page.locator('html[data-hydrated]')).toBeAttached();
}

/** Makes an account; `path` is an invitation's, where there is one. */
export async function signUp(page: Page, path = '/signup'): Promise<User> {
  const name = uniqueWord();
  const user = { name, email: `${name}@example.org`, password: `hush-${uniqueWord()}-${uniqueWord()}` };
  await visit(page, path);
  await page.getByLabel('Username').fill(user.name);
  await page.getByLabel('E-mail').fill(user.email);
  await page.getByLabel('Password').fill(user.password);
  await page.getByRole('button', { name: 'Create account' }).click();
  await expect(page).not.toHaveURL(/\/signup/);
  return user;
}

/** Works for a group of radios and for a select alike. */
export async function choose(scope: Page | Locator, visibility: Visibility): Promise<void> {
  const select = scope.locator('select').and(scope.getByLabel('Who can see it'));
  if (await select.count()) {
    await select.selectOption({ label: visibility });
    return;
  }
  await scope.locator('label').filter({ hasText: visibility }).click();
  await expect(scope.getByRole('radio', { name: visibility })).toBeChecked();
}

/** Hands `path` to the upload page; its row, from the first state on. */
export async function upload(page: Page, path: string, visibility: Visibility = 'Private'): Promise<Locator> {
  await visit(page, '/upload');
  await choose(page, visibility);
  await recordStates(page);
  await page.locator('input[type=file]').first().setInputFiles(path);
  const row = page.getByTestId('upload-row');
  await expect(row).toHaveCount(1);
  return row;
}

export async function untilReady(row: Locator): Promise<void> {
  await expect(row).toHaveAttribute('data-state', /^(ready|failed|refused)$/, { timeout: 120_000 });
  await expect(row).toHaveAttribute('data-state', 'ready');
}

/** The states the row went through, in order, as somebody who looks on saw them. */
export async function statesSeen(page: Page): Promise<string[]> {
  return page.evaluate(() => (globalThis as unknown as { seen: string[] }).seen);
}

async function recordStates(page: Page): Promise<void> {
  await page.evaluate(() => {
    const seen: string[] = [];
    const note = () => {
      const state = document.querySelector('[data-testid=upload-row]')?.getAttribute('data-state');
      if (state && seen.at(-1) !== state) seen.push(state);
    };
    new MutationObserver(note).observe(document.body, { attributes: true, childList: true, subtree: true });
    Object.assign(globalThis, { seen });
  });
}

/** Follows the row's link; the id of the film. */
export async function watchFrom(row: Locator): Promise<string> {
  const page = row.page();
  await row.getByRole('link', { name: 'Watch' }).first().click();
  await expect(page).toHaveURL(/\/watch\/[^/]+$/);
  return new URL(page.url()).pathname.split('/').at(-1)!;
}

/** A browser that has never been here. */
export async function stranger(browser: Browser, baseURL: string | undefined): Promise<Page> {
  const context = await browser.newContext({ baseURL });
  holdToPolicy(context);
  return context.newPage();
}

/** What the page complains about while a journey runs. */
export function complaints(page: Page): string[] {
  const heard: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') heard.push(message.text());
  });
  page.on('pageerror', (error) => heard.push(error.message));
  return heard;
}
