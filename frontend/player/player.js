// The contract with the watch page (wasm):
//   kinoraPlayer.attach(video, src, { onLevels, onLevel, onError }) -> { levels, setLevel, currentLevel, destroy }
// A level is { index, height, bitrate, lags }, the lowest first; -1 stands for automatic. One that lags is still made.
// onError('') says that the last trouble is over.
import Hls from 'hls.js';
import { Events } from 'hls.js/events';
import { config } from './config.js';
import { followGrowth } from './growth.js';
import { attachNative } from './native.js';
import { recover } from './recovery.js';

const nothing = () => {};

function attachHls(video, src, { onLevels, onLevel, onError }) {
  // A configuration of its own: what follows changes it.
  const hls = new Hls({ ...config });
  const levels = () =>
    hls.levels.map((level, index) => ({
      index,
      // The shorter side: a portrait film of 1080 x 1920 is "1080p".
      height: Math.min(level.height, level.width || level.height) || 0,
      bitrate: level.bitrate,
      lags: growth.lags(level),
    }));
  const growth = followGrowth(hls, video, () => onLevels(levels()));

  hls.on(Events.MANIFEST_PARSED, () => onLevels(levels()));
  hls.on(Events.LEVELS_UPDATED, () => onLevels(levels()));
  hls.on(Events.LEVEL_SWITCHED, (_event, { level }) => onLevel(level));
  const endRecovery = recover(hls, video, src, onError);

  hls.loadSource(src);
  hls.attachMedia(video);

  return {
    levels,
    // The buffer up to the next segment plays on, so a change of quality is never a hole.
    setLevel(index) {
      hls.nextLevel = index;
    },
    currentLevel: () => hls.currentLevel,
    destroy() {
      growth.end();
      endRecovery();
      hls.destroy();
    },
  };
}

function attach(video, src, callbacks = {}) {
  const { onLevels = nothing, onLevel = nothing, onError = nothing } = callbacks ?? {};
  const listeners = { onLevels, onLevel, onError };
  if (Hls.isSupported()) return attachHls(video, src, listeners);
  if (video.canPlayType('application/vnd.apple.mpegurl')) return attachNative(video, src, listeners);
  onError("This browser can't play films. A current Firefox, Chrome, Edge or Safari can.");
  return { levels: () => [], setLevel: nothing, currentLevel: () => -1, destroy: nothing };
}

globalThis.kinoraPlayer = { attach };
// For whoever put the script on the page and waits for it without an import.
globalThis.dispatchEvent(new Event('kinora-player'));
