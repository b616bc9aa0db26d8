// Debian's Firefox, driven by WebDriver BiDi (https://w3c.github.io/webdriver-bidi/): Playwright knows only builds of its own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { WebSocket } from 'ws';

const executablePath = process.env.KINORA_FIREFOX || '/usr/bin/firefox-esr';

/** A profile that has never been used, asks nobody anything, and lets a page play. */
const PREFERENCES = {
  'app.normandy.enabled': false,
  'app.update.enabled': false,
  'browser.aboutwelcome.enabled': false,
  'browser.shell.checkDefaultBrowser': false,
  'browser.startup.page': 0,
  'datareporting.policy.dataSubmissionEnabled': false,
  'extensions.update.enabled': false,
  'media.autoplay.default': 0,
  'media.gmp-manager.updateEnabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'network.proxy.type': 0,
  'services.settings.server': 'data:,',
  'toolkit.telemetry.reportingpolicy.firstRun': false,
};

export interface Firefox {
  /** Errors of the console and of scripts, so far. */
  complaints: string[];
  open(url: string): Promise<void>;
  /** What an expression is in the page. */
  evaluate<T>(expression: string): Promise<T>;
  /** Clicks into the middle of what a selector finds. */
  click(selector: string): Promise<void>;
  close(): Promise<void>;
}

/** Starts it; `script` (an expression that is a function) runs in every page before its own. */
export async function firefox(script: string): Promise<Firefox> {
  const profile = mkdtempSync(join(tmpdir(), 'kinora-firefox-'));
  const preferences = Object.entries(PREFERENCES).map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`);
  writeFileSync(join(profile, 'user.js'), preferences.join(''));
  const child = spawn(executablePath, ['--headless', '--no-remote', '--profile', profile, '--remote-debugging-port', '0', 'about:blank'], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, MOZ_CRASHREPORTER_DISABLE: '1', MOZ_REMOTE_SETTINGS_DEVTOOLS: '1', HOME: profile },
  });
  const ended = once(child, 'exit');
  let socket: WebSocket | undefined;
  const close = async () => {
    socket?.terminate();
    child.kill('SIGTERM');
    await ended;
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const address = await Promise.race([listening(child.stderr), ended.then(() => Promise.reject(new Error('Firefox ended at once')))]);
    socket = new WebSocket(`${address}/session`);
    await once(socket, 'open');
    return { ...(await session(socket, script)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function listening(output: NodeJS.ReadableStream): Promise<string> {
  for await (const line of createInterface(output)) {
    const address = /^WebDriver BiDi listening on (ws:\S+)/.exec(line)?.[1];
    if (address) {
      // What it says later is read, too: a full pipe would hold it up.
      output.resume();
      return address;
    }
  }
  throw new Error('Firefox says no address');
}

async function session(socket: WebSocket, script: string): Promise<Omit<Firefox, 'close'>> {
  const waiting = new Map<number, { resolve: (result: any) => void; reject: (error: Error) => void }>();
  const complaints: string[] = [];
  let last = 0;
  const ask = (method: string, params: object) =>
    new Promise<any>((resolve, reject) => {
      waiting.set(++last, { resolve, reject });
      socket.send(JSON.stringify({ id: last, method, params }));
    });
  socket.on('message', (data) => {
    const { id, type, method, params, result, error, message } = JSON.parse(`${data}`);
    if (method === 'log.entryAdded' && params.level === 'error') complaints.push(params.text);
    const asker = waiting.get(id);
    waiting.delete(id);
    if (type === 'error') asker?.reject(new Error(`${error}: ${message}`));
    else asker?.resolve(result);
  });
  socket.on('close', () => {
    for (const { reject } of waiting.values()) reject(new Error('Firefox has gone'));
  });

  await ask('session.new', { capabilities: {} });
  await ask('session.subscribe', { events: ['log.entryAdded'] });
  await ask('script.addPreloadScript', { functionDeclaration: script });
  const { context } = await ask('browsingContext.create', { type: 'tab' });
  await ask('browsingContext.setViewport', { context, viewport: { width: 1280, height: 800 } });

  const evaluate = async <T>(expression: string): Promise<T> => {
    const params = { expression: `Promise.resolve(${expression}).then(JSON.stringify)`, target: { context }, awaitPromise: true };
    const { type, result, exceptionDetails } = await ask('script.evaluate', params);
    if (type === 'exception') throw new Error(`${expression}: ${exceptionDetails.text}`);
    return result.type === 'undefined' ? (undefined as T) : JSON.parse(result.value);
  };
  return {
    complaints,
    evaluate,
    open: (url) => ask('browsingContext.navigate', { context, url, wait: 'interactive' }),
    async click(selector) {
      const found = `document.querySelector(${JSON.stringify(selector)}).getBoundingClientRect()`;
      const { x, y, width, height } = await evaluate<DOMRect>(found);
      const origin = { x: Math.round(x + width / 2), y: Math.round(y + height / 2) };
      const actions = [
        { type: 'pointerMove', ...origin },
        { type: 'pointerDown', button: 0 },
        { type: 'pointerUp', button: 0 },
      ];
      await ask('input.performActions', { context, actions: [{ type: 'pointer', id: 'mouse', actions }] });
    },
  };
}
