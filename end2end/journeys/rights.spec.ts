import { type Page, expect, test } from '@playwright/test';
import { rows } from '../bench/psql.mjs';
import { signUp, stranger, visit } from '../support.ts';

/** Somebody who sees to people. Who becomes one otherwise is invited. */
async function admin(page: Page) {
  const user = await signUp(page);
  rows(`UPDATE users SET role = 'admin' WHERE username = '${user.name}'`);
  return user;
}

test('where somebody is signed in is listed, and ended from elsewhere', async ({ page, browser, baseURL }) => {
  const user = await signUp(page);
  const elsewhere = await stranger(browser, baseURL);
  await visit(elsewhere, '/signin');
  await elsewhere.getByLabel('Username or e-mail').fill(user.name);
  await elsewhere.getByLabel('Password').fill(user.password);
  await elsewhere.getByRole('button', { name: 'Sign in' }).click();
  await expect(elsewhere).not.toHaveURL(/signin/);

  await visit(page, '/account');
  const sessions = page.getByRole('list', { name: 'Sessions' }).getByRole('listitem');
  await expect(sessions).toHaveCount(2);
  await expect(sessions.filter({ hasText: 'This browser' })).toHaveCount(1);
  await sessions.getByRole('button', { name: /^Sign out on Chrome/ }).click();
  await expect(sessions).toHaveCount(1);
  await elsewhere.goto('/studio');
  await expect(elsewhere).toHaveURL(/signin/);
  await visit(page, '/studio');
  await expect(page).toHaveURL(/studio/);
});

test('a token is shown once, does what its scopes say, and is withdrawn', async ({ page, request }) => {
  await signUp(page);
  await visit(page, '/account/tokens');
  await page.getByLabel('What it is for').fill('backup');
  await page.getByRole('button', { name: 'Create token' }).click();
  const secret = await page.getByLabel('Copy this token now').inputValue();
  const headers = { authorization: `Bearer ${secret}` };
  const account = await request.get('/api/v1/account', { headers });
  expect(await account.json()).toMatchObject({ scopes: ['read'] });
  const upload = await request.post('/api/v1/uploads', { headers, data: { file_name: 'a.mp4', size: 9 } });
  expect([upload.status(), (await upload.json()).code]).toEqual([403, 'insufficient_scope']);

  await visit(page, '/account/tokens');
  await expect(page.getByText(secret)).toHaveCount(0);
  await page.getByRole('button', { name: 'Withdraw the token backup' }).click();
  await expect(page.getByRole('list', { name: 'Access tokens' }).getByRole('listitem')).toHaveCount(0);
  expect((await request.get('/api/v1/account', { headers })).status()).toBe(401);
});

test('an admin invites somebody, changes a role and shuts somebody out', async ({ page, browser, baseURL }) => {
  await admin(page);
  await visit(page, '/admin/invitations');
  await page.getByLabel('For whom').fill('the librarian');
  await page.getByLabel('Role').selectOption('Viewer');
  await page.getByRole('button', { name: 'Invite' }).click();
  const invitation = new URL(await page.getByLabel('Copy this link now').inputValue());

  const guest = await stranger(browser, baseURL);
  const user = await signUp(guest, invitation.pathname + invitation.hash);
  const upload = await guest.request.post('/api/v1/uploads', {
    headers: { 'sec-fetch-site': 'same-origin' },
    data: { file_name: 'a.mp4', size: 9 },
  });
  expect((await upload.json()).code).toBe('role_may_not');

  await visit(page, '/admin/invitations');
  await expect(page.getByText(`used by ${user.name}`)).toBeVisible();
  await visit(page, `/admin?q=${user.name}`);
  await page.getByLabel(`Role of ${user.name}`).selectOption('Uploader');
  await expect(page.getByTestId('toast')).toContainText('is now: uploader');
  await visit(guest, '/upload');
  await expect(guest.locator('input[type=file]').first()).toBeAttached();

  await page.getByRole('button', { name: `Disable ${user.name}` }).click();
  await expect(page.getByTestId('toast')).toContainText("can't sign in");
  await guest.goto('/studio');
  await expect(guest).toHaveURL(/signin/);
  await visit(page, '/admin/log');
  await expect(page.getByText('Account disabled').first()).toBeVisible();
});
