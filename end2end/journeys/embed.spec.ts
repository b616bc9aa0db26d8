import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import AxeBuilder from '@axe-core/playwright';
import { type Frame, type Page, expect, test } from '@playwright/test';
import { film } from '../footage.ts';
import { complaints, signUp, stranger, uniqueWord, untilReady, upload, visit, watchFrom } from '../support.ts';
import { picture } from '../theatre.ts';

/** Another site, which shows what it is given: `html` within its only page. */
async function anotherSite(html: string): Promise<{ address: string; close: () => void }> {
  const server = createServer((_request, answer) => {
    answer.setHeader('content-type', 'text/html; charset=utf-8');
    answer.end(`<!doctype html><title>A diary</title><h1>A diary</h1>${html}`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, close: () => server.close() };
}

async function frameOf(page: Page): Promise<Frame> {
  const frame = await (await page.locator('iframe').elementHandle())!.contentFrame();
  await frame!.waitForLoadState();
  return frame!;
}

test('a film plays on another site, from where its address says, and counts', async ({ page, browser, baseURL }) => {
  const word = uniqueWord();
  await signUp(page);
  const row = await upload(page, film(`Abroad ${word}`), 'Public');
  await untilReady(row);
  const id = await watchFrom(row);
  // Whoever stays on the film's page watches it, too.
  await visit(page, '/studio');
  const { html } = await (await page.request.get(`/oembed?url=${new URL(`/watch/${id}`, baseURL)}`)).json();
  const site = await anotherSite(html.replace(`/embed/${id}`, `/embed/${id}?t=3`));
  const reader = await stranger(browser, baseURL);
  const heard = complaints(reader);
  const asked: string[] = [];
  reader.on('request', (request) => asked.push(request.url()));
  await reader.goto(site.address);
  const frame = await frameOf(reader);

  await test.step('a poster waits, and nothing heavy comes before somebody presses', async () => {
    await expect(frame.locator('img')).toHaveJSProperty('complete', true);
    expect(asked.filter((url) => /player\.js|wasm|m3u8/.test(url))).toEqual([]);
    await expect(frame.getByRole('link', { name: word })).toHaveAttribute('href', `${new URL(`/watch/${id}`, baseURL)}`);
  });

  const video = frame.locator('video');
  await test.step('it plays, from the third second on', async () => {
    await frame.getByRole('button', { name: 'Play' }).click();
    await expect.poll(() => video.evaluate((element: HTMLVideoElement) => element.currentTime)).toBeGreaterThan(3.5);
    await expect(frame.locator('main')).toHaveAttribute('data-state', 'playing');
    const { mean, spread } = await picture(video);
    expect(mean).toBeGreaterThan(30);
    expect(spread).toBeGreaterThan(20);
    expect(heard).toEqual([]);
  });

  await test.step('half of it is a view, once', async () => {
    const views = async () => (await (await page.request.get(`/api/v1/videos/${id}`)).json()).views;
    await expect.poll(views, { timeout: 60_000 }).toBe(1);
    await video.evaluate((element: HTMLVideoElement) => {
      element.loop = true;
      element.currentTime = 0;
      // It may have come to its end, which stops it.
      return element.play();
    });
    await expect.poll(() => video.evaluate((element: HTMLVideoElement) => element.currentTime)).toBeGreaterThan(8);
    expect(await views()).toBe(1);
    await visit(page, `/search?q=${word}`);
    await expect(page.getByTestId('film-card')).toContainText('1 view');
  });

  await test.step('nothing is in the way of a screen reader', async () => {
    await reader.goto(new URL(`/embed/${id}`, baseURL).href);
    expect((await new AxeBuilder({ page: reader }).analyze()).violations).toEqual([]);
  });

  await test.step('once it is private, its place says so and nothing of it', async () => {
    await page.request.patch(`/api/v1/videos/${id}`, { data: { visibility: 'private' }, headers: { origin: baseURL! } });
    const [answer] = await Promise.all([reader.waitForResponse(/\/embed\//), reader.goto(site.address)]);
    expect(answer.status()).toBe(404);
    const words = (await frameOf(reader)).locator('body');
    await expect(words).toContainText("This film can't be shown here.");
    await expect(words).not.toContainText(word);
  });
  site.close();
});

test('a browser that lets nothing begin by itself waits for a press; nonsense in the address is nothing', async ({ page, browser, baseURL }) => {
  await signUp(page);
  const row = await upload(page, film(`Alone ${uniqueWord()}`), 'Unlisted');
  await untilReady(row);
  const id = await watchFrom(row);
  const embed = new URL(`/embed/${id}`, baseURL).href;
  const site = await anotherSite(`<iframe src="${embed}?autoplay=1&muted=1&t=nonsense&loop=yes" allow="autoplay"></iframe>`);
  const reader = await stranger(browser, baseURL);
  await reader.goto(site.address);
  const video = (await frameOf(reader)).locator('video');
  await expect.poll(() => video.evaluate((element: HTMLVideoElement) => element.currentTime)).toBeGreaterThan(0.5);
  expect(await video.evaluate((element: HTMLVideoElement) => [element.muted, element.loop])).toEqual([true, false]);
  site.close();
  // Behind the film's end.
  await reader.goto(`${embed}?t=99h`);
  await reader.getByRole('button', { name: 'Play' }).press('Enter');
  const here = reader.locator('video');
  await expect.poll(() => here.evaluate((element: HTMLVideoElement) => element.currentTime)).toBeGreaterThan(0.2);
  expect(await here.evaluate((element: HTMLVideoElement) => element.currentTime)).toBeLessThan(8);
});
