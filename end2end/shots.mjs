// Every page in every state, as pictures for our own eyes: `npm run shots -- DIR [--only WORDS] [--film FILE]` with
// `kinora-dev exec --app --` before it. Wants an empty Kinora; films are made here, by the thousand with psql.
// Prints what overhangs, and which controls are too small for a thumb.
import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import { args, baseURL, executablePath } from './browser.mjs';
import { broken, film, letter } from './shots/footage.mjs';
import { copies, sql, text } from './shots/rows.mjs';

const { values, positionals } = parseArgs({
  options: { only: { type: 'string' }, film: { type: 'string' } },
  allowPositionals: true,
});
const [folder] = positionals;
if (!folder || !process.env.KINORA_DATABASE_URL) {
  console.error('usage: kinora-dev exec --app -- npm run shots -- DIR [--only home,watch] [--film FILE]');
  process.exit(2);
}
mkdirSync(folder, { recursive: true });
const wanted = values.only?.split(',');

// The last is 1440 px at a zoom of 200 %.
const looks = [
  { name: '390', width: 390, height: 844 },
  { name: '768', width: 768, height: 1024 },
  { name: '1440', width: 1440, height: 900 },
  { name: '2560', width: 2560, height: 1440 },
  { name: 'zoom', width: 720, height: 450 },
].flatMap((size) => ['light', 'dark'].map((scheme) => ({ ...size, scheme, name: `${size.name}-${scheme}` })));

const browser = await chromium.launch({ executablePath, args: [...args, '--enable-features=OverlayScrollbar'] });
const user = `shots${randomBytes(4).toString('hex')}`;
const password = randomBytes(12).toString('hex');

const newPage = async (storageState) => (await browser.newContext({ baseURL, storageState, locale: 'en-GB' })).newPage();

async function visit(page, path) {
  await page.goto(path);
  await page.mouse.move(1, 1);
  await page.locator('html[data-hydrated]').waitFor({ state: 'attached' });
}

/** The page as it is now, in every look. */
async function shoot(page, name, { full = false } = {}) {
  if (wanted && !wanted.some((word) => name.includes(word))) return;
  for (const look of looks) {
    await page.setViewportSize({ width: look.width, height: look.height });
    await page.emulateMedia({ colorScheme: look.scheme, reducedMotion: 'reduce' });
    await page.waitForLoadState('networkidle', { timeout: 2_000 }).catch(() => {});
    // Colours change over a moment.
    await page.waitForTimeout(250);
    await page.screenshot({ path: join(folder, `${name}-${look.name}.png`), fullPage: full });
    if (look.scheme === 'light') for (const flaw of await page.evaluate(flaws)) console.log(`${name}-${look.name}: ${flaw}`);
  }
}

/** Runs in the page. Links within a sentence may be as small as it; the title of a row has its poster beside it. */
function flaws() {
  const found = [];
  const overhang = document.documentElement.scrollWidth - window.innerWidth;
  if (overhang > 0) found.push(`overhangs by ${overhang} px`);
  for (const control of document.querySelectorAll('a, button, input, select, textarea, summary')) {
    const { width, height } = (control.closest('label.choice') ?? control).getBoundingClientRect();
    const isSeen = control.checkVisibility({ visibilityProperty: true }) && !control.closest('.visually-hidden, .skip-link');
    if (isSeen && (width < 44 || height < 44) && !control.matches('p > a.link, a.row-title, .player-seek')) {
      const name = control.ariaLabel || control.textContent.trim().slice(0, 30) || control.id;
      found.push(`${control.tagName.toLowerCase()} "${name}" is ${Math.round(width)} × ${Math.round(height)} px`);
    }
  }
  return found;
}

async function fill(page, fields) {
  for (const [label, value] of Object.entries(fields)) await page.getByLabel(label, { exact: true }).fill(value);
}

async function drop(page, path) {
  await page.locator('input[type=file]').first().setInputFiles(path);
}

const row = (page, state) => page.locator(`[data-testid=upload-row][data-state=${state}]`).first();

const guest = await newPage();

async function nobodyHere() {
  await visit(guest, '/');
  await shoot(guest, 'home-none');
  await visit(guest, '/search?q=lighthouse');
  await shoot(guest, 'search-none');
  await visit(guest, '/watch/nothinghere');
  await shoot(guest, 'missing');
  await visit(guest, '/signin');
  await shoot(guest, 'signin');
  await fill(guest, { 'Username or e-mail': 'nobody', Password: 'not the password' });
  await guest.getByRole('button', { name: 'Sign in' }).click();
  await guest.getByRole('alert').first().waitFor();
  await shoot(guest, 'signin-refused');
}

async function signUp(page) {
  await visit(page, '/signup');
  await shoot(page, 'signup');
  await fill(page, { Username: 'a b', 'E-mail': `${user}@example.org`, Password: password });
  await page.getByRole('button', { name: 'Create account' }).click();
  await page.getByRole('alert').first().waitFor();
  await shoot(page, 'signup-refused');
  await fill(page, { Username: user });
  await page.getByRole('button', { name: 'Create account' }).click();
  await page.waitForURL((url) => url.pathname === '/upload');
}

async function uploads(page) {
  await visit(page, '/studio');
  await shoot(page, 'studio-none');
  await visit(page, '/upload');
  await shoot(page, 'upload-none');
  await page.locator('label').filter({ hasText: 'Public' }).click();

  await page.route('**/*', (route) => (route.request().method() === 'PUT' ? undefined : route.fallback()));
  await drop(page, film('Sent for ever', 4));
  await row(page, 'sending').waitFor();
  await shoot(page, 'upload-sending');
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.unroute('**/*');

  await drop(page, values.film ?? film('Harbour at first light', 8));
  await row(page, 'ready').waitFor({ timeout: 600_000 });
  await shoot(page, 'upload-ready');
  await visit(guest, '/');
  await shoot(guest, 'home-one');
  await drop(page, letter('A letter'));
  await row(page, 'refused').waitFor();
  await drop(page, broken('Broken on the way'));
  await row(page, 'failed').waitFor({ timeout: 60_000 });
  await drop(page, film('A long evening by the sea', 90));
  await row(page, 'processing').waitFor({ timeout: 60_000 });
  await shoot(page, 'upload-all', { full: true });
  await row(page, 'ready').and(page.locator('li:first-child')).waitFor({ timeout: 600_000 });
}

const odd = [
  ['W'.repeat(100), ''],
  ['رحلة هادئة على ضفاف النهر عند الغروب', ''],
  ['מסע שקט לאורך הנהר בשעת בין ערביים', ''],
  ['Fireworks 🎆 over the bay 🌊 and everybody watches 👩‍👩‍👧‍👦', ''],
  [
    'A film with much to say about itself',
    'We walked the whole coast in eleven days. '.repeat(12) + '\n\nDay one: the harbour.\nDay two: the cliffs.\nDay three: rain.',
  ],
];

async function films(page) {
  for (const [title, description] of odd) {
    sql(copies(1, { title: text(title), description: text(description) }));
  }
  await visit(page, '/');
  await shoot(page, 'home-few', { full: true });
  await page.locator('summary').click();
  await shoot(page, 'menu');
  sql(copies(10_000, { title: `'Reel ' || n`, published_at: `now() - n * interval '1 hour' - interval '1 hour'` }));
  await visit(guest, '/');
  await shoot(guest, 'home-many');
  await guest.getByRole('link', { name: 'Show more' }).scrollIntoViewIfNeeded();
  await shoot(guest, 'home-end');
  await visit(guest, '/search?q=evening');
  await shoot(guest, 'search-some');
  await guest.keyboard.press('/');
  await shoot(guest, 'search-focus');
}

/** The address of the page of the newest film that `condition` names. */
const address = (condition) => `/watch/${sql(`SELECT id FROM videos WHERE ${condition} ORDER BY created_at DESC LIMIT 1;`)}`;

async function watching(page) {
  await visit(page, address(`title LIKE '%much to say%'`));
  await page.waitForFunction(() => document.querySelector('video').readyState > 1);
  await shoot(page, 'watch');
  await page.getByRole('button', { name: 'Show more' }).click();
  await shoot(page, 'watch-open', { full: true });
  await page.getByRole('button', { name: 'Settings' }).click();
  await shoot(page, 'watch-settings');
  await page.getByRole('menuitem', { name: 'Quality' }).click();
  await shoot(page, 'watch-quality');
  await page.keyboard.press('Tab');
  await shoot(page, 'watch-focus');
  await visit(page, address(`title LIKE 'WWW%'`));
  await shoot(page, 'watch-long');
  await visit(page, address(`title LIKE 'רחלה%' OR title LIKE 'رحلة%'`));
  await shoot(page, 'watch-rtl');
  await visit(page, address(`state = 'failed'`));
  await shoot(page, 'watch-failed');
  sql(copies(1, { title: `'Still being made'`, state: `'processing'`, build_id: 'NULL', published_at: 'NULL' }));
  const made = address(`state = 'processing'`);
  sql(`INSERT INTO builds (id, video_id, progress) SELECT left(md5(id), 12), id, 0.42 FROM videos WHERE state = 'processing';`);
  await visit(page, made);
  await shoot(page, 'watch-processing');
  sql(`UPDATE videos SET visibility = 'private' WHERE state = 'processing';`);
  await visit(guest, made);
  await shoot(guest, 'watch-private');
}

async function studio(page) {
  sql(`DELETE FROM videos WHERE title LIKE 'Reel %';`);
  await visit(page, '/studio');
  await shoot(page, 'studio', { full: true });
  const first = page.getByTestId('film-row').filter({ hasText: 'much to say' });
  await first.getByRole('button', { name: 'Edit' }).click();
  await first.scrollIntoViewIfNeeded();
  await shoot(page, 'studio-edit');
  await first.getByRole('button', { name: 'Cancel' }).click();
  await first.getByRole('button', { name: 'Delete' }).click();
  await page.getByTestId('toast').waitFor();
  await shoot(page, 'studio-toast');
}

async function keyboard(page) {
  await visit(page, '/');
  for (let presses = 0; presses < 6; presses++) await page.keyboard.press('Tab');
  await shoot(page, 'focus-card');
}

await nobodyHere();
const page = await newPage();
await signUp(page);
await uploads(page);
await films(page);
await watching(page);
await keyboard(page);
await studio(page);
await browser.close();
