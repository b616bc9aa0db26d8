import { expect, test } from '@playwright/test';
import { signUp, stranger, visit } from '../support.ts';

test('a wrong password is refused, the right one lets in', async ({ page, browser, baseURL }) => {
  const user = await signUp(page);
  const elsewhere = await stranger(browser, baseURL);
  await visit(elsewhere, '/signin');
  await elsewhere.getByLabel('Username or e-mail').fill(user.name);
  await elsewhere.getByLabel('Password').fill('not the password');
  await elsewhere.getByRole('button', { name: 'Sign in' }).click();
  await expect(elsewhere.getByRole('alert')).toContainText("That name and password don't match.");

  await elsewhere.getByLabel('Password').fill(user.password);
  await elsewhere.getByRole('button', { name: 'Sign in' }).click();
  await expect(elsewhere).not.toHaveURL(/\/signin/);
  await visit(elsewhere, '/studio');
  await expect(elsewhere).toHaveURL(/\/studio/);
});
