import { createHmac } from 'node:crypto';
import { type CDPSession, type Page, expect, test } from '@playwright/test';
import { type User, hydrated, signUp, stranger, visit } from '../support.ts';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** What an app shows (RFC 6238), so many steps from now. */
function code(secret: string, steps = 0): string {
  const bits = [...secret.replaceAll(' ', '')].map((c) => ALPHABET.indexOf(c).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + steps));
  const mac = createHmac('sha1', key).update(counter).digest();
  const at = mac[19] & 15;
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

interface Device {
  cdp: CDPSession;
  authenticatorId: string;
}

/** A device that holds passkeys and knows its owner. */
async function authenticator(page: Page): Promise<Device> {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('WebAuthn.enable');
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return { cdp, authenticatorId };
}

async function signOut(page: Page): Promise<void> {
  await page.context().clearCookies({ name: 'kinora_session' });
}

async function password(page: Page, user: User): Promise<void> {
  await visit(page, '/signin?next=/studio');
  await page.getByLabel('Username or e-mail').fill(user.name);
  await page.getByLabel('Password').fill(user.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

/** Codes that are shown once. */
async function recoveryCodes(page: Page): Promise<string[]> {
  const shown = page.getByTestId('recovery-codes').locator('code');
  await expect(shown).toHaveCount(10);
  return shown.allTextContents();
}

test('somebody signs in by a code of an app, and by a recovery code', async ({ page, browser, baseURL }) => {
  const user = await signUp(page);
  await visit(page, '/account/factors');
  await page.getByRole('button', { name: 'Set up an app' }).click();
  await expect(page.getByRole('img', { name: 'QR code of the secret' })).toBeVisible();
  const secret = (await page.getByTestId('secret').textContent())!.trim();
  await page.getByLabel('Code', { exact: true }).fill('000000');
  await page.getByRole('button', { name: 'Switch on' }).click();
  await expect(page.getByRole('alert')).toContainText("That code isn't right");
  await page.getByLabel('Code', { exact: true }).fill(code(secret));
  await page.getByRole('button', { name: 'Switch on' }).click();
  const codes = await recoveryCodes(page);
  await page.getByRole('button', { name: "I've kept them" }).click();
  await expect(page.getByText('10 are left.')).toBeVisible();

  const elsewhere = await stranger(browser, baseURL);
  await password(elsewhere, user);
  await expect(elsewhere).toHaveURL(/\/signin\/code\?next=/);
  // The password opened nothing yet.
  await elsewhere.goto('/studio');
  await expect(elsewhere).toHaveURL(/\/signin\?next=/);
  await password(elsewhere, user);
  await expect(elsewhere).toHaveURL(/\/signin\/code/);
  await hydrated(elsewhere);
  await elsewhere.getByLabel('Code').fill('000000');
  await elsewhere.getByRole('button', { name: 'Sign in' }).click();
  await expect(elsewhere.getByRole('alert')).toContainText("That code isn't right");
  await elsewhere.getByLabel('Code').fill(code(secret, 1));
  await elsewhere.getByRole('button', { name: 'Sign in' }).click();
  await expect(elsewhere).toHaveURL(/\/studio$/);

  await signOut(elsewhere);
  await password(elsewhere, user);
  await expect(elsewhere).toHaveURL(/\/signin\/code/);
  await hydrated(elsewhere);
  await elsewhere.getByLabel('Code').fill(codes[0]);
  await elsewhere.getByRole('button', { name: 'Sign in' }).click();
  await expect(elsewhere).toHaveURL(/\/studio$/);
  await visit(elsewhere, '/account/factors');
  await expect(elsewhere.getByText('9 are left.')).toBeVisible();
  await elsewhere.getByRole('button', { name: 'Switch off' }).click();
  await expect(elsewhere.getByRole('button', { name: 'Set up an app' })).toBeVisible();
  await expect(elsewhere.getByText('Recovery codes')).toHaveCount(0);
});

test('somebody adds a passkey and signs in by nothing else', async ({ page }) => {
  const user = await signUp(page);
  await authenticator(page);
  await visit(page, '/account/factors');
  await page.getByLabel('Name of the new one').fill('My laptop');
  await page.getByRole('button', { name: 'Add a passkey' }).click();
  await recoveryCodes(page);
  const row = page.getByRole('listitem').filter({ hasText: 'My laptop' });
  await expect(row).toContainText('not used yet');

  // The same device has one already.
  await page.getByLabel('Name of the new one').fill('Again');
  await page.getByRole('button', { name: 'Add a passkey' }).click();
  await expect(page.getByRole('alert')).toContainText('There is a passkey of this account on this device already.');

  await signOut(page);
  await visit(page, '/signin?next=/studio');
  await page.getByRole('button', { name: 'Use a passkey' }).click();
  await expect(page).toHaveURL(/\/studio$/);

  // As the second step of whoever typed the password.
  await signOut(page);
  await password(page, user);
  await expect(page).toHaveURL(/\/signin\/code/);
  await hydrated(page);
  await page.getByRole('button', { name: 'Use a passkey' }).click();
  await expect(page).toHaveURL(/\/studio$/);

  await visit(page, '/account/factors');
  await expect(row).toContainText('last used');
  await page.getByRole('button', { name: 'Remove the passkey My laptop' }).click();
  await expect(row).toHaveCount(0);
  await signOut(page);
  await visit(page, '/signin');
  await page.getByRole('button', { name: 'Use a passkey' }).click();
  await expect(page.getByRole('alert')).toContainText("This passkey isn't known here");
  await password(page, user);
  await expect(page).toHaveURL(/\/studio$/);
});

test('a passkey that counts backwards is refused', async ({ page }) => {
  await signUp(page);
  const device = await authenticator(page);
  await visit(page, '/account/factors');
  await page.getByLabel('Name of the new one').fill('Key');
  await page.getByRole('button', { name: 'Add a passkey' }).click();
  await recoveryCodes(page);
  await signOut(page);
  await visit(page, '/signin');
  const use = page.getByRole('button', { name: 'Use a passkey' });
  await use.click();
  await expect(page).not.toHaveURL(/\/signin/);

  // A copy of the key, from before.
  await goBack(device);
  await signOut(page);
  await visit(page, '/signin');
  await use.click();
  await expect(page.getByRole('alert')).toContainText("This passkey can't be accepted.");
});

/** The device becomes a copy from before it was used. */
async function goBack({ cdp, authenticatorId }: Device): Promise<void> {
  const { credentials } = await cdp.send('WebAuthn.getCredentials', { authenticatorId });
  for (const credential of credentials) {
    await cdp.send('WebAuthn.removeCredential', { authenticatorId, credentialId: credential.credentialId });
    await cdp.send('WebAuthn.addCredential', { authenticatorId, credential: { ...credential, signCount: 0 } });
  }
}
