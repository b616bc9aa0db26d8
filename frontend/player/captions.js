// Draws what is said over the picture: by itself, so that size, ground and place are ours, and the same in every browser.

const shows = (track) => track.mode === 'hidden' && /^(subtitles|captions)$/.test(track.kind);

/** A cue that asks to stand in the upper half of the picture. */
function isHigh(cue) {
  if (typeof cue.line !== 'number') return false;
  return cue.snapToLines ? cue.line >= 0 && cue.line < 8 : cue.line < 50;
}

function lines(cue) {
  const line = document.createElement('p');
  line.dir = 'auto';
  // The browser's own reading of the cue: nothing but text, bold, italics, underline and ruby comes out of it.
  line.append(cue.getCueAsHTML());
  return line;
}

/** Draws the cues of `video` into the element it is given; returns `{ into, end }`. */
export function drawCaptions(video) {
  let place = null;
  const heard = new Set();

  function draw() {
    if (!place) return;
    const cues = [...video.textTracks].filter(shows).flatMap((track) => [...(track.activeCues ?? [])]);
    const [high, low] = [cues.filter(isHigh), cues.filter((cue) => !isHigh(cue))];
    const stack = (name, cues) => {
      const box = document.createElement('div');
      box.className = name;
      box.append(...cues.map(lines));
      return box;
    };
    place.replaceChildren(stack('captions-high', high), stack('captions-low', low));
  }

  function listen() {
    for (const track of video.textTracks) {
      if (heard.has(track)) continue;
      heard.add(track);
      track.addEventListener('cuechange', draw);
    }
    draw();
  }

  video.textTracks.addEventListener('addtrack', listen);
  video.textTracks.addEventListener('change', listen);
  listen();
  return {
    into(element) {
      place = element;
      listen();
    },
    end() {
      video.textTracks.removeEventListener('addtrack', listen);
      video.textTracks.removeEventListener('change', listen);
      for (const track of heard) track.removeEventListener('cuechange', draw);
      place?.replaceChildren();
    },
  };
}
