import { createRequire } from 'node:module';
import { type Page, expect, test } from '@playwright/test';
import { film, lateFilm, olderFilm } from '../footage.ts';
import { signUp, uniqueWord, untilReady, upload, watchFrom } from '../support.ts';
import { picture, watchToTheEnd } from '../theatre.ts';

// To our pages it is a foreign script.
test.use({ bypassCSP: true });
const dashjs = createRequire(import.meta.url).resolve('dashjs');

for (const [kind, make, begin, end] of [
  ['that is copied', film, 0, 12],
  ['that is encoded', olderFilm, 0, 40],
  ['whose picture begins late', lateFilm, 0.12, 12.12],
] as const) {
  test(`dash.js plays a film ${kind} to its end`, async ({ page }) => {
    await signUp(page);
    const row = await upload(page, make(`Dashing ${uniqueWord()}`));
    await untilReady(row);
    const id = await watchFrom(row);
    const { playback } = await (await page.request.get(`/api/v1/videos/${id}`)).json();

    const { video, errors } = await open(page, playback.dash);
    const { ended } = await watchToTheEnd(video, 4);
    const seen = await video.evaluate((element: HTMLVideoElement) => ({
      duration: element.duration,
      played: Array.from({ length: element.played.length }, (_, at) => [element.played.start(at), element.played.end(at)]),
      frames: element.getVideoPlaybackQuality().totalVideoFrames,
      sound: (element as unknown as { webkitAudioDecodedByteCount: number }).webkitAudioDecodedByteCount,
    }));
    expect(await errors()).toEqual([]);
    // A player jumps over a hole by a seek, and begins another range.
    expect(seen.played).toEqual([[begin, seen.duration]]);
    expect(ended).toBe(seen.duration);
    expect(Math.abs(seen.duration - end)).toBeLessThan(0.05);
    expect(seen.frames).toBeGreaterThan(0);
    expect(seen.sound).toBeGreaterThan(0);
    expect((await picture(video)).spread).toBeGreaterThan(20);
  });
}

/** A page with nothing but dash.js, which has loaded the beginning of a film. */
async function open(page: Page, manifest: string) {
  await page.goto('/robots.txt');
  await page.addScriptTag({ path: dashjs });
  await page.evaluate((manifest) => {
    const video = document.body.appendChild(document.createElement('video'));
    const { dashjs } = globalThis as unknown as { dashjs: any };
    const errors: string[] = [];
    const player = dashjs.MediaPlayer().create();
    player.on('error', (event: { error: { message: string } }) => errors.push(event.error.message));
    player.initialize(video, manifest, false);
    Object.assign(globalThis, { errors });
  }, manifest);
  const video = page.locator('video');
  await expect.poll(() => video.evaluate((element: HTMLVideoElement) => element.readyState)).toBeGreaterThan(2);
  return { video, errors: () => page.evaluate(() => (globalThis as unknown as { errors: string[] }).errors) };
}
