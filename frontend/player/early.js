// What the page brought along for the first frame: playlists as text, and the first objects, which are on their way since
// the HTML was read (`start.js`). hls.js gets them as if it had loaded them; whatever is wrong with them, it loads itself.
import Hls from 'hls.js';

const Loader = Hls.DefaultConfig.loader;

const absolute = (address) => new URL(address, location.href).href;

/** By address; objects are promises of bytes, of null where they don't come. */
const { playlists = new Map(), objects = new Map(), take } = globalThis.kinoraStart ?? {};

/** What `start.js` has put behind `video` meanwhile, for `hls.attachMedia`. */
export const started = (video) => take?.(video);

/** Which of them were handed out, with the byte that they begin at. */
const served = new Set();

/**
 * Bits per second of the line, by what came over it for this page so far; 0 if nothing did. The first segments tell too
 * little of it: they are small, and were waited for.
 */
export function lineSpeed() {
  const [page] = performance.getEntriesByType('navigation');
  const came = [page, ...performance.getEntriesByType('resource')].filter((entry) => entry?.transferSize > 1000 && entry.responseStart > 0);
  const begun = Math.min(...came.map((entry) => entry.responseStart));
  const ended = Math.max(...came.map((entry) => entry.responseEnd));
  const bytes = came.reduce((sum, entry) => sum + entry.transferSize, 0);
  return ended > begun ? (bytes * 8000) / (ended - begun) : 0;
}

/** A response of `data` as if it had taken as long as the line takes for it. */
function succeed(loader, context, callbacks, data, speed) {
  const bytes = data.byteLength ?? data.length;
  const now = performance.now();
  const spent = speed ? (bytes * 8000) / speed : 0;
  loader.stats.loading = { start: now - spent, first: now - spent, end: now };
  loader.stats.loaded = bytes;
  loader.stats.total = bytes;
  loader.context = context;
  callbacks.onSuccess({ url: absolute(context.url), data, code: 200 }, loader.stats, context, { responseText: data });
}

/** Tells `config.hear(context, text)` of every playlist before hls.js reads it. */
export class PlaylistLoader extends Loader {
  constructor(config) {
    super(config);
    this.hear = config.hear;
  }

  load(context, config, callbacks) {
    const url = absolute(context.url);
    const text = playlists.get(url);
    const onSuccess = (response, ...rest) => {
      this.hear(context, response.data);
      callbacks.onSuccess(response, ...rest);
    };
    const told = { ...callbacks, onSuccess };
    // Once: who asks again wants to know whether it has changed.
    if (!playlists.delete(url)) return super.load(context, config, told);
    queueMicrotask(() => {
      // Without them it is destroyed.
      if (this.stats && !this.stats.aborted) succeed(this, context, told, text, 0);
    });
  }
}

export class SegmentLoader extends Loader {
  load(context, config, callbacks) {
    const whole = objects.get(context.url);
    if (!whole) return super.load(context, config, callbacks);
    void whole.then((bytes) => {
      if (!this.stats || this.stats.aborted) return;
      // 0 stands for its end.
      const [start, end] = [context.rangeStart || 0, context.rangeEnd || bytes?.byteLength];
      // Whoever asks again for the same was not served well by it.
      const again = served.has(`${context.url} ${start}`);
      served.add(`${context.url} ${start}`);
      if (again || !bytes || end > bytes.byteLength) super.load(context, config, callbacks);
      else succeed(this, context, callbacks, bytes.slice(start, end), lineSpeed());
    });
  }
}
