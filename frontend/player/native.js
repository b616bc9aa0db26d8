/** The browser's own HLS, only where there is no MediaSource of any kind: no choice of quality. */
export function attachNative(video, src, { onError }) {
  const failed = () => onError("This browser couldn't play the film.");
  video.addEventListener('error', failed);
  video.src = src;
  return {
    levels: () => [],
    setLevel() {},
    currentLevel: () => -1,
    destroy() {
      video.removeEventListener('error', failed);
      video.removeAttribute('src');
      video.load();
    },
  };
}
