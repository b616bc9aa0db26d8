// Wakes the page of a film once its first frame is there: until then the line belongs to the film.
const PKG = '/pkg/';
/** Milliseconds after which nobody waits for a frame any longer. */
const PATIENCE = 4000;

function preload(name) {
  document.head.append(Object.assign(document.createElement('link'), { rel: 'preload', as: 'fetch', crossOrigin: 'anonymous', href: PKG + name }));
}

/** The pieces of the page's own code, which would be asked for only when what they share has come. */
async function preloadPieces() {
  const answer = await fetch(`${PKG}__wasm_split_manifest.json`);
  const pieces = answer.ok ? await answer.json() : {};
  const page = Object.keys(pieces).find((name) => name.startsWith('__watch_page'));
  (pieces[page] ?? []).forEach((piece) => preload(`${piece}.wasm`));
}

async function wake() {
  preload('kinora_bg.wasm');
  preloadPieces().catch(() => undefined);
  const { default: start, hydrate } = await import(`${PKG}kinora.js`);
  await start({ module_or_path: `${PKG}kinora_bg.wasm` });
  hydrate();
}

const video = document.querySelector('video[data-hls]');
const signs = new AbortController();
const once = { signal: signs.signal, once: true, passive: true };
function call() {
  if (signs.signal.aborted) return;
  signs.abort();
  void wake();
}

if (!video || video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA) call();
else {
  for (const sign of ['loadeddata', 'error']) video.addEventListener(sign, call, once);
  // Somebody wants something of the page.
  for (const sign of ['pointerdown', 'keydown']) document.addEventListener(sign, call, once);
  setTimeout(call, PATIENCE);
}
