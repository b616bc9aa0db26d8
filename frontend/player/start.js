// The first frame of the film that the page came with, before hls.js is there: a MediaSource with the first objects, which
// are on their way since the HTML was read. `early.js` hands it on to hls.js, which comes next and takes it from there.
import { placeOf } from './place.js';

/** Milliseconds after which the player isn't kept waiting for the first frame: it tries again what doesn't come. */
const PATIENCE = 3000;

const absolute = (address) => new URL(address, location.href).href;

const { playlists: texts = {}, tracks = [] } = JSON.parse(document.getElementById('early')?.textContent || '{}');
const playlists = new Map(Object.entries(texts).map(([address, text]) => [absolute(address), text]));
const video = document.querySelector('video[data-hls]');
/** What comes, by its address; null for what doesn't. */
const objects = new Map(
  tracks.flatMap(({ objects }) =>
    objects.map(([address, url]) => {
      // In the same words as the page's preload, so that it is this one.
      const whole = fetch(absolute(url), { credentials: 'same-origin' }).then((answer) => (answer.ok ? answer.arrayBuffer() : null));
      return [absolute(address), whole.catch(() => null)];
    }),
  ),
);
let mediaSource;
let buffers;
let isGiven = false;
let isBroken = false;

const once = (target, name) => new Promise((resolve) => target.addEventListener(name, resolve, { once: true }));

/** Puts the objects into the buffer, one after the other. */
async function fill(buffer, addresses) {
  for (const address of addresses) {
    const bytes = await objects.get(absolute(address));
    // hls.js goes on.
    if (isGiven || mediaSource.readyState !== 'open') return;
    if (!bytes) throw new Error(`${address} doesn't come`);
    const done = once(buffer, 'updateend');
    buffer.appendBuffer(bytes);
    await done;
  }
}

async function show() {
  const source = new MediaSource();
  const opened = once(source, 'sourceopen');
  const url = URL.createObjectURL(source);
  video.src = url;
  await opened;
  if (isGiven) return;
  mediaSource = source;
  // All of them before the first bytes: a browser may refuse another one afterwards.
  buffers = tracks.map(({ mime }) => source.addSourceBuffer(mime));
  await Promise.all(tracks.map(({ objects }, index) => fill(buffers[index], objects.map(([address]) => address))));
}

/** As hls.js describes what it makes itself. */
function described({ mime }, index) {
  const [container, codec] = mime.split(';codecs=');
  const kind = container.split('/')[0];
  const id = kind === 'audio' ? 'audio' : 'main';
  return [kind, { id, container, codec, levelCodec: codec, buffer: buffers[index], listeners: [] }];
}

/** Once: what stands behind `element` so far, in the words of `hls.attachMedia`; null if that is nothing that is of use. */
function take(element) {
  const isOfUse = element === video && buffers && !isGiven && !isBroken && !video.error && mediaSource.readyState === 'open';
  isGiven = true;
  // Whatever was begun and isn't whole must not swallow what comes next.
  if (isOfUse) buffers.forEach((buffer) => buffer.abort());
  return isOfUse ? { mediaSource, tracks: Object.fromEntries(tracks.map(described)) } : null;
}

/** Until the first frame is there, or it is clear that it won't be by this way. */
async function begin() {
  const frame = once(video, 'loadeddata');
  await show();
  await frame;
}

globalThis.kinoraStart = { playlists, objects, take };
const isComplete = tracks.some(({ mime }) => mime.startsWith('video/')) && tracks.every(({ objects }) => objects.length === 2);
// Where the system rules over the buffer hls.js has its own way, and where hls.js is there already it has begun.
if (video && isComplete && !placeOf(video.dataset.film) && globalThis.MediaSource && !globalThis.ManagedMediaSource && !globalThis.kinoraPlayer) {
  const late = new Promise((resolve) => setTimeout(resolve, PATIENCE));
  await Promise.race([begin().catch(() => (isBroken = true)), once(video, 'error'), late]);
}
await import('./player.js');
