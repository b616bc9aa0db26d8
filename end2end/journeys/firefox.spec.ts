import { expect, test } from '@playwright/test';
import { firefox } from '../firefox.ts';
import { film } from '../footage.ts';
import { signUp, uniqueWord, untilReady, upload, watchFrom } from '../support.ts';

const player = '[data-testid=player]';
const video = `document.querySelector('${player} video')`;

/** Keeps what a page is forbidden by its policy. */
const listen = `() => {
  globalThis.violations = [];
  addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => violations.push(violatedDirective + ' ' + blockedURI), true);
}`;

/** How far apart the dark and the bright of the picture are: 0 of one that is black. */
const spread = `(() => {
  const canvas = new OffscreenCanvas(64, 36);
  const context = canvas.getContext('2d');
  context.drawImage(${video}, 0, 0, 64, 36);
  const bytes = context.getImageData(0, 0, 64, 36).data.filter((_, at) => at % 4 < 3);
  return Math.max(...bytes) - Math.min(...bytes);
})()`;

test('a film is watched in Firefox', async ({ page, baseURL }) => {
  await signUp(page);
  const row = await upload(page, film(`In Firefox ${uniqueWord()}`), 'Unlisted');
  await untilReady(row);
  const id = await watchFrom(row);

  const browser = await firefox(listen);
  try {
    const is = (expression: string) => expect.poll(() => browser.evaluate(expression).catch(() => null), { message: expression });
    await browser.open(`${baseURL}/watch/${id}`);
    await is(`document.documentElement.hasAttribute('data-hydrated')`).toBe(true);
    await is(`${video}.readyState > 1`).toBe(true);

    // A page that plays by itself is stopped first, so that the button is what plays it.
    await browser.evaluate(`${video}.pause()`);
    const before = await browser.evaluate<number>(`${video}.currentTime`);
    await browser.click(`${player} button[aria-label=Play]`);
    await is(`${video}.currentTime`).toBeGreaterThan(before + 1);
    await is(spread).toBeGreaterThan(100);
    await browser.click(`${player} button[aria-label=Pause]`);
    await is(`${video}.paused`).toBe(true);

    // Far from what was read at first, by a key.
    await browser.evaluate(`${video}.dispatchEvent(new KeyboardEvent('keydown', { key: '8', bubbles: true }))`);
    await is(`${video}.currentTime`).toBeGreaterThan(9);
    await is(`${video}.seeking`).toBe(false);
    await is(spread).toBeGreaterThan(100);

    expect(await browser.evaluate('violations')).toEqual([]);
    expect(browser.complaints).toEqual([]);
  } finally {
    await browser.close();
  }
});
