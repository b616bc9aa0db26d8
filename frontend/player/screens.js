// Other places that a picture can be shown at: a small window above all others, a television.

export const canPictureInPicture = (video) =>
  Boolean(document.pictureInPictureEnabled && !video.disablePictureInPicture) ||
  Boolean(video.webkitSupportsPresentationMode?.('picture-in-picture'));

export async function pictureInPicture(video) {
  try {
    if (document.pictureInPictureElement) await document.exitPictureInPicture();
    else if (video.requestPictureInPicture) await video.requestPictureInPicture();
    else video.webkitSetPresentationMode('picture-in-picture');
  } catch {
    // Refused, for instance before the first frame: nothing has changed.
  }
}

/** Calls `tell` with whether there is a screen nearby (AirPlay). */
export function watchForScreens(video, tell) {
  if (!globalThis.WebKitPlaybackTargetAvailabilityEvent) return;
  video.addEventListener('webkitplaybacktargetavailabilitychanged', ({ availability }) => tell(availability === 'available'));
}

export const chooseScreen = (video) => video.webkitShowPlaybackTargetPicker?.();

/** Phones fill the screen with the `<video>` alone. */
export function fullScreen(frame, video) {
  if (document.fullscreenElement) void document.exitFullscreen();
  else if (frame.requestFullscreen) void frame.requestFullscreen().catch(() => {});
  else video.webkitEnterFullscreen?.();
}
