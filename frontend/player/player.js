// The contract with the watch page (wasm), `app/src/watch/player/engine.rs`:
//   kinoraPlayer.attach(video, src, film, start) -> handle
//   handle.listen({ onLevels, onLevel, onTracks, onScreens, onError })
// A film that is attached already, because the page's HTML asked for it before the wasm was there, is handed over.
//
// onLevels([{ index, height, lags }]): the lowest first; -1 stands for automatic. One that lags is still made.
// onTracks(sounds, texts): both [{ index, name, language }]; -1 stands for none. onScreens(bool): whether there is one nearby.
// onError('') says that the last trouble is over.
import { drawCaptions } from './captions.js';
import { attachHls, isSupported } from './hls.js';
import { announce } from './media-session.js';
import { attachNative } from './native.js';
import { keepPlace, placeOf } from './place.js';
import * as screens from './screens.js';
import { stats } from './stats.js';

const nothing = () => {};
const deaf = { onLevels: nothing, onLevel: nothing, onTracks: nothing, onScreens: nothing, onError: nothing };
/** The handle of every `<video>` that plays. */
const attached = new WeakMap();
/** Where the frame rate isn't known, a step is one of thirty. */
const USUAL_RATE = 30;

function open(video, src, film, start) {
  let listeners = deaf;
  const told = { level: -1, error: '', screens: false };
  const say = {
    onLevels: () => listeners.onLevels(engine?.levels() ?? []),
    onLevel: (level) => listeners.onLevel((told.level = level)),
    onTracks: () => listeners.onTracks(engine?.sounds() ?? [], engine?.texts() ?? []),
    onError: (text) => listeners.onError((told.error = text)),
  };
  const from = start ?? placeOf(film);
  let engine;
  if (isSupported()) engine = attachHls(video, src, from, say);
  else if (video.canPlayType('application/vnd.apple.mpegurl')) engine = attachNative(video, src, from, say);
  else say.onError("This browser can't play films. A current Firefox, Chrome, Edge or Safari can.");

  const captions = drawCaptions(video);
  const endPlace = film ? keepPlace(video, film) : nothing;
  let endAnnouncement = nothing;
  screens.watchForScreens(video, (are) => listeners.onScreens((told.screens = are)));

  // Taken out of the page, it stops before anybody can ask.
  let playing = !video.paused;
  const note = () => {
    if (video.isConnected) playing = !video.paused;
  };
  for (const name of ['play', 'pause', 'ended']) video.addEventListener(name, note);

  const handle = {
    src,
    video,
    wasPlaying: () => playing,
    /** Seconds that it began with. */
    began: from,
    listen(callbacks) {
      listeners = { ...deaf, ...callbacks };
      say.onLevels();
      say.onTracks();
      listeners.onLevel(told.level);
      listeners.onScreens(told.screens);
      listeners.onError(told.error);
    },
    setLevel: (index) => engine?.setLevel(index),
    setSound: (index) => engine?.setSound(index),
    setText: (index) => engine?.setText(index),
    drawCaptions: (element) => captions.into(element),
    announce(about) {
      endAnnouncement();
      endAnnouncement = announce(video, about);
    },
    canPictureInPicture: () => screens.canPictureInPicture(video),
    pictureInPicture: () => void screens.pictureInPicture(video),
    chooseScreen: () => screens.chooseScreen(video),
    fullScreen: (frame) => screens.fullScreen(frame, video),
    /** One frame on, or back. */
    step(direction) {
      video.currentTime += direction / (engine?.level()?.frameRate || USUAL_RATE);
    },
    /** [[name, value]], for people. */
    stats: () => stats(video, engine?.level(), engine?.bandwidth() ?? 0),
    destroy() {
      attached.delete(video);
      endPlace();
      endAnnouncement();
      captions.end();
      engine?.destroy();
    },
  };
  attached.set(video, handle);
  return handle;
}

function attach(video, src, film, start) {
  const before = attached.get(video);
  if (before && before.src !== src) before.destroy();
  return before?.src === src ? before : open(video, src, film, start);
}

globalThis.kinoraPlayer = { attach };
// The film that the page came with needn't wait for anything else.
for (const video of document.querySelectorAll('video[data-hls]')) {
  const { hls, film, start } = video.dataset;
  attach(video, hls, film, start ? Number(start) : undefined);
}
// For whoever put the script on the page and waits for it without an import.
globalThis.dispatchEvent(new Event('kinora-player'));
