import { ErrorDetails, ErrorTypes } from 'hls.js/errors';
import { Events } from 'hls.js/events';
import { placeIn } from './growth.js';

const words = {
  gone: "This film isn't available any more.",
  network: 'The connection to this film is interrupted. It goes on by itself once the connection is back.',
  media: "This browser couldn't play a part of the film. Reload the page to go on from here.",
};

const manifestFailures = new Set([
  ErrorDetails.MANIFEST_LOAD_ERROR,
  ErrorDetails.MANIFEST_LOAD_TIMEOUT,
  ErrorDetails.MANIFEST_PARSING_ERROR,
]);

const LONGEST_PAUSE_MS = 15_000;
/** So many segments in a row are refused before the playlists are read anew. */
const REFUSALS = 3;
const MEDIA_TRIES = 3;
const MEDIA_TRIES_WITHIN_MS = 30_000;

const isGone = (status) => [401, 403, 404, 410].includes(status);

/** Brings `hls` back after fatal errors for as long as there is hope; returns what ends the watch. */
export function recover(hls, video, src, onError) {
  let networkFailures = 0;
  let refusals = 0;
  let isTold = false;
  let mediaFailures = [];
  let timer = 0;
  let again = null;
  let renewableAt = 0;

  function retryNow() {
    clearTimeout(timer);
    const go = again;
    again = null;
    go?.();
  }

  function giveUp() {
    clearTimeout(timer);
    again = null;
    hls.stopLoad();
    isTold = true;
    onError(words.gone);
  }

  /**
   * Segments are refused again and again: perhaps the film isn't for these eyes any more, or its lines lead to a CDN with a
   * token that is too old by now, and new ones are to be had.
   */
  async function ask() {
    const answer = await fetch(src).catch(() => null);
    if (!answer) return;
    if (isGone(answer.status)) giveUp();
    else if (answer.ok && again) again = readAnew;
  }

  /** Does what puts another source behind the `<video>`, which stops it. */
  function replaceSource(act) {
    let plays = !video.paused;
    // Somebody may press play while it is replaced.
    const note = () => (plays = true);
    video.addEventListener('play', note);
    hls.once(Events.MEDIA_ATTACHED, () => {
      video.removeEventListener('play', note);
      if (plays) void video.play().catch(() => {});
    });
    act();
  }

  function readAnew() {
    hls.config.startPosition = placeIn(hls, video);
    replaceSource(() => hls.loadSource(src));
  }

  /** Whether this says that the token of a CDN is too old. hls.js would try long with it before it gives up. */
  function isTooOld({ details, response }) {
    if (details !== ErrorDetails.FRAG_LOAD_ERROR) return false;
    if (response?.code === 403) refusals += 1;
    return response?.code === 410 || refusals >= REFUSALS;
  }

  async function renew() {
    if (performance.now() < renewableAt) return;
    renewableAt = performance.now() + LONGEST_PAUSE_MS;
    again = readAnew;
    await ask();
    retryNow();
  }

  function network(data) {
    if (isGone(data.response?.code) && manifestFailures.has(data.details)) {
      giveUp();
      return;
    }
    networkFailures += 1;
    // Of what doesn't come hls.js has tried for 25 s before it says so. What isn't there it doesn't try again.
    const isRefused = data.response?.code >= 400 && data.response.code < 500;
    if (isRefused && networkFailures > 1) void ask();
    if (!isTold && networkFailures > (isRefused ? 1 : 0)) {
      isTold = true;
      onError(words.network);
    }
    if (manifestFailures.has(data.details)) again = () => hls.loadSource(src);
    // What was given up for a refusal leaves hls.js between two states: it begins anew, at the same place.
    else if (isRefused) again = readAnew;
    else again = () => hls.startLoad(placeIn(hls, video));
    clearTimeout(timer);
    timer = setTimeout(retryNow, Math.min(500 * 2 ** networkFailures, LONGEST_PAUSE_MS));
  }

  function media() {
    const now = performance.now();
    mediaFailures = mediaFailures.filter((time) => now - time < MEDIA_TRIES_WITHIN_MS);
    if (mediaFailures.length >= MEDIA_TRIES) {
      onError(words.media);
      hls.stopLoad();
      return;
    }
    mediaFailures.push(now);
    replaceSource(() => hls.recoverMediaError());
  }

  hls.on(Events.ERROR, (_event, data) => {
    if (isTooOld(data)) void renew();
    if (!data.fatal) return;
    console.warn('playback:', data.type, data.details, data.error?.message ?? data.reason ?? '');
    if (data.type === ErrorTypes.NETWORK_ERROR) network(data);
    else if (data.type === ErrorTypes.MEDIA_ERROR) media();
    else onError(words.media);
  });

  hls.on(Events.FRAG_BUFFERED, () => {
    // An empty message takes the last one back.
    if (isTold) onError('');
    isTold = false;
    networkFailures = 0;
    refusals = 0;
  });

  addEventListener('online', retryNow);
  return () => {
    clearTimeout(timer);
    removeEventListener('online', retryNow);
  };
}
