// A film that still grows: its playlists say how far each rendition is (`#KINORA-PUBLISHED:180p=16.0,1080p=64.0`,
// seconds). Those that lag behind the picture on the screen are held off until they have caught up. Where the film ends
// (`#KINORA-WHOLE:90.0`) they say before all of them are there: who watches the one that is, gets to its end.
import { Events } from 'hls.js/events';

/** Seconds that a rendition has to be ahead of the picture to be worth switching to. */
const AHEAD = 20;

const nameOf = (level) => /([^/]+)\.m3u8/.exec(level.uri)?.[1] ?? '';

function published(text) {
  const list = /^#KINORA-PUBLISHED:(.*)$/m.exec(text ?? '')?.[1];
  if (!list) return null;
  return new Map(list.split(',').map((entry) => [entry.split('=')[0], Number(entry.split('=')[1])]));
}

/** Nearer to the end than this, in seconds, nothing is missing: sound and picture don't end at the same instant. */
const NEAR = 0.25;

/** Seconds where the film is, or is to begin. */
export const placeIn = (hls, video) => (hls.hasEnoughToStart ? video.currentTime : Math.max(hls.config.startPosition, video.currentTime));

/** Keeps `hls` to what is there; `onChange` hears whenever that is another set of levels. Returns `hear`, `lags(level)` and `end`. */
export function followGrowth(hls, video, onChange) {
  let known = null;
  let told = '';
  let whole = Infinity;

  const until = (level) => known?.get(nameOf(level)) ?? Infinity;
  const longest = () => Math.max(0, ...(known?.values() ?? []));
  const lags = (level) => known !== null && until(level) < Math.min(longest(), placeIn(hls, video) + AHEAD);

  function apply() {
    const first = hls.levels.find((level) => !lags(level));
    const held = Boolean(first) && first !== hls.levels[0];
    hls.config.minAutoBitrate = held ? first.maxBitrate : 0;
    // The one that is there may be larger than the player is.
    hls.capLevelToPlayerSize = !held;
    const now = hls.levels.map(lags).join();
    if (now !== told) {
      told = now;
      onChange();
    }
  }

  function learn(text) {
    const before = known;
    known = published(text);
    whole = Number(/^#KINORA-WHOLE:(.*)$/m.exec(text ?? '')?.[1] ?? Infinity);
    for (const [index, level] of hls.levels.entries()) {
      const grown = before?.get(nameOf(level)) !== known?.get(nameOf(level));
      // What was loaded of it before has gaps where there are none any more.
      if (grown && before && index !== hls.loadLevel) level.details = undefined;
    }
    apply();
  }

  // As ENDLIST does it. What is loaded later, of another rendition, opens the source again.
  function finish() {
    const { buffered } = video;
    const end = buffered.length > 0 ? buffered.end(buffered.length - 1) : 0;
    if (end >= whole - NEAR && video.currentTime >= whole - AHEAD) hls.trigger(Events.BUFFER_EOS, {});
  }

  /** A playlist is there that hls.js hasn't read yet. */
  function hear({ type, level }, text) {
    if (type === 'manifest') known = published(text);
    if (type !== 'level') return;
    // What fills a gap has another address, and hls.js isn't to mind.
    for (const fragment of hls.levels[level]?.details?.fragments ?? []) {
      if (fragment.gap) Object.assign(fragment, { gap: false, relurl: '' });
    }
  }

  hls.on(Events.MANIFEST_PARSED, () => {
    apply();
    const first = hls.levels.findIndex((level) => !lags(level));
    if (first > 0) hls.startLevel = first;
  });
  hls.on(Events.LEVEL_UPDATED, (_event, data) => learn(data.details.m3u8));
  // Before hls.js hears of it: what it loads next is to be there.
  video.addEventListener('seeking', apply);
  video.addEventListener('timeupdate', apply);
  video.addEventListener('waiting', finish);
  return {
    hear,
    lags,
    end() {
      video.removeEventListener('seeking', apply);
      video.removeEventListener('timeupdate', apply);
      video.removeEventListener('waiting', finish);
    },
  };
}
