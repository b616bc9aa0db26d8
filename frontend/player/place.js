// Where somebody left a film, in this browser. Whoever is signed in finds it on other devices, too: the page sees to that.

const KEY = 'kinora-places';
const MOST = 100;
/** Sooner than this, in seconds, nobody has begun; and with less than this share left, it was seen. */
const BEGUN = 10;
const SEEN = 0.95;
const KEEP_EVERY_MS = 5_000;

function read() {
  try {
    const places = JSON.parse(localStorage.getItem(KEY) ?? '[]');
    return Array.isArray(places) ? places : [];
  } catch {
    return [];
  }
}

/** Seconds; 0 where the film wasn't begun, or was seen to its end. */
export function placeOf(film) {
  const place = read().find(([id]) => id === film)?.[1];
  return Number.isFinite(place) ? place : 0;
}

function keep(film, time, duration) {
  const places = read().filter(([id]) => id !== film);
  if (time >= BEGUN && (!duration || time < duration * SEEN)) places.unshift([film, Math.floor(time)]);
  try {
    localStorage.setItem(KEY, JSON.stringify(places.slice(0, MOST)));
  } catch {
    // A browser that keeps nothing forgets this, too.
  }
}

/** Keeps the place in `film` while `video` plays, until what it returns is called. */
export function keepPlace(video, film) {
  let last = 0;
  const now = () => {
    last = performance.now();
    // Before the first frame the time says nothing.
    if (video.readyState > 1) keep(film, video.currentTime, Number.isFinite(video.duration) ? video.duration : 0);
  };
  const sometimes = () => {
    if (!video.paused && performance.now() - last > KEEP_EVERY_MS) now();
  };
  video.addEventListener('timeupdate', sometimes);
  video.addEventListener('pause', now);
  video.addEventListener('ended', now);
  addEventListener('pagehide', now);
  return () => {
    now();
    video.removeEventListener('timeupdate', sometimes);
    video.removeEventListener('pause', now);
    video.removeEventListener('ended', now);
    removeEventListener('pagehide', now);
  };
}
