import { readFileSync } from 'node:fs';
import { type Page, expect, test } from '@playwright/test';
import { film, textNamedFilm, wordyFilm } from '../footage.ts';
import { choose, complaints, holdToPolicy, hydrated, signUp, stranger, uniqueWord, untilReady, upload, visit, watchFrom } from '../support.ts';
import { play } from '../theatre.ts';

/** What ends a text where it stands and begins something else, each in another place; whatever it makes is marked. */
const payloads = [
  '<script data-pwned>alert(1)</script>',
  '<img data-pwned src=pwned onerror=alert(1)>',
  '<svg data-pwned onload=alert(1)><a xlink:href="javascript:alert(1)">',
  '"><b data-pwned onmouseover=alert(1)>',
  "'><b data-pwned autofocus tabindex=0 onfocus=alert(1)>",
  '" data-pwned="" onclick="alert(1)',
  "' data-pwned='' x='",
  '</title><b data-pwned>',
  '</script><script data-pwned>alert(1)</script>',
  '</textarea></style></noscript></template><b data-pwned>',
  '<!--<script data-pwned>',
  '--><b data-pwned>',
  ']]><b data-pwned/>',
  '<template data-pwned><iframe data-pwned srcdoc="<script>alert(1)</script>">',
  '<meta data-pwned http-equiv=refresh content="0;url=//evil.example">',
  '<base data-pwned href=//evil.example/><form data-pwned action=//evil.example>',
  '{{constructor.constructor("alert(1)")()}} ${alert(1)} <%= 7*7 %> #{7*7}',
  'javascript:alert(1)//',
  'data:text/html,<script>alert(1)</script>',
  '&lt;b data-pwned&gt; &#60;b data-pwned&#62; &amp;amp; %3Cb%20data-pwned%3E \\u003cb data-pwned\\u003e',
  '\\"};alert(1);//',
  'line\u2028alert(1)\u2029ends',
  // What has no ink, and what turns the order of letters around.
  'a\u200bb\u200dc\u2060d\ufeffe',
  '\u202egpj.\u2066x\u2069 שלום \u200fabc\u200e',
];

/** As many as a title has room for, next to a word to find it by. */
function titles(word: string): string[] {
  const made: string[] = [];
  for (const payload of payloads) {
    const last = made.at(-1);
    if (last && last.length + payload.length < 199) made[made.length - 1] = `${last} ${payload}`;
    else made.push(`${word} ${payload}`);
  }
  return made;
}

/** Watches over a page: nothing is asked, nothing is fetched that a payload names, and its policy has nothing to refuse. */
function watchOver(page: Page): string[] {
  const happened: string[] = [];
  holdToPolicy(page.context());
  page.on('dialog', (dialog) => {
    happened.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('request', (request) => {
    // The page's own address and what it came from may name them.
    if (!request.isNavigationRequest() && /\/pwned$|evil\.example/.test(request.url().split('?')[0])) happened.push(`request: ${request.url()}`);
  });
  page.on('framenavigated', (frame) => {
    if (/^(?!about:|blob:)/.test(frame.url()) && new URL(frame.url()).hostname.includes('evil')) happened.push(`went to ${frame.url()}`);
  });
  return happened;
}

/** No element on the page is one that a text made. */
async function nothingWasMade(page: Page, where: string): Promise<void> {
  const made = await page.evaluate(() => {
    const leads = ['href', 'xlink:href', 'src', 'action', 'formaction'];
    const leadsAway = (value: string) => {
      const { protocol, hostname } = new URL(value, location.href);
      // hls.js makes an empty track.
      return (!/^(https?|blob):$/.test(protocol) && value !== 'data:,WEBVTT') || hostname.includes('evil');
    };
    const isMade = (element: Element) =>
      element.matches('[data-pwned], iframe, object, embed, base, meta[http-equiv]') ||
      [...element.attributes].some(({ name, value }) => /^on/i.test(name) || (leads.includes(name) && leadsAway(value)));
    return [...document.querySelectorAll('*')].filter(isMade).map((element) => element.outerHTML);
  });
  expect(made, where).toEqual([]);
}

test('what people write is shown as they wrote it, and makes nothing on any page', async ({ page, browser, baseURL }) => {
  test.setTimeout(360_000);
  const happened = watchOver(page);
  const heard = complaints(page);
  const word = uniqueWord();
  await signUp(page);
  const inside = `${word} <img data-pwned src=pwned onerror=alert(1)> & "so" 'on'`;
  const fileName = `${word} <img data-pwned src=pwned onerror=alert(1)>"'&amp;.mkv`;

  const row = await test.step('the name of a file, on its row', async () => {
    await visit(page, '/upload');
    await choose(page, 'Public');
    const file = { name: fileName, mimeType: 'video/x-matroska', buffer: readFileSync(wordyFilm('Words', inside)) };
    await page.locator('input#film').setInputFiles(file);
    const row = page.getByTestId('upload-row').first();
    await expect(row.getByRole('textbox')).toHaveValue(fileName.replace('.mkv', ''));
    await expect(row.getByRole('textbox')).toHaveAttribute('aria-label', `Title of ${fileName}`);
    const letter = { name: `<b data-pwned>${word}.mp4`, mimeType: 'video/mp4', buffer: readFileSync(textNamedFilm('Letter')) };
    await page.locator('input#film').setInputFiles(letter);
    await expect(page.getByTestId('upload-row')).toHaveCount(2);
    await nothingWasMade(page, 'upload');
    return page.getByTestId('upload-row').filter({ has: page.getByRole('textbox', { name: fileName }) });
  });
  await untilReady(row);
  const id = await watchFrom(row);
  const about = async () => (await page.request.get(`/api/v1/videos/${id}`)).json();
  expect((await about()).title).toBe(fileName.replace('.mkv', ''));

  await test.step('what the file says itself: chapters, captions, sounds', async () => {
    const video = await play(page);
    await video.evaluate((element: HTMLVideoElement) => {
      element.pause();
      element.currentTime = 2;
    });
    await page.keyboard.press('c');
    // FFmpeg takes what looks like a tag of HTML for one, and leaves it out.
    await expect(page.getByTestId('captions')).toHaveText(inside.replace(/<.*>/, ''));
    const bar = (await page.getByRole('slider', { name: 'Seek' }).boundingBox())!;
    await page.mouse.move(bar.x + bar.width * 0.7, bar.y + bar.height / 2);
    await page.mouse.move(bar.x + bar.width * 0.71, bar.y + bar.height / 2);
    await expect(page.getByTestId('seek-preview')).toContainText(inside);
    await page.getByRole('button', { name: 'Settings' }).click();
    for (const name of ['Captions', 'Sound']) {
      await page.getByTestId('settings').getByRole('menuitem', { name }).click();
      await nothingWasMade(page, `the menu of ${name}`);
      await page.keyboard.press('ArrowLeft');
    }
    await page.keyboard.press('Escape');
    await nothingWasMade(page, 'the player');
  });

  await test.step('titles and descriptions, wherever a film is shown', async () => {
    const reader = await stranger(browser, baseURL);
    const happenedThere = watchOver(reader);
    const description = payloads.join('\n');
    for (const title of titles(word)) {
      const data = { title, description };
      expect((await page.request.patch(`/api/v1/videos/${id}`, { data, headers: { origin: baseURL! } })).status()).toBe(200);
      // As the server writes it, then as the browser does.
      await reader.goto(`/search?q=${word}`);
      const shown = reader.getByTestId('film-card').locator('.film-title');
      expect(await shown.allTextContents()).toEqual([title]);
      await nothingWasMade(reader, 'search, from the server');
      await hydrated(reader);
      expect(await shown.allTextContents()).toEqual([title]);
      await shown.click();
      const heading = reader.getByRole('heading', { level: 1 });
      await expect(heading).toHaveText(title, { useInnerText: false });
      await nothingWasMade(reader, 'a film, from the browser');

      await reader.goto(`/watch/${id}`);
      expect(await heading.textContent()).toBe(title);
      await hydrated(reader);
      expect(await heading.textContent()).toBe(title);
      expect(await reader.title()).toBe(`${title} · Kinora`);
      expect(await reader.locator('#description').textContent()).toBe(description);
      const told = await reader.evaluate(() => ({
        card: document.querySelector<HTMLMetaElement>('meta[property="og:title"]')?.content,
        data: JSON.parse(document.querySelector('script[type="application/ld+json"]')!.textContent!).name,
      }));
      expect(told).toEqual({ card: title, data: title });
      await nothingWasMade(reader, 'a film');

      await reader.goto(`/embed/${id}`);
      await expect(reader.locator('a.title')).toHaveText(title);
      expect(await reader.locator('a.title').textContent()).toBe(title);
      expect(await reader.title()).toBe(title);
      await nothingWasMade(reader, 'an embed');

      await visit(page, '/studio');
      expect(await page.getByTestId('film-row').locator('a.row-title').textContent()).toBe(title);
      await page.getByRole('button', { name: 'Edit' }).click();
      await expect(page.getByLabel('Title', { exact: true })).toHaveValue(title);
      await expect(page.getByLabel('Description')).toHaveValue(description);
      await nothingWasMade(page, 'studio');

      const { html, ...oembed } = await (await reader.request.get(`/oembed?url=${baseURL}/watch/${id}`)).json();
      expect(oembed.title).toBe(title);
      const read = await reader.evaluate(
        ([html, ...xmls]) => {
          const frame = new DOMParser().parseFromString(html, 'text/html');
          const documents = xmls.map((xml) => new DOMParser().parseFromString(xml, 'text/xml'));
          const texts = documents.map((xml) => [...xml.querySelectorAll('item > title, oembed > title')].map((element) => element.textContent));
          const wrong = documents.map((xml) => xml.querySelectorAll('parsererror, [data-pwned], script').length);
          return { elements: frame.body.querySelectorAll('*').length, name: frame.querySelector('iframe')!.title, texts, wrong };
        },
        [html, await (await reader.request.get('/feed.xml')).text(), await (await reader.request.get(`/oembed?format=xml&url=${baseURL}/watch/${id}`)).text()],
      );
      expect(read).toMatchObject({ elements: 1, name: title, wrong: [0, 0] });
      expect(read.texts[0]).toContain(title);
      expect(read.texts[1]).toEqual([title]);
    }
    // Read by the browser itself, as somebody who follows a link to them sees them. It styles what it shows by itself, which
    // our policy refuses it: that is no fault of ours.
    const bare = await (await browser.newContext({ baseURL })).newPage();
    for (const path of ['/feed.xml', '/sitemap.xml', `/oembed?url=${baseURL}/watch/${id}`, `/api/v1/videos/${id}`]) {
      await bare.goto(path);
      expect(await bare.evaluate(() => document.querySelectorAll('[data-pwned], script').length), path).toBe(0);
    }
    await visit(reader, '/');
    await nothingWasMade(reader, 'home');
    expect(happenedThere).toEqual([]);
  });

  await test.step('names of share links and of captions, and what captions say', async () => {
    const short = payloads.filter(({ length }) => length <= 80 && length > 0);
    await page.request.patch(`/api/v1/videos/${id}`, { data: { title: word, visibility: 'private' }, headers: { origin: baseURL! } });
    for (const label of short) {
      const answer = await page.request.post(`/api/v1/videos/${id}/links`, { data: { label, expires: '7d' }, headers: { origin: baseURL! } });
      expect(answer.status(), label).toBe(201);
    }
    const said = short.map((line, at) => `${at + 1}\n00:00:00,100 --> 00:00:11,000\n${line}\n`).join('\n');
    const languages = ['de', 'fr', 'it', 'es'];
    for (const [at, language] of languages.entries()) {
      const query = new URLSearchParams({ label: short[at] });
      const answer = await page.request.put(`/api/v1/videos/${id}/captions/${language}?${query}`, { data: said, headers: { origin: baseURL!, 'content-type': 'text/plain' } });
      expect(answer.status(), await answer.text()).toBe(201);
    }
    await visit(page, '/studio');
    await page.getByRole('button', { name: 'Edit' }).click();
    await expect(page.getByTestId('share-link')).toHaveCount(short.length);
    const labels = await page.getByTestId('share-link').locator('p:first-child').allTextContents();
    expect(labels.toSorted()).toEqual(short.toSorted());
    await expect(page.getByTestId('captions-row')).toHaveCount(languages.length + 1);
    for (const label of short.slice(0, languages.length)) await expect(page.getByTestId('captions-desk')).toContainText(label);
    await page.getByTestId('captions-desk').locator('input[type=file]').setInputFiles({ name: `${payloads[1]}.de.srt`, mimeType: 'text/plain', buffer: Buffer.from(said) });
    await expect(page.getByTestId('captions-draft')).toContainText(`${payloads[1]}.de.srt`);
    await expect(page.getByTestId('captions-draft').getByTestId('cues')).toContainText(short[0]);
    await page.getByTestId('poster-desk').locator('input[type=file]').setInputFiles({ name: `${payloads[1]}.jpg`, mimeType: 'image/jpeg', buffer: Buffer.from('<svg onload=alert(1)>'.repeat(20)) });
    await expect(page.getByTestId('poster-desk')).toContainText("isn't a JPEG, PNG or WebP picture", { timeout: 30_000 });
    await nothingWasMade(page, 'studio, editing');

    await visit(page, `/watch/${id}`);
    const video = await play(page);
    await video.evaluate((element: HTMLVideoElement) => {
      element.pause();
      element.currentTime = 2;
    });
    await page.getByTestId('player').hover();
    await page.getByRole('button', { name: 'Settings' }).click();
    await page.getByTestId('settings').getByRole('menuitem', { name: 'Captions' }).click();
    // A name in a playlist has no room for these quotes (RFC 8216, 4.2).
    for (const name of short.slice(0, languages.length).map((label) => label.replaceAll('"', "'"))) {
      await expect(page.getByTestId('settings').getByRole('menuitemradio', { name, exact: true })).toBeVisible();
    }
    await page.getByTestId('settings').getByRole('menuitemradio', { name: short[0], exact: true }).click();
    await expect(page.getByTestId('captions')).toContainText('<img data-pwned src=pwned onerror=alert(1)>');
    await nothingWasMade(page, 'captions');
  });

  await test.step('what was deleted, in the words that say so', async () => {
    const title = titles(word)[0];
    await page.request.patch(`/api/v1/videos/${id}`, { data: { title }, headers: { origin: baseURL! } });
    await visit(page, '/studio');
    await page.getByRole('button', { name: 'Delete' }).first().click();
    await expect(page.getByTestId('toast')).toContainText(title);
    await nothingWasMade(page, 'a toast');
  });
  expect(happened).toEqual([]);
  expect(heard.filter((text) => !/status of 4\d\d/.test(text))).toEqual([]);
});

test('what an address says is text, too', async ({ page }) => {
  test.setTimeout(240_000);
  const happened = watchOver(page);
  for (const payload of payloads) {
    const query = encodeURIComponent(payload);
    await page.goto(`/search?q=${query}`);
    // Blanks are one, and nothing else is changed.
    const heading = `Films for “${payload.split(/\s+/u).filter(Boolean).join(' ')}”`;
    expect((await page.getByRole('heading', { level: 1 }).textContent())!.replace(/\s+/gu, ' ')).toBe(heading.replace(/\s+/gu, ' '));
    await nothingWasMade(page, `search for ${payload}`);
    await hydrated(page);
    await expect(page.getByRole('searchbox')).toHaveValue(payload.replace(/[\n\r]/g, ''));
    await nothingWasMade(page, `search for ${payload}, hydrated`);
  }
  await page.getByRole('searchbox').fill(payloads[1]);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(`Films for “${payloads[1]}”`);
  await nothingWasMade(page, 'search, from the browser');
  for (const payload of payloads.filter((_, at) => at % 4 === 1)) {
    const text = encodeURIComponent(payload);
    for (const path of [`/nowhere/${text}`, `/watch/${text}`, `/embed/${text}`, `/@${text}/feed.xml`, `/signin?next=${text}`, `/?cursor=${text}`, `/watch/AAAAAAAAAAAA?t=${text}&share=${text}`]) {
      await page.goto(path);
      await nothingWasMade(page, path);
    }
  }
  await visit(page, `/signup?next=${encodeURIComponent(payloads[3])}`);
  await page.getByLabel('Username').fill(payloads[1]);
  await page.getByLabel('E-mail').fill('somebody@example.org');
  await page.getByLabel('Password').fill('correct horse battery');
  await page.getByRole('button', { name: 'Create account' }).click();
  await expect(page.getByText('A username has 3 to 30 letters').last()).toBeVisible();
  await nothingWasMade(page, 'a refused sign-up');
  expect(happened).toEqual([]);
});

test('what a browser says of itself is text, where its person sees their sessions', async ({ page, browser, baseURL }) => {
  const user = await signUp(page);
  const agents = ['<img data-pwned src=pwned onerror=alert(1)>', '"><script data-pwned>alert(1)</script>', "Firefox/1' onclick='alert(1)"];
  for (const userAgent of agents) {
    const context = await browser.newContext({ baseURL, userAgent });
    const other = await context.newPage();
    const happened = watchOver(other);
    await visit(other, '/signin');
    await other.getByLabel('Username or e-mail').fill(user.name);
    await other.getByLabel('Password').fill(user.password);
    await other.getByRole('button', { name: 'Sign in' }).click();
    await expect(other).toHaveURL(/\/$/);
    for (const path of ['/account', '/account/log']) {
      await other.goto(path);
      await nothingWasMade(other, `${path}, from the server`);
      await hydrated(other);
      await nothingWasMade(other, path);
    }
    expect(happened).toEqual([]);
    await context.close();
  }
});

test('who signs in goes on to a page of this site, whatever the address says', async ({ page, baseURL }) => {
  const happened = watchOver(page);
  const user = await signUp(page);
  await page.context().route('**/*', (route) => (new URL(route.request().url()).origin === new URL(baseURL!).origin ? route.fallback() : route.abort()));
  const away = ['//evil.example', '/\\evil.example', '\\\\evil.example', 'https:evil.example', 'https://evil.example/', '/\t/evil.example', '/\n//evil.example', ' //evil.example', '\u0000//evil.example', 'javascript:alert(1)', 'data:text/html,x', '///evil.example', '/\\/evil.example', 'evil.example'];
  const inside: [string, string][] = [['/studio', '/studio'], ['/%09/evil.example', '/%09/evil.example'], ['/.//evil.example', '//evil.example'], ['/search?q=a&b#c', '/search?q=a&b#c']];
  for (const [next, where] of [...away.map((next) => [next, '/']), ...inside]) {
    await page.context().clearCookies();
    await visit(page, `/signin?next=${encodeURIComponent(next)}`);
    // The way to the other form says the same.
    const other = await page.getByRole('link', { name: 'Create an account' }).evaluate((link: HTMLAnchorElement) => [new URL(link.href).origin, new URL(link.href).searchParams.get('next')]);
    expect(other).toEqual([new URL(baseURL!).origin, next]);
    await page.getByLabel('Username or e-mail').fill(user.name);
    await page.getByLabel('Password').fill(user.password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await expect(page, next).toHaveURL(new URL(`${baseURL}${where}`).href);
  }
  expect(happened).toEqual([]);
});
