import { type Page, expect, test } from '@playwright/test';
import { largeFilm } from '../footage.ts';
import { badLine } from '../lines.mjs';
import { choose, signUp, uniqueWord, untilReady, visit } from '../support.ts';

let line: Awaited<ReturnType<typeof badLine>>;
test.beforeEach(async () => {
  line = await badLine();
});
test.afterEach(() => line.close());

const progress = (page: Page) => page.getByTestId('processing');

/** Somebody who has just sent a film that takes its time, and the film's page. */
async function onItsWay(page: Page): Promise<string> {
  await signUp(page);
  await visit(page, '/upload');
  await choose(page, 'Public');
  await page.locator('input#film').setInputFiles(largeFilm(`Slow ${uniqueWord()}`));
  const link = page.getByTestId('upload-row').getByRole('link', { name: 'Watch' }).first();
  return (await link.getAttribute('href', { timeout: 60_000 }))!;
}

/** How far the film is by its page, in per cent; more when it is done. */
async function share(tab: Page): Promise<number> {
  return (await progress(tab).count()) ? Number(await progress(tab).getAttribute('aria-valuenow')) : 101;
}

/** What the page asks the server about films from now on. */
function questions(page: Page): string[] {
  const asked: string[] = [];
  page.on('request', (request) => {
    if (/\/film\d+$/.test(request.url())) asked.push(request.url());
  });
  return asked;
}

test('many tabs have one stream, and another goes on when the one that has it is closed', async ({ browser, baseURL }) => {
  const context = await browser.newContext({ baseURL, proxy: { server: line.url } });
  const first = await context.newPage();
  const path = await onItsWay(first);
  const tabs = [first];
  for (let nth = 0; nth < 2; nth += 1) {
    const tab = await context.newPage();
    await visit(tab, path);
    await expect(progress(tab)).toBeVisible();
    tabs.push(tab);
  }
  await expect.poll(() => line.streams.size).toBe(1);
  expect([...line.streams][0]).toContain(path.split('/').at(-1)!);
  // A stream a tab would leave hardly a connection for more pages.
  for (let nth = 0; nth < 5; nth += 1) await visit(await context.newPage(), '/');
  expect(line.streams.size).toBe(1);

  const asked = line.opened;
  await first.close({ runBeforeUnload: false });
  await expect.poll(() => line.opened).toBeGreaterThan(asked);
  await expect.poll(() => line.streams.size).toBe(1);
  for (const tab of tabs.slice(1)) {
    const before = Number(await progress(tab).getAttribute('aria-valuenow', { timeout: 5_000 }).catch(() => 0));
    await expect
      .poll(async () => ((await progress(tab).count()) ? Number(await progress(tab).getAttribute('aria-valuenow')) : 101))
      .toBeGreaterThan(before);
    await expect(progress(tab)).toHaveCount(0, { timeout: 120_000 });
  }
  // What has ended is followed no more.
  await expect.poll(() => line.streams.size).toBe(0);
});

test('who begins to follow a film that the stream tells of already asks for it once', async ({ browser, baseURL }) => {
  const context = await browser.newContext({ baseURL, proxy: { server: line.url } });
  const first = await context.newPage();
  const path = await onItsWay(first);
  await expect(first.getByTestId('upload-row')).toHaveAttribute('data-state', 'processing', { timeout: 60_000 });
  line.isHushed = true;
  const opened = line.opened;

  const second = await context.newPage();
  const byAnother = questions(second);
  await visit(second, path);
  await expect(progress(second)).toBeVisible();
  await expect.poll(() => byAnother.length).toBe(1);
  // In the tab that has the stream its page asks for the film, and follows it beside the row.
  const byTheSame = questions(first);
  await first.getByRole('link', { name: 'Watch' }).first().click();
  await expect(progress(first)).toBeVisible();
  await expect.poll(() => byTheSame.length).toBe(2);
  // Where nothing is told of a film it is asked for every three seconds.
  await first.waitForTimeout(8_000);
  expect(byAnother.length).toBe(1);
  expect(byTheSame.length).toBe(2);
  expect(line.opened).toBe(opened);

  const before = await Promise.all([first, second].map(share));
  line.isHushed = false;
  for (const [nth, tab] of [first, second].entries()) await expect.poll(() => share(tab)).toBeGreaterThan(before[nth]);
});

test('without locks, and without a stream, a film is asked for', async ({ browser, baseURL }) => {
  const context = await browser.newContext({ baseURL });
  await context.addInitScript(() => Object.defineProperty(navigator, 'locks', { value: undefined }));
  const page = await context.newPage();
  let streams = 0;
  page.on('request', (request) => {
    streams += request.url().includes('/api/v1/events') ? 1 : 0;
  });
  await onItsWay(page);
  await untilReady(page.getByTestId('upload-row'));
  expect(streams).toBe(0);

  const refused = await browser.newContext({ baseURL });
  await refused.route('**/api/v1/events**', (route) => route.fulfill({ status: 503 }));
  const other = await refused.newPage();
  await onItsWay(other);
  await untilReady(other.getByTestId('upload-row'));
});
