import { type Locator, type Page, expect, test } from '@playwright/test';
import { captionedFilm, film, olderFilm } from '../footage.ts';
import { complaints, signUp, stranger, uniqueWord, untilReady, upload, visit, watchFrom } from '../support.ts';
import { play, watchToTheEnd } from '../theatre.ts';

const srt = (...said: string[]) =>
  said.map((words, index) => `${index + 1}\r\n00:00:0${index * 3},500 --> 00:00:0${index * 3 + 3},000\r\n${words}\r\n`).join('\r\n');

/** As Windows has Russian letters. */
const windows1251 = (text: string) =>
  Buffer.from([...text].map((letter) => (letter < '\u0400' ? letter.charCodeAt(0) : letter === 'ё' ? 0xb8 : letter.charCodeAt(0) - 0x350)));

const file = (name: string, buffer: Buffer) => ({ name, mimeType: 'application/x-subrip', buffer });

const deskOf = (page: Page) => page.getByTestId('captions-desk');
const rowsOf = (page: Page) => deskOf(page).getByTestId('captions-row');
const draftsOf = (page: Page) => deskOf(page).getByTestId('captions-draft');

async function choose(page: Page, ...files: ReturnType<typeof file>[]): Promise<void> {
  await deskOf(page).locator('input[type=file]').setInputFiles(files);
}

async function editing(page: Page, word: string): Promise<void> {
  await visit(page, '/studio');
  await page.getByTestId('film-row').filter({ hasText: word }).getByRole('button', { name: 'Edit' }).click();
  await expect(deskOf(page)).toBeVisible();
}

/** Languages and names that the player knows of. */
const tracksOf = (video: Locator) =>
  video.evaluate((element: HTMLVideoElement) =>
    [...element.textTracks].filter(({ kind }) => kind === 'subtitles').map(({ language, label }) => `${language}: ${label}`),
  );

/** Captions that are chosen in the menu, and what is drawn at a time of the film. */
async function said(video: Locator, name: string, at: number): Promise<Locator> {
  const page = video.page();
  await video.evaluate((element: HTMLVideoElement, at) => {
    element.pause();
    element.currentTime = at;
  }, at);
  await page.getByTestId('player').hover();
  await page.getByRole('button', { name: 'Settings' }).click();
  const settings = page.getByTestId('settings');
  await settings.getByRole('menuitem', { name: 'Captions' }).click();
  await settings.getByRole('menuitemradio', { name, exact: true }).click();
  await page.keyboard.press('Escape');
  return page.getByTestId('captions');
}

test('captions are added in whatever encoding, shown, replaced and deleted', async ({ page, browser, baseURL }) => {
  const heard = complaints(page);
  const word = uniqueWord();
  await signUp(page);
  const uploaded = await upload(page, captionedFilm(`Talk ${word}`), 'Public');
  await untilReady(uploaded);
  const id = await watchFrom(uploaded);
  const newcomer = async () => {
    const other = await stranger(browser, baseURL);
    await visit(other, `/watch/${id}`);
    return play(other);
  };

  await test.step('those of its file are there by themselves', async () => {
    const video = await newcomer();
    await expect.poll(() => tracksOf(video)).toEqual(['fr: French']);
    await expect(await said(video, 'French', 1)).toHaveText('Bonjour & bienvenue');
    await editing(page, word);
    await expect(rowsOf(page)).toHaveCount(1);
    await expect(rowsOf(page)).toContainText("fr · 1 caption · from the film's file");
    await rowsOf(page).getByRole('button', { name: 'Preview' }).click();
    await expect(rowsOf(page).getByTestId('cues')).toContainText('Bonjour & bienvenue');
  });

  await test.step('a file is read before it is added', async () => {
    const russian = srt('Съешь же ещё этих мягких', '<i>французских булок</i>', 'да выпей чаю');
    await choose(page, file(`${word}.ru.srt`, windows1251(russian)));
    const draft = draftsOf(page);
    await expect(draft).toContainText('3 captions, read as SRT, windows-1251.');
    await expect(draft.getByLabel('Language')).toHaveValue('ru');
    await expect(draft.getByTestId('cues').locator('li').nth(1)).toContainText('французских булок');
    await draft.getByLabel('Name').fill('По-русски');
    await draft.getByRole('button', { name: 'Add captions' }).click();
    await expect(draft).toHaveCount(0);
    await expect(rowsOf(page)).toHaveCount(2);
    await expect(rowsOf(page).nth(1)).toContainText('По-русски');
    const video = await newcomer();
    await expect.poll(() => tracksOf(video)).toEqual(['fr: French', 'ru: По-русски']);
    await expect((await said(video, 'По-русски', 4)).locator('i')).toHaveText('французских булок');
    await expect(await said(video, 'По-русски', 1)).toHaveText('Съешь же ещё этих мягких');
  });

  await test.step('others take their place, also of those in the file', async () => {
    await rowsOf(page).nth(1).getByRole('button', { name: 'Replace' }).hover();
    const chooser = page.waitForEvent('filechooser');
    await rowsOf(page).nth(1).getByRole('button', { name: 'Replace' }).click();
    const utf16 = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(srt('Снова здравствуйте'), 'utf16le')]);
    await (await chooser).setFiles(file('new.srt', utf16));
    await expect(draftsOf(page)).toContainText('1 caption, read as SRT, UTF-16LE.');
    await draftsOf(page).getByRole('button', { name: 'Replace captions' }).click();
    await expect(rowsOf(page).nth(1)).toContainText('ru · 1 caption · added by you');
    await expect(rowsOf(page).nth(1)).toContainText('По-русски');

    const french = 'WEBVTT\n\n00:00.500 --> 00:03.000 line:0\n<v Ada>Salut';
    await choose(page, file('french.vtt', Buffer.from(french)));
    await expect(draftsOf(page).getByLabel('Language')).toHaveValue('fr');
    await expect(draftsOf(page)).toContainText("in place of the film's own");
    await draftsOf(page).getByRole('button', { name: 'Add captions' }).click();
    await expect(rowsOf(page).filter({ hasText: 'French' })).toContainText('added by you');
    const video = await newcomer();
    await expect.poll(async () => (await tracksOf(video)).length).toBe(2);
    await expect(await said(video, 'По-русски', 1)).toHaveText('Снова здравствуйте');
    await expect((await said(video, 'French', 1)).locator('.captions-high')).toHaveText('Salut');
  });

  await test.step('they are called something else', async () => {
    const row = rowsOf(page).filter({ hasText: 'По-русски' });
    await row.getByRole('button', { name: 'Preview' }).click();
    await expect(row.getByTestId('cues')).toContainText('Снова здравствуйте');
    await row.getByLabel("Name in the player's menu").fill('Русский');
    await row.getByLabel("Name in the player's menu").press('Enter');
    await expect(rowsOf(page).filter({ hasText: 'Русский' })).toBeVisible();
    const video = await newcomer();
    await expect.poll(() => tracksOf(video)).toEqual(['fr: French', 'ru: Русский']);
  });

  await test.step('they are deleted, and brought back', async () => {
    await rowsOf(page).filter({ hasText: 'Русский' }).getByRole('button', { name: 'Delete' }).click();
    await expect(rowsOf(page)).toHaveCount(1);
    await page.getByRole('button', { name: 'Undo' }).click();
    await expect(rowsOf(page)).toHaveCount(2);
    await rowsOf(page).filter({ hasText: 'French' }).getByRole('button', { name: 'Delete' }).click();
    // Those of the file are shown again.
    await expect(rowsOf(page).filter({ hasText: 'French' })).toContainText("from the film's file");
    await page.reload();
    await editing(page, word);
    await expect(rowsOf(page)).toHaveCount(2);
  });
  expect(heard).toEqual([]);
});

test('a film is captioned while it is made', async ({ page }) => {
  test.setTimeout(240_000);
  const heard = complaints(page);
  await signUp(page);
  const row = await upload(page, olderFilm(`Early ${uniqueWord()}`));
  const href = await row.getByRole('link', { name: 'Watch' }).first().getAttribute('href');
  const added = await page.request.put(`/api/v1${href!.replace('/watch/', '/videos/')}/captions/en`, {
    headers: { 'sec-fetch-site': 'same-origin' },
    data: Buffer.from(srt('Early words', 'and more of them')),
  });
  expect(added.status()).toBe(201);
  await visit(page, href!);
  const video = await play(page);
  await expect(page.getByTestId('processing')).toBeVisible();
  await expect(await said(video, 'English', 4)).toHaveText('and more of them');
  await expect(await said(video, 'English', 1)).toHaveText('Early words');
  const { jumps, ended } = await watchToTheEnd(video, 4);
  expect(jumps).toEqual([]);
  expect(Math.abs(ended - 40)).toBeLessThan(0.2);
  expect(heard).toEqual([]);
});

test('files that are no captions say why, and nothing is lost', async ({ page }) => {
  const word = uniqueWord();
  await signUp(page);
  await untilReady(await upload(page, film(`Silent ${word}`)));
  await editing(page, word);
  const late = '1\n00:59:01,000 --> 00:59:02,000\nLate\n';
  await choose(
    page,
    file('letter.srt', Buffer.from('Dear Ada, how are you?')),
    file('styled.en.srt', Buffer.from('[Script Info]\nTitle: x\n')),
    file('broken.de.srt', Buffer.from('1\n00:00:0l,000 --> 00:00:02,000\nHallo\n')),
    file('picture.srt', Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')),
    file('empty.srt', Buffer.alloc(0)),
    file('large.srt', Buffer.alloc(3_000_000, 'x')),
    file('half.de.srt', Buffer.from(`${srt('Guten Tag')}\n2\n00:00:0x,000 --> 00:00:05,000\nnie\n\n${late}`)),
  );
  const draft = (name: string) => draftsOf(page).filter({ hasText: name });
  await expect(draft('letter.srt')).toContainText('There are no captions in this file');
  await expect(draft('styled.en.srt')).toContainText('This is an ASS or SSA file.');
  await expect(draft('broken.de.srt')).toContainText('The times in line 2 can\'t be read: “00:00:0l,000 --> 00:00:02,000”.');
  await expect(draft('picture.srt')).toContainText('This is a picture (PNG).');
  await expect(draft('empty.srt')).toContainText('This file is empty.');
  await expect(draft('large.srt')).toContainText('This file has 3.0 MB');
  // What can be read of one is shown, and what was left out.
  await expect(draft('half.de.srt')).toContainText('2 captions, read as SRT.');
  await expect(draft('half.de.srt')).toContainText("Line 6: the times “00:00:0x,000 --> 00:00:05,000” can't be read.");
  await expect(draft('half.de.srt')).toContainText('1 caption begins after the film has ended, at 0:12.');
  for (const name of ['letter.srt', 'styled.en.srt', 'broken.de.srt', 'picture.srt', 'empty.srt', 'large.srt']) {
    await expect(draft(name).getByRole('button', { name: 'Add captions' })).toBeHidden();
    await draft(name).getByRole('button', { name: 'Discard' }).click();
  }
  // Saving the film doesn't throw away what waits.
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByTestId('toast')).toContainText('not added yet');
  // The connection breaks: the file waits.
  await page.route('**/captions/de**', (route) => route.abort());
  await draft('half.de.srt').getByRole('button', { name: 'Add captions' }).click();
  await expect(draft('half.de.srt')).toContainText('This file could not be sent.');
  await page.unroute('**/captions/de**');
  await draft('half.de.srt').getByLabel('Language').selectOption('');
  await draft('half.de.srt').getByRole('button', { name: 'Add captions' }).click();
  await expect(draft('half.de.srt')).toContainText('Choose the language of these captions first.');
  await draft('half.de.srt').getByLabel('Language').selectOption('Another language');
  await draft('half.de.srt').getByLabel('Its tag').fill('klingon');
  await draft('half.de.srt').getByRole('button', { name: 'Add captions' }).click();
  await expect(draft('half.de.srt')).toContainText("“klingon” isn't the tag of a language.");
  await draft('half.de.srt').getByLabel('Its tag').fill('de-at');
  await draft('half.de.srt').getByRole('button', { name: 'Add captions' }).click();
  await expect(rowsOf(page)).toContainText('de-AT · 2 captions · added by you');
  await expect(rowsOf(page)).toContainText('German (AT)');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(deskOf(page)).toHaveCount(0);
});
