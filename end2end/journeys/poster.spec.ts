import { type Locator, type Page, expect, test } from '@playwright/test';
import { colourful, photo, sound } from '../footage.ts';
import { complaints, signUp, uniqueWord, untilReady, upload, visit } from '../support.ts';

/** Red, green and blue in the middle of a picture, as it is shown. */
async function colourOf(image: Locator): Promise<number[]> {
  return image.evaluate(async (element: HTMLImageElement) => {
    await element.decode();
    // Not from the cache: what an image was loaded for, no script may read.
    const bytes = await (await fetch(element.currentSrc, { cache: 'reload' })).blob();
    const canvas = new OffscreenCanvas(1, 1).getContext('2d')!;
    const picture = await createImageBitmap(bytes);
    // Beside the lines of the grid.
    canvas.drawImage(picture, picture.width * 0.56, picture.height * 0.56, 8, 8, 0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
  });
}

const posterOf = (scope: Page | Locator) => scope.locator('.poster img').first();

async function showsPoster(image: Locator, colour: 'red' | 'green' | 'blue' | 'yellow' | 'purple') {
  const bright = { red: 'R', green: 'G', blue: 'B', yellow: 'RG', purple: 'RB' }[colour];
  await expect
    .poll(async () => {
      const [red, green, blue] = await colourOf(image);
      return `${red > 90 ? 'R' : ''}${green > 90 ? 'G' : ''}${blue > 90 ? 'B' : ''}`;
    }, { timeout: 30_000 })
    .toBe(bright);
}

async function editing(page: Page, word: string): Promise<Locator> {
  await visit(page, '/studio');
  const row = page.getByTestId('film-row').filter({ hasText: word });
  await row.getByRole('button', { name: 'Edit' }).click();
  return row;
}

test('an owner chooses another poster, sends one, and goes back', async ({ page }) => {
  const heard = complaints(page);
  const word = uniqueWord();
  await signUp(page);
  await untilReady(await upload(page, colourful(`Colours ${word}`), 'Public'));
  const about = async () => {
    const { items } = await (await page.request.get(`/api/v1/videos?q=${word}`)).json();
    return (await page.request.get(`/api/v1/videos/${items[0].id}`)).json();
  };
  await expect.poll(async () => Boolean((await about()).playback.storyboard), { timeout: 60_000 }).toBe(true);
  const row = await editing(page, word);
  const desk = row.getByTestId('poster-desk');
  const idle = () => expect(desk).toHaveAttribute('aria-busy', 'false', { timeout: 30_000 });

  await test.step('one of the film', async () => {
    const tiles = desk.getByRole('button', { name: /The picture at/ });
    await expect(tiles).toHaveCount(8);
    await desk.getByRole('button', { name: 'The picture at 0:07' }).click();
    await idle();
    await showsPoster(posterOf(row), 'blue');
    await expect(desk.getByRole('button', { name: 'The picture at 0:07' })).toHaveAttribute('aria-pressed', 'true');
  });

  await test.step('one of their own', async () => {
    await desk.locator('input[type=file]').setInputFiles(photo('purple'));
    await expect(async () => expect((await about()).playback.poster).toContain('/posters/')).toPass();
    await idle();
    await showsPoster(posterOf(row), 'purple');
  });

  await test.step('what is no picture is refused, and nothing is lost', async () => {
    await desk.locator('input[type=file]').setInputFiles({ name: 'letter.jpg', mimeType: 'image/jpeg', buffer: Buffer.from('Dear Ada, '.repeat(50)) });
    await expect(desk).toContainText("This file isn't a JPEG, PNG or WebP picture", { timeout: 30_000 });
    await showsPoster(posterOf(row), 'purple');
  });

  await test.step('everybody sees it, in the size that fits', async () => {
    await visit(page, `/search?q=${word}`);
    const image = posterOf(page.getByTestId('film-card').filter({ hasText: word }));
    await showsPoster(image, 'purple');
    expect(await image.evaluate((element: HTMLImageElement) => element.currentSrc)).toContain('.640.webp');
  });

  await test.step('and back', async () => {
    const again = await editing(page, word);
    await again.getByRole('button', { name: 'Choose for me' }).click();
    await expect.poll(async () => (await about()).playback.poster).not.toContain('/posters/');
    await expect(again.getByRole('button', { name: 'Choose for me' })).toBeHidden();
  });
  expect(heard).toEqual([]);
});

test('a sound shows how loud it is when', async ({ page }) => {
  const heard = complaints(page);
  const word = uniqueWord();
  await signUp(page);
  const row = await upload(page, sound(`Song ${word}`), 'Public');
  await untilReady(row);
  const href = await row.getByRole('link', { name: 'Watch' }).first().getAttribute('href');
  await expect
    .poll(async () => Boolean((await (await page.request.get(`/api/v1${href!.replace('/watch/', '/videos/')}`)).json()).playback.waveform))
    .toBe(true);
  await visit(page, href!);
  const wave = page.getByTestId('waveform');
  await expect(wave.locator('.wave-rest')).toHaveAttribute('d', /M159/);
  await page.getByRole('button', { name: 'Play', exact: true }).click();
  const heard160ths = async () => Number(/H([\d.]+)V/.exec((await wave.locator('clipPath path').getAttribute('d'))!)![1]);
  await expect.poll(heard160ths).toBeGreaterThan(16);
  // There is nothing to choose between.
  await page.getByRole('button', { name: 'Settings' }).click();
  await expect(page.getByRole('menuitem', { name: 'Speed' })).toBeVisible();
  await expect(page.getByRole('menuitem', { name: 'Quality' })).toHaveCount(0);
  await visit(page, '/');
  await expect(posterOf(page.getByTestId('film-card').filter({ hasText: word }))).toBeVisible();
  expect(heard).toEqual([]);
});
