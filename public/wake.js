// Wakes a page whose HTML is enough for a while. The page of a film once its first frame and its player are there: until
// then the line belongs to the film. The pages of films once somebody is there.
const PKG = '/pkg/';
/** Milliseconds after which nobody waits for a frame any longer. */
const PATIENCE = 4000;
/** What its code is called. */
const { page } = document.querySelector('script[data-page]').dataset;

function preload(name) {
  document.head.append(Object.assign(document.createElement('link'), { rel: 'preload', as: 'fetch', crossOrigin: 'anonymous', href: PKG + name }));
}

/** The pieces of the page's own code, which would be asked for only when what they share has come. */
async function preloadPieces() {
  const answer = await fetch(`${PKG}__wasm_split_manifest.json`);
  const pieces = answer.ok ? await answer.json() : {};
  const name = Object.keys(pieces).find((name) => name.startsWith(page));
  (pieces[name] ?? []).forEach((piece) => preload(`${piece}.wasm`));
}

async function wake() {
  preload('kinora_bg.wasm');
  preloadPieces().catch(() => undefined);
  const { default: start, hydrate } = await import(`${PKG}kinora.js`);
  await start({ module_or_path: `${PKG}kinora_bg.wasm` });
  hydrate();
}

const signs = new AbortController();
const once = { signal: signs.signal, once: true, passive: true, capture: true };
function call() {
  if (signs.signal.aborted) return;
  signs.abort();
  void wake();
}

/** A page of links and forms needs nobody who is awake: until somebody stirs it may be that nobody is there. */
function awaitSomebody() {
  for (const sign of ['pointermove', 'keydown', 'focusin', 'scroll', 'wheel']) document.addEventListener(sign, call, once);
  // Who follows a link leaves.
  document.addEventListener('pointerdown', ({ target }) => target.closest?.('a[href]') || call(), { signal: signs.signal });
}

function awaitFrame(video) {
  const callIfThere = () => {
    if (globalThis.kinoraPlayer && video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA) call();
  };
  callIfThere();
  video.addEventListener('loadeddata', callIfThere, { signal: signs.signal });
  addEventListener('kinora-player', callIfThere, once);
  video.addEventListener('error', call, once);
  // Somebody wants something of the page.
  for (const sign of ['pointerdown', 'keydown']) document.addEventListener(sign, call, once);
  setTimeout(call, PATIENCE);
}

const video = document.querySelector('video[data-hls]');
if (video) awaitFrame(video);
// A film that isn't there yet is one that is waited for.
else if (page === '__watch_page') call();
else awaitSomebody();
