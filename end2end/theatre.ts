import { type Locator, type Page, expect } from '@playwright/test';

export function screen(page: Page): Locator {
  return page.getByTestId('player').locator('video');
}

export const timeOf = (video: Locator) => video.evaluate((element: HTMLVideoElement) => element.currentTime);
export const isPaused = (video: Locator) => video.evaluate((element: HTMLVideoElement) => element.paused);

/** Plays, by the button unless the page has started by itself. */
export async function play(page: Page): Promise<Locator> {
  const video = screen(page);
  await expect(video).toBeVisible({ timeout: 120_000 });
  await expect.poll(() => video.evaluate((element: HTMLVideoElement) => element.readyState), { timeout: 30_000 }).toBeGreaterThan(0);
  if (await isPaused(video)) {
    await page.getByTestId('player').hover();
    await page.getByRole('button', { name: 'Play', exact: true }).first().click();
  }
  await expect.poll(() => timeOf(video), { timeout: 30_000 }).toBeGreaterThan(1);
  return video;
}

/** Stands still at the beginning, with nothing but the page in focus. */
export async function pauseAtStart(video: Locator): Promise<void> {
  await video.evaluate((element: HTMLVideoElement) => {
    element.pause();
    element.currentTime = 0;
    (document.activeElement as HTMLElement | null)?.blur();
  });
  await expect.poll(() => timeOf(video)).toBe(0);
}

/** Mean and spread of the luma (0 to 255) of what is on the screen now. */
export async function picture(video: Locator): Promise<{ mean: number; spread: number }> {
  return video.evaluate((element: HTMLVideoElement) => {
    const canvas = document.createElement('canvas');
    canvas.width = 64;
    canvas.height = 36;
    const context = canvas.getContext('2d')!;
    context.drawImage(element, 0, 0, canvas.width, canvas.height);
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    const lumas: number[] = [];
    for (let at = 0; at < data.length; at += 4) {
      lumas.push(0.2126 * data[at] + 0.7152 * data[at + 1] + 0.0722 * data[at + 2]);
    }
    const mean = lumas.reduce((sum, luma) => sum + luma, 0) / lumas.length;
    const variance = lumas.reduce((sum, luma) => sum + (luma - mean) ** 2, 0) / lumas.length;
    return { mean, spread: Math.sqrt(variance) };
  });
}

/** What a film looked like from its beginning to its end. */
export interface Showing {
  /** Where time was set: a player jumps over a hole by a seek, and back by one. */
  jumps: number[];
  /** How often it had to wait for more. */
  waits: number;
  /** Seconds; where it was when it ended. */
  ended: number;
}

/** Watches a film to its end, at a speed. */
export function watchToTheEnd(video: Locator, speed: number): Promise<Showing> {
  return video.evaluate(async (element: HTMLVideoElement, speed) => {
    const jumps: number[] = [];
    let waits = 0;
    element.addEventListener('seeking', () => jumps.push(element.currentTime));
    element.addEventListener('waiting', () => waits++);
    element.playbackRate = speed;
    await element.play();
    await new Promise((resolve) => element.addEventListener('ended', resolve, { once: true }));
    return { jumps, waits, ended: element.currentTime };
  }, speed);
}
