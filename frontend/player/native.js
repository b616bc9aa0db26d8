/** The browser's own HLS, only where there is no MediaSource of any kind: no choice of quality. */
export function attachNative(video, src, start, { onError }) {
  const failed = () => onError("This browser couldn't play the film.");
  const begin = () => {
    if (start) video.currentTime = start;
  };
  video.addEventListener('error', failed);
  video.addEventListener('loadedmetadata', begin, { once: true });
  video.src = src;
  const texts = () => [...video.textTracks].filter(({ kind }) => kind === 'subtitles' || kind === 'captions');
  return {
    levels: () => [],
    sounds: () => [],
    texts: () => texts().map(({ label, language }, index) => ({ index, name: label, language })),
    level: () => null,
    bandwidth: () => 0,
    setLevel() {},
    setSound() {},
    setText(chosen) {
      for (const [index, track] of texts().entries()) track.mode = index === chosen ? 'hidden' : 'disabled';
    },
    destroy() {
      video.removeEventListener('error', failed);
      video.removeAttribute('src');
      video.load();
    },
  };
}
