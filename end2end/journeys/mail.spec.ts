import { type Page, expect, test } from '@playwright/test';
import { mailTo, mailsTo } from '../mail.ts';
import { anotherServer } from '../server.ts';
import { type User, complaints, signUp, stranger, uniqueWord, visit } from '../support.ts';

/** The page as it is, for our own eyes, where KINORA_LOOKS names a folder. */
async function shown(page: Page, name: string): Promise<void> {
  const folder = process.env.KINORA_LOOKS;
  if (!folder) return;
  for (const [width, colorScheme] of [[390, 'light'], [1280, 'dark']] as const) {
    await page.setViewportSize({ width, height: 844 });
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await page.screenshot({ path: `${folder}/${name}-${width}.png` });
  }
}

/** What a form says once it was sent. */
const said = (page: Page) => page.locator('p[role=status]');

async function signIn(page: Page, login: string, password: string): Promise<void> {
  await visit(page, '/signin');
  await page.getByLabel('Username or e-mail').fill(login);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

async function confirm(page: Page, link: string): Promise<void> {
  await visit(page, link);
  await page.getByRole('button', { name: 'Yes, this is my address' }).click();
  await expect(said(page)).toBeVisible();
}

/** Somebody whose address is confirmed. */
async function confirmed(page: Page): Promise<User> {
  const user = await signUp(page);
  await confirm(page, (await mailTo(user.email, 'Confirm your address')).link);
  return user;
}

test('an address is confirmed by the link that was sent there', async ({ page, browser, baseURL }) => {
  const heard = complaints(page);
  const user = await signUp(page);
  const elsewhere = await stranger(browser, baseURL);
  await signIn(elsewhere, user.email, user.password);
  await expect(elsewhere.getByRole('alert')).toContainText("don't match");

  await visit(page, '/account/email');
  await expect(page.getByText('not confirmed yet')).toBeVisible();
  await shown(page, 'email-unconfirmed');
  await page.getByRole('button', { name: 'Send again' }).click();
  await expect(said(page)).toContainText('Sent.');
  await expect.poll(() => mailsTo(user.email).length).toBe(2);
  const [second, first] = mailsTo(user.email);

  // Whoever looks at the link before uses nothing up.
  const looked = await stranger(browser, baseURL);
  await visit(looked, first.link);
  await looked.getByRole('button', { name: 'Yes, this is my address' }).click();
  await expect(looked.getByRole('alert')).toContainText('used already, or is too old');
  await shown(looked, 'confirm-dead');
  await visit(page, second.link);
  await shown(page, 'confirm');
  await page.reload();
  await confirm(page, second.link);
  await expect(said(page)).toContainText(`${user.email} is confirmed`);
  await shown(page, 'confirm-done');
  await signIn(elsewhere, user.email, user.password);
  await expect(elsewhere).not.toHaveURL(/signin/);
  expect(heard).toEqual([]);
});

test('a forgotten password is replaced, and who was signed in is out', async ({ page, browser, baseURL }) => {
  const user = await confirmed(page);
  const elsewhere = await stranger(browser, baseURL);
  await visit(elsewhere, '/signin');
  await elsewhere.getByRole('link', { name: 'Forgot your password?' }).click();
  await expect(elsewhere.getByRole('heading', { name: 'Forgot your password?' })).toBeVisible();
  await shown(elsewhere, 'forgot');
  await elsewhere.getByLabel('Username or e-mail').fill(user.email);
  await elsewhere.getByRole('button', { name: 'Send a link' }).click();
  await expect(said(elsewhere)).toContainText('If this account exists');
  await shown(elsewhere, 'forgot-done');

  const { link, text } = await mailTo(user.email, 'Choose a new password');
  expect(text).toContain('within 30 minutes');
  expect(link).toMatch(/^\/reset#kim_/);
  const asked: string[] = [];
  elsewhere.on('request', (request) => asked.push(`${request.url()} ${request.headers().referer ?? ''}`));
  await visit(elsewhere, link);
  await elsewhere.getByLabel('New password').fill('password');
  await elsewhere.getByRole('button', { name: 'Change password' }).click();
  await expect(elsewhere.getByRole('alert')).toContainText('Many people have this password');
  await shown(elsewhere, 'reset-refused');
  const fresh = `${uniqueWord()}-${uniqueWord()}`;
  await elsewhere.getByLabel('New password').fill(fresh);
  await elsewhere.getByRole('button', { name: 'Change password' }).click();
  await expect(said(elsewhere)).toContainText('Your password is changed');
  await shown(elsewhere, 'reset-done');
  // No server is told of the link by an address, nor by where somebody comes from.
  expect(asked.filter((request) => request.includes('kim_'))).toEqual([]);

  await page.goto('/studio');
  await expect(page).toHaveURL(/\/signin/);
  await signIn(page, user.name, user.password);
  await expect(page.getByRole('alert')).toContainText("don't match");
  await signIn(page, user.name, fresh);
  await expect(page).not.toHaveURL(/signin/);
  await mailTo(user.email, 'Your password was changed');
});

test('a password is changed, and every other browser is signed out', async ({ page, browser, baseURL }) => {
  const user = await signUp(page);
  const elsewhere = await stranger(browser, baseURL);
  await signIn(elsewhere, user.name, user.password);
  await expect(elsewhere).not.toHaveURL(/signin/);
  await visit(page, '/account/password');
  await page.getByLabel('Current password').fill('not the password');
  const fresh = `${uniqueWord()}-${uniqueWord()}`;
  await page.getByLabel('New password').fill(fresh);
  await shown(page, 'password');
  await page.getByRole('button', { name: 'Change password' }).click();
  await expect(page.getByRole('alert')).toContainText("That isn't your password.");
  await expect(page.getByLabel('Current password')).toBeFocused();
  await page.getByLabel('Current password').fill(user.password);
  await page.getByRole('button', { name: 'Change password' }).click();
  await expect(said(page)).toContainText('Your password is changed');
  await shown(page, 'password-done');
  await visit(page, '/studio');
  await expect(page).toHaveURL(/\/studio/);
  await elsewhere.goto('/studio');
  await expect(elsewhere).toHaveURL(/\/signin/);
});

test('an address is changed when both have said yes', async ({ page }) => {
  const user = await confirmed(page);
  const next = `${uniqueWord()}@example.org`;
  await visit(page, '/account/email');
  await page.getByLabel('New address').fill(next);
  await page.getByLabel('Your password').fill(user.password);
  await shown(page, 'email');
  await page.getByRole('button', { name: 'Change address' }).click();
  await expect(said(page)).toContainText('both addresses');
  await shown(page, 'email-done');
  await confirm(page, (await mailTo(user.email, 'Is your address to change?')).link);
  await expect(said(page)).toContainText('once the link in the other mail is opened');
  await visit(page, '/account/email');
  await expect(page.getByText(user.email)).toBeVisible();
  await confirm(page, (await mailTo(next, 'Confirm your new address')).link);
  await expect(said(page)).toContainText(`Your address is ${next}`);
  await visit(page, '/account/email');
  await expect(page.getByText(next)).toBeVisible();
});

test('mails are shown on this machine', async ({ page }) => {
  const user = await signUp(page);
  await mailTo(user.email, 'Confirm your address');
  await page.goto('/dev/mail');
  const mail = page.getByRole('article').filter({ hasText: user.email });
  await expect(mail).toContainText('please confirm that this address is yours');
  await shown(page, 'dev-mail');
  await mail.getByRole('link').click();
  await expect(page).toHaveURL(/\/confirm#kim_/);
});

test('where addresses have to be confirmed, somebody new is led to do so', async ({ browser }) => {
  const { url, stop } = await anotherServer({ KINORA_VERIFY_EMAIL: 'required' });
  try {
    const page = await stranger(browser, url);
    const user = await signUp(page);
    await expect(page).toHaveURL(/\/verify$/);
    await expect(page.getByText(user.email)).toBeVisible();
    await shown(page, 'verify');
    await page.getByRole('button', { name: 'Send again' }).click();
    await expect(said(page)).toContainText('Sent.');
    const elsewhere = await stranger(browser, url);
    await signIn(elsewhere, user.name, user.password);
    await expect(elsewhere).toHaveURL(/\/verify$/);
    await expect.poll(() => mailsTo(user.email).length).toBe(2);
    await confirm(page, mailsTo(user.email)[0].link);
    await visit(page, '/verify');
    await expect(page.getByRole('heading', { name: 'Your address is confirmed' })).toBeVisible();
    await shown(page, 'verify-done');
    await signIn(elsewhere, user.email, user.password);
    await expect(elsewhere).toHaveURL(`${url}/`);
  } finally {
    stop();
  }
});

test('where no mail is sent, nobody is led to wait for one', async ({ browser }) => {
  const { url, stop } = await anotherServer({ KINORA_MAIL_FOLDER: '' });
  try {
    const page = await stranger(browser, url);
    await visit(page, '/signin');
    await expect(page.getByRole('link', { name: 'Forgot your password?' })).toHaveCount(0);
    await visit(page, '/forgot');
    await expect(page.getByText('This site sends no mail')).toBeVisible();
    await shown(page, 'forgot-no-mail');
    expect((await page.goto('/dev/mail'))?.status()).toBe(404);
  } finally {
    stop();
  }
});
