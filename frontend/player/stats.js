// For nerds: what is played, from where, and how well.
import { sizeOf } from './rungs.js';

const bits = (count) => (count >= 1e6 ? `${(count / 1e6).toFixed(1)} Mbit/s` : `${Math.round(count / 1e3)} kbit/s`);

export function stats(video, level, bandwidth) {
  const { buffered, currentTime } = video;
  let ahead = 0;
  for (let range = 0; range < buffered.length; range++) {
    if (buffered.start(range) <= currentTime + 0.25 && buffered.end(range) > currentTime) ahead = buffered.end(range) - currentTime;
  }
  const frames = video.getVideoPlaybackQuality?.();
  const lines = [['Picture', video.videoWidth ? `${video.videoWidth} × ${video.videoHeight}` : 'none']];
  if (level) {
    const codecs = [level.videoCodec, level.audioCodec].filter(Boolean).join(', ');
    lines.push(['Rung', [sizeOf(level) && `${sizeOf(level)}p`, level.frameRate && `${level.frameRate} fps`].filter(Boolean).join(', ')]);
    lines.push(['Rate', bits(level.averageBitrate || level.bitrate)], ['Codecs', codecs]);
  }
  if (bandwidth) lines.push(['Line', bits(bandwidth)]);
  lines.push(['Buffer', `${ahead.toFixed(1)} s`]);
  if (frames) lines.push(['Frames dropped', `${frames.droppedVideoFrames} of ${frames.totalVideoFrames}`]);
  lines.push(['Speed', `${video.playbackRate}×`], ['Volume', `${Math.round(video.volume * 100)} %${video.muted ? ', muted' : ''}`]);
  return lines;
}
