import { type Locator, type Page, type Route, expect, test } from '@playwright/test';
import { tellingFilm } from '../footage.ts';
import { complaints, hydrated, signUp, uniqueWord, untilReady, upload, visit, watchFrom } from '../support.ts';
import { isPaused, pauseAtStart, play, screen, timeOf } from '../theatre.ts';

/** A film of 40 s with three chapters, two sounds and two captions, watched by its owner. */
async function telling(page: Page): Promise<{ id: string; video: Locator }> {
  await signUp(page);
  const row = await upload(page, tellingFilm(`Telling ${uniqueWord()}`));
  await untilReady(row);
  const id = await watchFrom(row);
  return { id, video: await play(page) };
}

const settings = async (page: Page, ...names: string[]) => {
  await page.getByTestId('player').hover();
  await page.getByRole('button', { name: 'Settings' }).click();
  for (const name of names) await page.getByTestId('settings').getByRole('menuitem', { name }).click();
};
const pick = (page: Page, name: string) => page.getByTestId('settings').getByRole('menuitemradio', { name, exact: true }).click();

test('a film is watched as one likes, and the next is watched the same way', async ({ page }) => {
  test.setTimeout(240_000);
  const heard = complaints(page);
  const { id, video } = await telling(page);
  const rate = () => video.evaluate((element: HTMLVideoElement) => element.playbackRate);
  const captions = page.getByTestId('captions');

  await test.step('speed, by the menu and by keys', async () => {
    await settings(page, 'Speed');
    await pick(page, '1.5×');
    expect(await rate()).toBe(1.5);
    await page.keyboard.press('>');
    expect(await rate()).toBe(1.75);
    await page.keyboard.press('<');
    expect(await rate()).toBe(1.5);
  });

  await test.step('captions, their language and their look', async () => {
    await pauseAtStart(video);
    await page.keyboard.press('c');
    await expect(captions).toContainText('Hello 1');
    await settings(page, 'Captions');
    await pick(page, 'German');
    await expect(captions).toContainText('Hallo 1');
    await settings(page, 'Captions', 'Look');
    await pick(page, 'Large');
    await pick(page, 'Solid background');
    await expect(captions).toHaveAttribute('data-size', 'large');
    await expect(captions).toHaveAttribute('data-ground', 'solid');
    await page.keyboard.press('Escape');
    await expect(page.getByTestId('settings')).toHaveCount(0);
  });

  await test.step('the sound', async () => {
    await settings(page, 'Sound');
    await pick(page, 'German');
    await settings(page);
    await expect(page.getByTestId('settings')).toContainText('SoundGerman');
    await page.keyboard.press('Escape');
  });

  await test.step('the menu by keyboard alone', async () => {
    await page.getByRole('button', { name: 'Settings' }).focus();
    await page.keyboard.press('Enter');
    const focused = () => page.evaluate(() => document.activeElement?.textContent ?? '');
    await expect.poll(focused).toContain('Quality');
    await page.keyboard.press('ArrowDown');
    expect(await focused()).toContain('Speed');
    await page.keyboard.press('Enter');
    await expect.poll(focused).toContain('Speed');
    await page.keyboard.press('End');
    expect(await focused()).toBe('4×');
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('Escape');
    await expect.poll(() => page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toBe('Settings');
  });

  await test.step('after a reload all of it is as it was', async () => {
    await page.keyboard.press('m');
    await video.evaluate((element: HTMLVideoElement) => (element.currentTime = 25));
    await expect(captions).toContainText('Hallo 9');
    await page.reload();
    await hydrated(page);
    await expect.poll(rate).toBe(1.5);
    await expect(captions).toHaveAttribute('data-size', 'large');
    await expect.poll(() => video.evaluate((element: HTMLVideoElement) => element.muted)).toBe(true);
    await expect.poll(() => timeOf(video)).toBeGreaterThan(24);
    await expect(page.getByText('Continued at 0:25')).toBeVisible();
    await expect(captions).toContainText('Hallo 9');
    await page.getByRole('button', { name: 'Start over' }).click();
    await expect.poll(() => timeOf(video)).toBeLessThan(1);
  });

  await test.step('a link to a time begins there, and one to nonsense where any link does', async () => {
    await visit(page, `/watch/${id}?t=0m12s`);
    await expect.poll(() => timeOf(video)).toBeGreaterThanOrEqual(12);
    await expect(page.getByText('Continued at')).toHaveCount(0);
    for (const nonsense of ['soon', '-5', '99999999999999', '4000', '%00']) {
      await visit(page, `/watch/${id}?t=${nonsense}`);
      await expect(page.getByText('Continued at'), nonsense).toBeVisible();
    }
  });
  expect(heard).toEqual([]);
});

test('one finds a place in a film', async ({ page, context }) => {
  test.setTimeout(240_000);
  await context.grantPermissions(['clipboard-write']);
  const { id, video } = await telling(page);
  await pauseAtStart(video);
  const seek = page.getByRole('slider', { name: 'Seek' });
  const preview = page.getByTestId('seek-preview');

  await test.step('by a picture, the time and the chapter where one points', async () => {
    const bar = (await seek.boundingBox())!;
    await page.mouse.move(bar.x + bar.width * 0.6, bar.y + bar.height / 2);
    await page.mouse.move(bar.x + bar.width * 0.61, bar.y + bar.height / 2);
    await expect(preview).toContainText('The second');
    await expect(preview).toContainText('0:24');
    const picture = preview.locator('image');
    await expect(picture).toHaveAttribute('href', /^\/m\/.*\.jpg$/);
    expect((await page.request.get((await picture.getAttribute('href'))!)).status()).toBe(200);
    await page.mouse.click(bar.x + bar.width * 0.61, bar.y + bar.height / 2);
    await expect.poll(() => timeOf(video)).toBeGreaterThan(23);
    await expect(seek).toHaveAttribute('aria-valuetext', /^0:24 \/ 0:40, The second$/);
  });

  await test.step('by digits, home and end, and by single frames', async () => {
    await page.getByRole('heading', { level: 1 }).click();
    for (const [key, time] of [['5', 20], ['Home', 0], ['9', 36], ['End', 40]] as const) {
      await page.keyboard.press(key);
      await expect.poll(() => timeOf(video)).toBeCloseTo(time, 0);
    }
    await page.keyboard.press('5');
    await expect.poll(() => timeOf(video)).toBeCloseTo(20, 1);
    await page.keyboard.press('.');
    await expect.poll(() => timeOf(video)).toBeCloseTo(20 + 1 / 25, 2);
    await page.keyboard.press(',');
    await expect.poll(() => timeOf(video)).toBeCloseTo(20, 2);
  });

  await test.step('and hands it on', async () => {
    await screen(page).click({ button: 'right' });
    await page.getByRole('menuitem', { name: 'Copy link at this time' }).click();
    await expect(page.getByTestId('toast')).toContainText('Link copied');
    // No page of ours may read the clipboard: a person pastes.
    const anywhere = page.getByRole('searchbox');
    await anywhere.focus();
    await page.keyboard.press('Control+V');
    await expect(anywhere).toHaveValue(new RegExp(`/watch/${id}\\?t=20$`));
    await page.getByRole('heading', { level: 1 }).click();
  });

  await test.step('the rest of the right click: a loop, statistics, the keys', async () => {
    const context = async (name: string) => {
      await screen(page).click({ button: 'right' });
      await page.getByRole('menuitem', { name }).click();
    };
    await context('Loop');
    expect(await video.evaluate((element: HTMLVideoElement) => element.loop)).toBe(true);
    await context('Stats for nerds');
    await expect(page.getByTestId('stats')).toContainText('Frames dropped');
    await expect(page.getByTestId('stats')).toContainText(/Rung\d+p, 25 fps/);
    await context('Keys');
    await expect(page.getByTestId('keys')).toBeVisible();
    await page.keyboard.press('Escape');
    await expect(page.getByTestId('keys')).toHaveCount(0);
    await page.keyboard.press('?');
    await expect(page.getByTestId('keys')).toBeVisible();
    await page.keyboard.press('?');
  });

  await test.step('theatre gives it the whole width', async () => {
    const width = async () => (await page.getByTestId('player').boundingBox())!.width;
    const before = await width();
    await page.keyboard.press('t');
    expect(await width()).toBeGreaterThan(before);
    await page.keyboard.press('t');
    expect(await width()).toBe(before);
  });
});

test('a film goes along while one looks around, and back', async ({ page }) => {
  test.setTimeout(240_000);
  const { id, video } = await telling(page);
  const mini = page.getByTestId('mini');
  const goesOn = async (where: Locator) => {
    const before = await timeOf(where);
    await expect.poll(() => timeOf(where)).toBeGreaterThan(before + 0.5);
  };

  await page.getByRole('link', { name: 'Kinora' }).first().click();
  await expect(page).toHaveURL(/\/$/);
  await goesOn(mini.locator('video'));
  await mini.getByRole('button', { name: 'Pause' }).click();
  expect(await isPaused(mini.locator('video'))).toBe(true);
  await mini.getByRole('button', { name: 'Play', exact: true }).click();
  await goesOn(mini.locator('video'));
  const left = await timeOf(mini.locator('video'));

  await page.keyboard.press('i');
  await expect(page).toHaveURL(new RegExp(`/watch/${id}$`));
  await expect(mini).toHaveCount(0);
  await expect(page.locator('video')).toHaveCount(1);
  await goesOn(video);
  expect(await timeOf(video)).toBeGreaterThanOrEqual(left - 0.1);

  await page.keyboard.press('i');
  await expect(mini.locator('video')).toBeVisible();
  await mini.getByRole('button', { name: 'Close the small player' }).click();
  await expect(page.locator('video')).toHaveCount(0);
  // What stands still stays behind.
  await visit(page, `/watch/${id}`);
  await page.getByRole('link', { name: 'Kinora' }).first().click();
  await expect(page).toHaveURL(/\/$/);
  await expect(mini).toHaveCount(0);
});

test('on a phone one taps', async ({ browser, baseURL }) => {
  test.setTimeout(240_000);
  const page = await (await browser.newContext({ baseURL, viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true })).newPage();
  await signUp(page);
  const row = await upload(page, tellingFilm(`Telling ${uniqueWord()}`));
  await untilReady(row);
  const id = await watchFrom(row);
  await visit(page, `/watch/${id}?t=0`);
  const video = screen(page);
  await expect.poll(() => video.evaluate((element: HTMLVideoElement) => element.readyState)).toBeGreaterThan(1);
  const frame = (await video.boundingBox())!;
  const tap = (share: number) => page.touchscreen.tap(frame.x + frame.width * share, frame.y + frame.height * 0.3);
  const player = page.getByTestId('player');

  await tap(0.5);
  await expect.poll(() => isPaused(video)).toBe(false);
  await tap(0.5);
  await expect(player).toHaveAttribute('data-idle', 'true');
  expect(await isPaused(video)).toBe(false);
  await tap(0.5);
  await expect(player).toHaveAttribute('data-idle', 'false');

  await test.step('twice at the side: ten seconds on, and back', async () => {
    const before = await timeOf(video);
    await tap(0.9);
    await tap(0.9);
    await expect.poll(() => timeOf(video)).toBeGreaterThan(before + 9.5);
    await tap(0.1);
    await tap(0.1);
    await expect.poll(() => timeOf(video)).toBeLessThan(before + 8);
  });

  await test.step('settings stand below, in reach of a thumb', async () => {
    await player.getByRole('button', { name: 'Settings' }).tap();
    const menu = (await page.getByTestId('settings').boundingBox())!;
    expect(menu.y).toBeGreaterThan(400);
    await page.getByRole('menuitem', { name: 'Quality' }).tap();
    await pick(page, '180p');
    await expect(page.getByTestId('settings')).toHaveCount(0);
  });
});

test('a line that breaks and addresses that are too old are got over', async ({ page }) => {
  test.setTimeout(240_000);
  const { id, video } = await telling(page);
  const problem = page.getByTestId('player').getByRole('alert');
  const segments = /\/m\/[^/]+\/\d+\.\d+\//;
  const plays = async () => {
    await page.getByRole('button', { name: 'Play', exact: true }).first().click();
    const before = await timeOf(video);
    await expect.poll(() => timeOf(video), { timeout: 60_000 }).toBeGreaterThan(before + 0.5);
  };

  for (const times of [2, 6]) {
    await test.step(`an address of the storage that is refused ${times} times is asked for anew`, async () => {
      let refused = 0;
      // Who is sent on is not asked again here, so the refusal stands in the place of the one who sends on.
      await page.route(segments, (route) => (++refused > times ? route.continue() : route.fulfill({ status: 403 })));
      await visit(page, `/watch/${id}?t=0`);
      await plays();
      expect(refused).toBeGreaterThan(times);
      await expect(problem).toHaveCount(0);
      await page.unroute(segments);
    });
  }

  await test.step('a line that is broken for long is told of, and goes on by itself', async () => {
    await page.route(segments, (route) => route.abort('internetdisconnected'));
    await visit(page, `/watch/${id}?t=0`);
    await expect(problem).toContainText('It goes on by itself', { timeout: 90_000 });
    await page.unroute(segments);
    await page.evaluate(() => dispatchEvent(new Event('online')));
    await expect(problem).toHaveCount(0, { timeout: 60_000 });
    await plays();
  });

  await test.step('a film that is made private meanwhile is said to be gone', async () => {
    await page.route(segments, (route) => route.fulfill({ status: 404 }));
    await page.route(/\/v\/.*master\.m3u8/, (route) => route.fulfill({ status: 404 }));
    await visit(page, `/watch/${id}?t=0`);
    await expect(problem).toContainText("isn't available any more");
    await page.unroute(segments);
  });

  await test.step('a film that is gone is said to be', async () => {
    await page.route(/\/watch\//, async (route) => {
      const answer = await route.fetch();
      // Without the playlists that the page brings along.
      await route.fulfill({ response: answer, body: (await answer.text()).replace(/<script type="application\/json" id="early">.*?<\/script>/, '') });
    });
    await visit(page, `/watch/${id}?t=0`);
    await expect(problem).toContainText("isn't available any more");
  });
});

test('a page brings along what its player asks for first', async ({ page }) => {
  const { id } = await telling(page);
  const asked: string[] = [];
  // Who was sent on has asked once.
  page.on('request', (request) => request.redirectedFrom() ?? asked.push(new URL(request.url()).pathname));
  await visit(page, `/watch/${id}`);
  await expect.poll(() => screen(page).evaluate((element: HTMLVideoElement) => element.readyState)).toBeGreaterThan(2);
  expect(asked.filter((path) => /(master|180p|audio)\.m3u8$/.test(path))).toEqual([]);
  const named = await page.locator('link[rel=preload][fetchpriority=high]').evaluateAll((links: HTMLLinkElement[]) => links.map((link) => new URL(link.href).pathname));
  expect(named).toHaveLength(4);
  for (const path of named) {
    expect(asked.filter((other) => other === path), path).toHaveLength(1);
    // Where it lies, without being sent there.
    expect(path).not.toMatch(/^\/m\//);
    expect(asked.filter((other) => other.startsWith('/m/') && path.endsWith(other.slice(2)))).toEqual([]);
  }
});

test('the first frame waits for nothing but itself, and what comes with the page may be of no use', async ({ page }) => {
  test.setTimeout(120_000);
  const { id, video } = await telling(page);
  const ready = () => video.evaluate((element: HTMLVideoElement) => element.readyState);
  const playsOn = async () => {
    await page.getByRole('button', { name: 'Play', exact: true }).first().click();
    // Behind what came with the page.
    await expect.poll(() => timeOf(video), { timeout: 30_000 }).toBeGreaterThan(4);
    await expect(page.getByTestId('player').getByRole('alert')).toHaveCount(0);
  };

  await test.step('it is there before hls.js is, which takes over what is there', async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    await page.route('**/pkg/player.js', (route) => held.then(() => route.continue()));
    await page.goto(`/watch/${id}`, { waitUntil: 'commit' });
    await expect.poll(ready).toBeGreaterThanOrEqual(2);
    const source = await video.evaluate((element: HTMLVideoElement) => element.src);
    release();
    await hydrated(page);
    await playsOn();
    expect(await video.evaluate((element: HTMLVideoElement) => element.src)).toBe(source);
    await page.unroute('**/pkg/player.js');
  });

  const first = /\/media\/.*\/0\.\d+\/180p\.m4s/;
  for (const [name, answer] of [
    ['it never comes', (route: Route) => route.abort('connectionreset')],
    ['it is refused', (route: Route) => route.fulfill({ status: 403, headers: { 'access-control-allow-origin': '*' } })],
    ['it is noise', (route: Route) => route.fulfill({ body: Buffer.alloc(30_000, 7), headers: { 'access-control-allow-origin': '*' } })],
  ] as const) {
    await test.step(name, async () => {
      let asked = 0;
      // Whom the server sends there later isn't heard here.
      await page.route(first, (route) => (++asked > 1 ? route.continue() : answer(route)));
      await visit(page, `/watch/${id}`);
      await playsOn();
      expect(asked).toBeGreaterThan(0);
      await page.unroute(first);
    });
  }
});
