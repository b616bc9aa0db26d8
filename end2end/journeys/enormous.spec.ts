import { type Browser, type Page, expect, test } from '@playwright/test';
import { enormousFilm } from '../footage.ts';
import { memoryOfBrowsers } from '../processes.ts';
import { originalOf, sha256OfFile } from '../storage.ts';
import { signUp, uniqueWord, visit } from '../support.ts';

/** `make soak` sends ten. */
const SOAK = process.env.KINORA_GIGABYTES;
const GIGABYTES = Number(SOAK ?? 0.5);
/** What a browser may hold more than when it does nothing. */
const MORE = 100e6;

/** CPU time that the longest task of a page takes while `act` goes on, in milliseconds: how long it takes by the clock depends on
 * what else the machine does. */
async function longestTask(browser: Browser, act: () => Promise<unknown>): Promise<number> {
  type Event = { name: string; pid: number; tid: number; tdur?: number; args: { name?: string } };
  const session = await browser.newBrowserCDPSession();
  const events: Event[] = [];
  session.on('Tracing.dataCollected', ({ value }) => events.push(...(value as Event[])));
  const traceConfig = { includedCategories: ['toplevel', '__metadata'], excludedCategories: ['*'] };
  await session.send('Tracing.start', { transferMode: 'ReportEvents', traceConfig });
  await act();
  const ended = new Promise((resolve) => session.once('Tracing.tracingComplete', resolve));
  await session.send('Tracing.end');
  await ended;
  const named = events.filter(({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain');
  const pages = new Set(named.map(({ pid, tid }) => `${pid} ${tid}`));
  const tasks = events.filter(({ name, pid, tid }) => name.endsWith('::RunTask') && pages.has(`${pid} ${tid}`));
  expect(tasks.length, 'tasks are told').toBeGreaterThan(100);
  return tasks.reduce((most, { tdur = 0 }) => Math.max(most, tdur / 1000), 0);
}

/** Chooses a film, and waits until all of it is sent. */
async function send(page: Page, path: string, timeout: number): Promise<void> {
  const sent = page.waitForRequest((request) => request.url().includes('complete_upload'), { timeout });
  await page.locator('input#film').setInputFiles(path);
  await sent;
}

test(`a film of ${GIGABYTES} GB arrives whole, and the browser holds little of it`, async ({ page }) => {
  const patience = 120_000 + GIGABYTES * 120_000;
  test.setTimeout(2 * patience);
  await signUp(page);
  await visit(page, '/upload');
  const path = enormousFilm(`Enormous ${uniqueWord()}`, GIGABYTES * 1e9);
  // What the page was made with is let go of first.
  await page.requestGC();
  const idle = memoryOfBrowsers();
  let most = idle;
  const timer = setInterval(() => (most = Math.max(most, memoryOfBrowsers())), 250);
  await send(page, path, patience);
  clearInterval(timer);
  const told = `${((most - idle) / 1e6).toFixed(0)} MB more than idle`;
  test.info().annotations.push({ type: 'seen', description: told });
  console.log(told);
  expect(most - idle).toBeLessThan(MORE);

  const row = page.getByTestId('upload-row');
  await expect(row).toHaveAttribute('data-state', 'ready', { timeout: patience });
  const href = await row.getByRole('link', { name: 'Watch' }).getAttribute('href');
  expect(await originalOf(href!.split('/').at(-1)!)).toBe(await sha256OfFile(path));
});

test('a page that sends a film has time for whoever uses it', async ({ page, browser }) => {
  test.setTimeout(240_000);
  await signUp(page);
  await visit(page, '/upload');
  const path = enormousFilm(`Lively ${uniqueWord()}`, 0.5e9);
  const longest = await longestTask(browser, () => send(page, path, 120_000));
  console.log(`the longest task takes ${longest.toFixed(0)} ms`);
  if (SOAK) expect(longest).toBeLessThan(50);
});
