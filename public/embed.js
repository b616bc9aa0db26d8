// A film on another site's page. What plays it comes with the first press, so that a page of ten posters stays light.
const page = document.querySelector('main');
const video = page.querySelector('video');
const play = page.querySelector('.play');
const words = page.querySelector('.words');
const title = page.querySelector('.title');
const captions = page.querySelector('.captions');
const { film, source, start, length, autoplay } = page.dataset;
const show = (state) => (page.dataset.state = state);

let attached;

function say(text) {
  words.textContent = text;
  words.hidden = !text;
}

const load = () => import('/pkg/player.js');

async function attach() {
  await load();
  // A place behind the end is none to begin at. Nothing is kept of where somebody stopped: this is another site's page.
  const from = Number(start) < Number(length) ? Number(start) : 0;
  attached = globalThis.kinoraPlayer.attach(video, source, undefined, from);
  attached.listen({ onError: say });
  attached.drawCaptions(captions);
  video.controls = true;
}

async function begin() {
  show('loading');
  say('');
  try {
    if (!attached) await attach();
  } catch {
    say("The player couldn't be loaded. Check your connection and try again.");
    show('cover');
    return;
  }
  // A browser may want a press before it lets sound out.
  await video.play().catch(() => show('cover'));
  video.focus({ preventScroll: true });
}

play.addEventListener('click', begin);
for (const sign of ['pointerenter', 'focus']) play.addEventListener(sign, () => load().catch(() => {}), { once: true });
video.addEventListener('playing', () => show('playing'));
video.addEventListener('pause', () => show('paused'));
video.addEventListener('ended', () => show('paused'));
title.addEventListener('click', () => {
  const seconds = Math.floor(video.currentTime);
  const address = new URL(title.href);
  if (seconds > 0) address.searchParams.set('t', seconds);
  title.href = address;
  video.pause();
});

// A visit is told of when the film begins, and again once it was watched for as long as the answer says.
const visit = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
let [watched, last, wanted] = [0, 0, 0];

async function tell() {
  wanted = Infinity;
  const body = JSON.stringify({ visit });
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`/api/v1/videos/${film}/views`, { method: 'POST', headers, body, keepalive: true }).catch(() => {});
  if (!answer?.ok) return;
  const { counted, wait_ms: wait } = await answer.json();
  if (!counted) wanted = watched + wait;
}

video.addEventListener('timeupdate', () => {
  const now = performance.now();
  if (!video.paused && !video.seeking) watched += Math.min(now - last, 2000);
  last = now;
  if (watched >= wanted) tell();
});

if (autoplay !== undefined) begin();
