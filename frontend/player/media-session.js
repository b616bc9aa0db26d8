// Headsets, lock screens and keyboards with keys of their own.

const STEP = 10;

/** What the system shows and does, until what it returns is called. */
export function announce(video, { title, artist, artwork }) {
  const session = navigator.mediaSession;
  if (!session || typeof MediaMetadata !== 'function') return () => {};
  session.metadata = new MediaMetadata({ title, artist, artwork: artwork ? [{ src: artwork }] : [] });
  const end = () => (Number.isFinite(video.duration) ? video.duration : Infinity);
  const seek = (time) => (video.currentTime = Math.max(0, Math.min(time, end())));
  const actions = {
    play: () => void video.play().catch(() => {}),
    pause: () => video.pause(),
    seekbackward: ({ seekOffset }) => seek(video.currentTime - (seekOffset ?? STEP)),
    seekforward: ({ seekOffset }) => seek(video.currentTime + (seekOffset ?? STEP)),
    seekto: ({ seekTime }) => seek(seekTime),
  };
  for (const [name, act] of Object.entries(actions)) {
    try {
      session.setActionHandler(name, act);
    } catch {
      // An action this browser doesn't know.
    }
  }
  const tell = () => {
    if (!Number.isFinite(video.duration) || !video.duration) return;
    const { duration, playbackRate } = video;
    session.setPositionState({ duration, playbackRate, position: Math.min(video.currentTime, duration) });
  };
  const told = ['play', 'pause', 'seeked', 'ratechange', 'durationchange'];
  for (const name of told) video.addEventListener(name, tell);
  return () => {
    for (const name of told) video.removeEventListener(name, tell);
    session.metadata = null;
    for (const name of Object.keys(actions)) session.setActionHandler(name, null);
  };
}
