import { expect, test } from '@playwright/test';
import { addressesOf, statuses } from '../files.ts';
import { film, largeFilm, olderFilm } from '../footage.ts';
import {
  choose,
  complaints,
  hydrated,
  misspelt,
  signUp,
  statesSeen,
  stranger,
  uniqueWord,
  untilReady,
  upload,
  visit,
  watchFrom,
} from '../support.ts';
import { picture, play, screen, timeOf, watchToTheEnd } from '../theatre.ts';

test('a film from upload to deletion', async ({ page, browser, baseURL }) => {
  const heard = complaints(page);
  const word = uniqueWord();
  const other = await stranger(browser, baseURL);
  let id = '';
  let addresses: string[] = [];

  await test.step('it is uploaded and processed', async () => {
    await signUp(page);
    const row = await upload(page, film(`Lanterns ${word}`), 'Public');
    await untilReady(row);
    const seen = await statesSeen(page);
    const milestones = seen.filter((state) => ['sending', 'processing', 'ready'].includes(state));
    expect(milestones).toEqual(['sending', 'processing', 'ready']);
    id = await watchFrom(row);
  });

  await test.step('it plays, and the picture is not black', async () => {
    await expect(page.getByRole('heading', { level: 1 })).toContainText(word);
    const video = await play(page);
    const { mean, spread } = await picture(video);
    expect(mean).toBeGreaterThan(30);
    expect(spread).toBeGreaterThan(20);
    expect(heard).toEqual([]);
  });

  await test.step('somebody else finds it, with a typo', async () => {
    await signUp(other);
    await visit(other, '/');
    const search = other.getByRole('searchbox').first();
    await search.fill(misspelt(word));
    await search.press('Enter');
    await expect(other).toHaveURL(/\/search\?q=/);
    const card = other.getByTestId('film-card').filter({ hasText: word });
    await expect(card).toHaveCount(1);
    await card.getByRole('link').first().click();
    await expect(other).toHaveURL(new RegExp(`/watch/${id}$`));
    addresses = await addressesOf(other.request, id);
    const answers = Object.values(await statuses(other.request, addresses));
    expect(answers.every((status) => status === 200 || status === 302)).toBe(true);
  });

  // What the person sees: a deleted row stays in the document, hidden, for as long as it can be brought back.
  const mine = (text: string) => page.getByTestId('film-row').filter({ hasText: text, visible: true });

  await test.step('it is edited and made private', async () => {
    await visit(page, '/studio');
    await mine(word).getByRole('button', { name: 'Edit' }).click();
    await page.getByLabel('Title').fill(`Candles ${word}`);
    await page.getByLabel('Description').fill('Made for a test.');
    const form = page.locator('form').filter({ has: page.getByLabel('Title') });
    await choose(form, 'Private');
    await form.getByRole('button', { name: 'Save' }).click();
    await expect(mine(`Candles ${word}`)).toBeVisible();
    await page.reload();
    await hydrated(page);
    await expect(mine(`Candles ${word}`)).toContainText('Private');
  });

  const gone = () => Object.fromEntries(addresses.map((address) => [address, 404]));

  await test.step('it is 404 for everybody else, files included', async () => {
    expect(await statuses(other.request, addresses)).toEqual(gone());
    const nobody = await stranger(browser, baseURL);
    expect(await statuses(nobody.request, addresses)).toEqual(gone());
  });

  await test.step('it is deleted, brought back, and deleted', async () => {
    await mine(word).getByRole('button', { name: 'Delete' }).click();
    await expect(mine(word)).toHaveCount(0);
    await page.getByRole('button', { name: 'Undo' }).click();
    await expect(mine(word)).toBeVisible();
    await mine(word).getByRole('button', { name: 'Delete' }).click();
    await expect(mine(word)).toHaveCount(0);
    await page.reload();
    await hydrated(page);
    await expect(mine(word)).toHaveCount(0);
    expect((await page.request.get(`/watch/${id}`)).status()).toBe(404);
    expect(await statuses(other.request, addresses)).toEqual(gone());
  });
});

test('a watch page opened early turns into the player by itself', async ({ page }) => {
  await signUp(page);
  const row = await upload(page, film(`Early ${uniqueWord()}`));
  await watchFrom(row);
  await expect(page.getByTestId('processing').or(page.getByTestId('player')).first()).toBeVisible();
  await play(page);
});

test('who watches a film whose other sizes are still made gets to its end', async ({ page }) => {
  test.setTimeout(400_000);
  await signUp(page);
  const row = await upload(page, largeFilm(`Sizes ${uniqueWord()}`));
  const id = await watchFrom(row);
  await test.step('a place in it is found where only the largest size is there yet', async () => {
    await visit(page, `/watch/${id}?t=30`);
    await expect.poll(() => screen(page).evaluate((element: HTMLVideoElement) => element.readyState)).toBeGreaterThanOrEqual(2);
    expect(await timeOf(screen(page))).toBeGreaterThan(29.9);
    await visit(page, `/watch/${id}?t=0`);
  });
  const video = await play(page);
  await expect.poll(() => video.evaluate((element: HTMLVideoElement) => element.duration), { timeout: 60_000 }).toBeGreaterThan(59);
  await video.evaluate((element: HTMLVideoElement) => (element.currentTime = 55));
  await expect.poll(() => video.evaluate((element: HTMLVideoElement) => element.seeking)).toBe(false);
  const about = async () => (await page.request.get(`/api/v1/videos/${id}`)).json();
  const first = await watchToTheEnd(video, 1);
  const film = await about();
  expect(film.details[0]).toBe('The picture is taken as it is.');
  expect(film.state, 'it has smaller sizes to be made').toBe('processing');
  expect(first.jumps).toEqual([]);
  expect(Math.abs(first.ended - 60)).toBeLessThan(0.2);
  // Once more, when all of them are there.
  await expect.poll(async () => (await about()).state, { timeout: 180_000 }).toBe('ready');
  await video.evaluate((element: HTMLVideoElement) => (element.currentTime = 50));
  await expect.poll(() => video.evaluate((element: HTMLVideoElement) => element.seeking)).toBe(false);
  expect(Math.abs((await watchToTheEnd(video, 4)).ended - 60)).toBeLessThan(0.2);
});

test('a film is watched while it is made, to its end', async ({ page }) => {
  test.setTimeout(240_000);
  const heard = complaints(page);
  await signUp(page);
  const row = await upload(page, olderFilm(`Unfinished ${uniqueWord()}`));
  await watchFrom(row);
  const video = screen(page);
  await expect(video).toBeVisible({ timeout: 60_000 });
  // Its first seconds are there, and its last are not.
  await expect(page.getByTestId('processing')).toBeVisible();
  const { jumps, waits, ended } = await watchToTheEnd(video, 4);
  expect(jumps).toEqual([]);
  expect(waits).toBeGreaterThan(0);
  expect(Math.abs(ended - 40)).toBeLessThan(0.2);
  expect(heard).toEqual([]);
});
