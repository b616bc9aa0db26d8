import { expect, test } from '@playwright/test';
import { type Cdn, cdn } from '../cdn.ts';
import { longFilm } from '../footage.ts';
import { complaints, signUp, uniqueWord, untilReady, upload, visit, watchFrom } from '../support.ts';
import { picture, play, timeOf } from '../theatre.ts';

/** How long a token lives: for half of it at least it is valid. */
const SECONDS = 20;

let behind: Cdn;
test.beforeAll(async () => {
  behind = await cdn(SECONDS);
});
test.afterAll(() => behind?.close());

test('a film plays by nginx as a CDN, and goes on when the token of its address is too old', async ({ page, browser }) => {
  test.setTimeout(240_000);
  await signUp(page);
  const row = await upload(page, longFilm(`Delivered ${uniqueWord()}`), 'Unlisted');
  await untilReady(row);
  const id = await watchFrom(row);
  await page.goto('about:blank');

  const viewer = await (await browser.newContext()).newPage();
  const heard = complaints(viewer);
  const [delivered, elsewhere, refused] = [new Set<string>(), new Set<string>(), new Set<string>()];
  viewer.on('response', (response) => {
    const { href, origin } = new URL(response.url());
    if (origin === behind.url) (response.status() < 300 ? delivered : refused).add(`${response.status()} ${href}`);
    else if (origin !== behind.site) elsewhere.add(href);
  });

  await visit(viewer, `${behind.site}/watch/${id}`);
  const video = await play(viewer);
  expect((await picture(video)).spread).toBeGreaterThan(20);
  // From nginx, sound and picture, and nothing from S3.
  const objects = [...delivered].filter((address) => address.endsWith('.m4s'));
  expect(objects.length).toBeGreaterThan(1);
  expect([...elsewhere].filter((address) => address.startsWith('http'))).toEqual([]);
  expect([...refused]).toEqual([]);

  const before = objects[0].split(' ')[1];
  await video.evaluate((element: HTMLVideoElement) => element.pause());
  await expect.poll(async () => (await viewer.request.get(before)).status(), { timeout: (SECONDS + 10) * 1000 }).toBe(410);
  expect(heard).toEqual([]);

  // What lies there isn't in the buffer yet.
  await video.evaluate((element: HTMLVideoElement) => {
    element.currentTime = element.duration - 15;
    void element.play();
  });
  await expect.poll(() => timeOf(video)).toBeGreaterThan(106);
  expect([...refused].filter((address) => address.startsWith('410 ')).length, 'the old token was tried').toBeGreaterThan(0);
  const tokens = new Set([...delivered].map((address) => new URL(address.split(' ')[1]).pathname.split('/')[1]));
  expect(tokens.size, 'another token was fetched').toBeGreaterThan(1);
  await expect(viewer.getByText('The connection to this film is interrupted')).toHaveCount(0);
  await viewer.context().close();
});
