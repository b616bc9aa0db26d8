import Hls from 'hls.js';
import { Events } from 'hls.js/events';
import { config } from './config.js';
import { PlaylistLoader, SegmentLoader, lineSpeed, started } from './early.js';
import { followGrowth } from './growth.js';
import { recover } from './recovery.js';
import { sizeOf } from './rungs.js';

export const isSupported = () => Hls.isSupported();

/** Share of the line's speed that is relied on at first. */
const CAREFUL = 0.7;

const track = ({ name, lang }, index) => ({ index, name, language: lang ?? '' });

/** hls.js over MediaSource, in the words of `player.js`. */
export function attachHls(video, src, start, { onLevels, onLevel, onTracks, onError }) {
  // A configuration of its own: what follows changes it.
  const line = lineSpeed();
  const hls = new Hls({
    ...config,
    startPosition: start,
    pLoader: PlaylistLoader,
    fLoader: SegmentLoader,
    hear: (context, text) => growth.hear(context, text),
    // What is left of it beside everything else is known once segments come.
    ...(line && { abrEwmaDefaultEstimate: line * CAREFUL }),
  });
  const levels = () =>
    hls.levels.map((level, index) => ({
      index,
      height: sizeOf(level),
      lags: growth.lags(level),
    }));
  const growth = followGrowth(hls, video, () => onLevels());

  // We draw what is said ourselves.
  hls.subtitleDisplay = false;
  hls.on(Events.MANIFEST_PARSED, () => onLevels());
  hls.on(Events.LEVELS_UPDATED, () => onLevels());
  hls.on(Events.LEVEL_SWITCHED, (_event, { level }) => onLevel(level));
  hls.on(Events.AUDIO_TRACKS_UPDATED, () => onTracks());
  hls.on(Events.SUBTITLE_TRACKS_UPDATED, () => onTracks());
  const endRecovery = recover(hls, video, src, onError);

  hls.loadSource(src);
  const before = started(video);
  hls.attachMedia(before ? { media: video, ...before } : video);

  return {
    levels,
    sounds: () => hls.audioTracks.map(track),
    texts: () => hls.subtitleTracks.map(track),
    level: () => hls.levels[hls.currentLevel] ?? null,
    bandwidth: () => hls.bandwidthEstimate,
    // The buffer up to the next segment plays on, so a change of quality is never a hole.
    setLevel(index) {
      hls.nextLevel = index;
    },
    setSound(index) {
      hls.audioTrack = index;
    },
    setText(index) {
      hls.subtitleTrack = index;
      hls.subtitleDisplay = false;
    },
    destroy() {
      growth.end();
      endRecovery();
      hls.destroy();
    },
  };
}
