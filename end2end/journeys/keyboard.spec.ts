import { expect, test } from '@playwright/test';
import { film } from '../footage.ts';
import { signUp, uniqueWord, untilReady, upload, watchFrom } from '../support.ts';
import { isPaused, pauseAtStart, play, timeOf } from '../theatre.ts';

test('the keyboard drives the player', async ({ page }) => {
  await signUp(page);
  const row = await upload(page, film(`Keys ${uniqueWord()}`));
  await untilReady(row);
  await watchFrom(row);
  const video = await play(page);
  await pauseAtStart(video);
  const press = (key: string) => page.keyboard.press(key);

  await test.step('space and k play and pause', async () => {
    for (const key of ['Space', 'k']) {
      await press(key);
      await expect.poll(() => isPaused(video)).toBe(false);
      await press(key);
      await expect.poll(() => isPaused(video)).toBe(true);
    }
  });

  await test.step('l, j and the arrows seek', async () => {
    await pauseAtStart(video);
    for (const [forward, back] of [['l', 'j'], ['ArrowRight', 'ArrowLeft']]) {
      await press(forward);
      await expect.poll(() => timeOf(video)).toBeGreaterThan(3);
      await press(back);
      await expect.poll(() => timeOf(video)).toBeLessThan(2);
    }
  });

  await test.step('up and down change the volume, m mutes', async () => {
    const volume = () => video.evaluate((element: HTMLVideoElement) => element.volume);
    const muted = () => video.evaluate((element: HTMLVideoElement) => element.muted);
    const before = await volume();
    await press('ArrowDown');
    await expect.poll(volume).toBeLessThan(before);
    await press('ArrowUp');
    await expect.poll(volume).toBeCloseTo(before, 2);
    const silent = await muted();
    await press('m');
    await expect.poll(muted).toBe(!silent);
    await press('m');
    await expect.poll(muted).toBe(silent);
  });

  await test.step('f fills the screen, and gives it back', async () => {
    const filled = () => page.evaluate(() => document.fullscreenElement !== null);
    await press('f');
    await expect.poll(filled).toBe(true);
    await press('f');
    await expect.poll(filled).toBe(false);
  });

  await test.step('every control has a name', async () => {
    await page.getByTestId('player').hover();
    for (const name of ['Mute', 'Full screen', 'Settings']) {
      await expect(page.getByRole('button', { name, exact: true })).toBeVisible();
    }
    await expect(page.getByRole('slider', { name: 'Seek' })).toBeVisible();
  });
});
